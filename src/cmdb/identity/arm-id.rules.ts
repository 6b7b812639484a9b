const SLASHES = /\/+/;
/** Longer than any name that Azure gives; what is longer is not a name, and would not fit where names are kept. */
const MAX_SEGMENT = 255;
/** What is longer is no name even when decoded, and decoding layer by layer takes its time. */
const MAX_ENCODED_SEGMENT = 4 * MAX_SEGMENT;
/** Of percent-encoding; hundreds of them would take their time. */
const MAX_LAYERS = 5;
/** ARM's own limit is 2,048 characters; some room for what is percent-encoded. */
const MAX_LENGTH = 8_000;

/** How a resource id was understood. `key` is what compares: two ids are the same resource if, and only if, their keys are equal. */
export interface ArmId {
  /** Lower case, decoded, single slashes, one leading and no trailing slash. */
  key: string;
  /** The same in the case in which it came. */
  path: string;
  /** What the last segment says, in the case in which it came. */
  name: string;
  /** Lower case, such as `microsoft.sql/servers/databases`; of an extension resource, the extension's own type. */
  resourceType: string;
  /** Lower case; null for a tenant-level id. Usually a GUID, yet redacted payloads hold other text here. */
  subscriptionId: string | null;
  /** As it came (it compares without regard to case); null above a resource group. */
  resourceGroup: string | null;
}

/** One level above a resource: the resource that holds it, or at last its resource group and its subscription. */
export interface ArmParent extends ArmId {
  /** A resource group, a subscription: where a resource lives, not what it is part of. */
  isScope: boolean;
}

const SUBSCRIPTION_TYPE = 'microsoft.resources/subscriptions';
const RESOURCE_GROUP_TYPE = 'microsoft.resources/subscriptions/resourcegroups';

/**
 * Reads an Azure Resource Manager id: a subscription, a resource group, a resource with any depth of children, an extension
 * resource, or a tenant-level resource (`/providers/…`). Case, doubled and trailing slashes, a missing leading slash and
 * percent-encoding make no difference. Answers null for all else, and never throws.
 * Source: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
export function parseArmId(text: string): ArmId | null {
  if (text.length > MAX_LENGTH || !text.includes('/')) return null;
  return armIdOf(segmentsOf(text));
}

/** Nearest first: the resources that hold this one, then its resource group and its subscription. */
export function parentsOf(id: ArmId): ArmParent[] {
  const parents: ArmParent[] = [];
  let segments = segmentsOf(id.path);
  for (;;) {
    segments = withoutLastLevel(segments);
    const parent = armIdOf(segments);
    if (parent === null) return parents;
    parents.push({ ...parent, isScope: isScopeType(parent.resourceType) });
  }
}

/** The resources that hold this one, nearest first, without resource group and subscription. */
export function holdersOf(id: ArmId): ArmId[] {
  return isTopLevel(id) ? [] : parentsOf(id).filter((parent) => !parent.isScope);
}

/** Nothing but `providers/{namespace}/{type}/{name}` behind the scope. Most resources are so: telling spares them the walk. */
function isTopLevel({ key, subscriptionId, resourceGroup }: ArmId): boolean {
  const scopeLength = resourceGroup !== null ? 4 : subscriptionId !== null ? 2 : 0;
  return key.split('/').length - 1 <= scopeLength + 4;
}

/** Whether a resource type is a subscription or a resource group. */
function isScopeType(resourceType: string): boolean {
  return resourceType === SUBSCRIPTION_TYPE || resourceType === RESOURCE_GROUP_TYPE;
}

function segmentsOf(text: string): string[] {
  return text
    .trim()
    .split(SLASHES)
    .map(decoded)
    .filter((segment) => segment !== '');
}

/**
 * A slash that was encoded stays so: it belongs to the name and cuts nothing. What has more layers than any gateway puts on
 * stays as it came, so that what has been read once reads the same again.
 */
function decoded(segment: string): string {
  const own = segment.trim();
  if (own.length > MAX_ENCODED_SEGMENT) return own;
  let text = own;
  for (let layer = 0; layer <= MAX_LAYERS; layer += 1) {
    const next = decodedOnce(text);
    if (next === text) return text;
    text = next;
  }
  return own;
}

/** Asked first: what can't be decoded throws, which takes its time. */
const ENCODED = /%[0-9a-f]{2}/i;

function decodedOnce(text: string): string {
  if (!ENCODED.test(text)) return text;
  try {
    return decodeURIComponent(text).replaceAll('/', '%2f').trim();
  } catch {
    return text;
  }
}

function armIdOf(segments: readonly string[]): ArmId | null {
  const scope = scopeOf(segments);
  const type = typeOf(segments, scope);
  const name = segments.at(-1);
  if (type === null || name === undefined || segments.some(isTooLong)) return null;
  const path = `/${segments.join('/')}`;
  return {
    key: path.toLowerCase(),
    path,
    name,
    resourceType: type,
    subscriptionId: scope.subscriptionId?.toLowerCase() ?? null,
    resourceGroup: scope.resourceGroup,
  };
}

/** Also in lower case, in which some letters are longer. */
function isTooLong(segment: string): boolean {
  return segment.length > MAX_SEGMENT || segment.toLowerCase().length > MAX_SEGMENT;
}

interface Scope {
  subscriptionId: string | null;
  resourceGroup: string | null;
  /** Segments that the scope takes. */
  length: number;
}

function scopeOf(segments: readonly string[]): Scope {
  const subscriptionId = is(segments[0], 'subscriptions') ? segments[1] : undefined;
  if (subscriptionId === undefined) return { subscriptionId: null, resourceGroup: null, length: 0 };
  const resourceGroup = is(segments[2], 'resourcegroups') ? segments[3] : undefined;
  if (resourceGroup === undefined) return { subscriptionId, resourceGroup: null, length: 2 };
  return { subscriptionId, resourceGroup, length: 4 };
}

/** The type that the segments behind the scope spell, or null where they are no provider path. */
function typeOf(segments: readonly string[], scope: Scope): string | null {
  if (segments.length === scope.length) return scopeTypeOf(scope);
  const providers = segments.findLastIndex((segment, index) => is(segment, 'providers') && index >= scope.length);
  if (!isProviderPath(segments.slice(scope.length))) return null;
  const [namespace, ...pairs] = segments.slice(providers + 1);
  return [namespace, ...pairs.filter((_, index) => index % 2 === 0)].join('/').toLowerCase();
}

function scopeTypeOf(scope: Scope): string | null {
  if (scope.length === 0) return null;
  return scope.resourceGroup === null ? SUBSCRIPTION_TYPE : RESOURCE_GROUP_TYPE;
}

/** `providers/{namespace}/{type}/{name}[/{type}/{name}…]`, once or, for extension resources, several times. */
function isProviderPath(segments: readonly string[]): boolean {
  let at = 0;
  while (at < segments.length) {
    if (!is(segments[at], 'providers')) return false;
    at += 2;
    const start = at;
    while (at < segments.length && !is(segments[at], 'providers')) at += 2;
    if (at === start || at > segments.length) return false;
  }
  return segments.length > 0;
}

/** Takes off the last type and name, and with the last pair of a provider the provider too. */
function withoutLastLevel(segments: readonly string[]): string[] {
  const scope = scopeOf(segments);
  if (segments.length <= scope.length) return segments.slice(0, Math.max(0, scope.length - 2));
  const shorter = segments.slice(0, -2);
  return is(shorter.at(-2), 'providers') ? shorter.slice(0, -2) : shorter;
}

function is(segment: string | undefined, word: string): boolean {
  return segment?.toLowerCase() === word;
}
