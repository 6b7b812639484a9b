import { type ArmId, holdersOf, parseArmId } from '../identity/arm-id.rules';
import type { BindingMethod } from './binding-evidence.rules';
import type { AlertScopes, Asked } from './bound-ci';
import { isContainerType } from '../identity/ci-class.rules';
import {
  aliasKey,
  hostKey,
  hostNameOf,
  hostPartOf,
  type LookupKey,
  nameKey,
  type NameScope,
  normalizeName,
  scopedNameKey,
  withoutPort,
} from '../identity/ci-keys.rules';
import type { CiReference } from './ci-reference';

/** A reference by ARM id. `comparable` is what the value compares by, here its canonical key. */
export interface ArmReference {
  reference: CiReference;
  comparable: string;
  armId: ArmId;
  /** Finds items that have it as an alias. */
  alias: LookupKey;
  /** The resources that hold it, nearest first; neither resource group nor subscription. */
  holders: readonly ArmId[];
}

/** A reference by anything else; `comparable` is the normalised name. */
export interface NameReference {
  reference: CiReference;
  comparable: string;
  /** Where to look, best evidence first. */
  search: readonly SearchStep[];
}

/** One place to look for a name. */
export interface SearchStep {
  method: BindingMethod;
  keys: readonly LookupKey[];
  /** It is a machine's name that is looked for: a container may be called so, but is not meant. */
  isMachine: boolean;
  /** Items that this one finds are not meant. */
  except?: LookupKey;
}

/** What one alert says about items, read once. */
export interface AlertReferences {
  arm: readonly ArmReference[];
  /** Without the short names that an ARM id of the same alert already explains: Azure sends both. */
  names: readonly NameReference[];
  scopes: AlertScopes;
}

/** Everything that has to be looked up for an alert. `arm` holds canonical keys. */
export interface Lookups {
  arm: readonly string[];
  keys: readonly LookupKey[];
}

/** Splits an alert's references into ARM ids and names. Blank values are nothing. */
export function readReferences(references: readonly CiReference[]): AlertReferences {
  const parsed = references.map((reference) => ({ reference, armId: parseArmId(reference.value) }));
  const arm = parsed.flatMap(({ reference, armId }) => (armId === null ? [] : [armReferenceOf(reference, armId)]));
  const scopes = scopesOf(arm);
  const explained = explainedNames(arm);
  const names = parsed.flatMap(({ reference, armId }) => {
    const name = armId === null ? normalizeName(reference.value) : '';
    return name === '' || isExplained(reference, name, explained) ? [] : [nameReferenceOf(reference, name, scopes)];
  });
  return { arm, names, scopes };
}

/** One value that could not be bound, asked as the alert asked, to be looked for again. */
export function askAgain({ value, source, asked }: { value: string; source: string; asked: Asked }): AlertReferences {
  const reference: CiReference = { value, source, ...howAsked(asked) };
  const armId = parseArmId(value);
  if (armId !== null) return { arm: [armReferenceOf(reference, armId)], names: [], scopes: asked.scopes };
  return { arm: [], names: [nameReferenceOf(reference, normalizeName(value), asked.scopes)], scopes: asked.scopes };
}

function howAsked({ role, isMachine }: Asked): Pick<CiReference, 'role' | 'isMachine'> {
  return isMachine ? { role, isMachine } : { role };
}

/** All keys that can matter for binding these references; what they find decides. */
export function lookupsOf({ arm, names }: AlertReferences): Lookups {
  return {
    arm: arm.flatMap(({ armId, holders }) => [armId.key, ...holders.map((holder) => holder.key)]),
    keys: [...arm.map(({ alias }) => alias), ...names.flatMap(({ search }) => search.flatMap(keysOfStep))],
  };
}

function keysOfStep({ keys, except }: SearchStep): readonly LookupKey[] {
  return except === undefined ? keys : [...keys, except];
}

function armReferenceOf(reference: CiReference, armId: ArmId): ArmReference {
  return { reference, comparable: armId.key, armId, alias: aliasKey(armId.key), holders: holdersOf(armId) };
}

function nameReferenceOf(reference: CiReference, name: string, scopes: AlertScopes): NameReference {
  const steps = searchFor(name, scopes);
  const search = reference.isMachine ? steps.map(forMachine) : steps;
  return { reference, comparable: name, search };
}

function searchFor(name: string, scopes: AlertScopes): SearchStep[] {
  const bare = withoutPort(name);
  if (bare !== null) return [...searchForWhole(name, scopes), ...searchFor(bare, scopes).map(forMachine)];
  const host = hostPartOf(name);
  return host === null ? searchForHost(name, scopes) : searchForFqdn(name, host, scopes);
}

/** Somebody may have called something so with its port. */
function searchForWhole(name: string, scopes: AlertScopes): SearchStep[] {
  return [
    stepFor('alias', aliasKey(name)),
    ...inScopes('scoped_name', name, scopes),
    stepFor('unique_name', nameKey(name)),
  ];
}

function forMachine(step: SearchStep): SearchStep {
  return { ...step, isMachine: true };
}

function searchForHost(name: string, scopes: AlertScopes): SearchStep[] {
  return [
    ...inScopes('scoped_name', name, scopes),
    stepFor('alias', aliasKey(name)),
    stepFor('alias', hostKey(name)),
    stepFor('unique_name', nameKey(name)),
  ];
}

/**
 * The whole of it says more than its host part, which only a machine has. What has a domain of its own is found by the whole, or is
 * another machine: outside the alert's own scopes its bare name says nothing.
 */
function searchForFqdn(name: string, host: string, scopes: AlertScopes): SearchStep[] {
  const ofNoDomain = ({ keys, ...step }: SearchStep): SearchStep => ({
    ...forMachine({ ...step, keys: keys.map((key) => ({ ...key, isSifted: true })) }),
    except: hostKey(host),
  });
  return [
    ...inScopes('scoped_name', name, scopes),
    stepFor('alias', aliasKey(name)),
    ...inScopes('alias', host, scopes).map(forMachine),
    ofNoDomain(stepFor('alias', aliasKey(host))),
    stepFor('unique_name', nameKey(name)),
    ofNoDomain(stepFor('unique_name', nameKey(host))),
  ];
}

function stepFor(method: BindingMethod, key: LookupKey): SearchStep {
  return { method, keys: [key], isMachine: false };
}

/** The resource group says more than the subscription. */
function inScopes(method: BindingMethod, name: string, { resourceGroups, subscriptions }: AlertScopes): SearchStep[] {
  return [resourceGroups, subscriptions].map((scopes) => ({
    method,
    keys: scopes.map((scope) => scopedNameKey(name, scope)),
    isMachine: false,
  }));
}

interface ExplainedNames {
  containers: ReadonlySet<string>;
  machines: ReadonlySet<string>;
}

/** The names that ARM ids end in. */
function explainedNames(arm: readonly ArmReference[]): ExplainedNames {
  const ids = arm.flatMap(({ armId, holders }) => [armId, ...holders]);
  const namesOf = (some: readonly ArmId[]): Set<string> => new Set(some.map((id) => id.name.toLowerCase()));
  return {
    containers: namesOf(ids.filter((id) => isContainerType(id.resourceType))),
    machines: namesOf(ids.filter((id) => !isContainerType(id.resourceType))),
  };
}

/** A machine's ARM id explains its name and its FQDN; a workspace's explains its own name only, never a machine that is called alike. */
function isExplained({ isMachine }: CiReference, name: string, { containers, machines }: ExplainedNames): boolean {
  return machines.has(name) || machines.has(hostNameOf(name)) || (!isMachine && containers.has(name));
}

function scopesOf(arm: readonly ArmReference[]): AlertScopes {
  const subscriptions = new Map<string, NameScope>();
  const resourceGroups = new Map<string, NameScope>();
  for (const { subscriptionId, resourceGroup } of arm.map(({ armId }) => armId)) {
    if (subscriptionId === null) continue;
    subscriptions.set(subscriptionId, { subscriptionId, resourceGroup: null });
    if (resourceGroup === null) continue;
    const group = resourceGroup.toLowerCase();
    resourceGroups.set(`${subscriptionId}/${group}`, { subscriptionId, resourceGroup: group });
  }
  return { subscriptions: [...subscriptions.values()], resourceGroups: [...resourceGroups.values()] };
}
