import { REDACTED, redactEmails, redactPlainSecrets, redactSecrets } from './redact-text.rules';

/** JSON that stands in a text, `{…}` or `[…]`, with a member in it that may be one of {@link SECRET_KEYS}. */
const EMBEDDED = /^\s*[[{][^]*"\s*:/;
const EMBEDDED_HINT =
  /claims|caller|httpRequest|address|evidence|secret|passw|pwd|token|credential|cookie|key|connectionString/i;
/** Longer ones are not read as JSON: Azure's own are some kB. */
const MAX_EMBEDDED = 262_144;

type JsonObject = Record<string, unknown>;

/** Members that hold a person's data or a secret whatever their value, in lower case, without what joins their words. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'claims',
  'caller',
  'httprequest',
  'clientipaddress',
  'calleripaddress',
  'budgetcreator',
  'password',
  'passwd',
  'pwd',
  'secret',
  'token',
]);

/**
 * Those of them that name a thing where they identify an alert, as its labels or dimensions: the secret or token that a cluster looks
 * after, and whom or what address a log rule splits by. Without them the alerts of two would be one.
 */
const IDENTIFYING_KEYS: ReadonlySet<string> = new Set([
  'caller',
  'calleripaddress',
  'clientipaddress',
  'secret',
  'token',
]);

const IDENTIFYING: ReadonlySet<string> = new Set(['dimensions', 'labels']);

/** What people add themselves identifies nothing. */
const CUSTOM = 'customproperties';

/** How further ones end: `dbPassword`, `client-secret`, `SAS_TOKEN`. What identifies an alert is not measured by these. */
const SECRET_ENDING =
  /(?:password|passwd|passphrase|pwd|secret|secretvalue|token|apikey|accesskey|accountkey|primarykey|secondarykey|privatekey|functionkey|sharedaccesskey|sharedaccesssignature|connectionstring|credentials?|cookie)$/;

/** A member's name in which a secret or an address may stand. */
const ODD_NAME = /[@%=:?]|eyJ|bearer/i;

/**
 * Members that say which alert on which thing it is, lower-cased. An e-mail address in there is the name of a thing (the
 * mailbox, the user that a log rule splits by): without it the alerts of two of them would be one, and nobody could help.
 */
const IDENTITY_KEYS: ReadonlySet<string> = new Set([
  'alertid',
  'alertrule',
  'alertruleid',
  'originalertid',
  'alerttargetids',
  'configurationitems',
  'affectedconfigurationitems',
  'dimensions',
  'labels',
  'operationname',
  'scope',
  'trackingid',
  'budgetid',
  'budgetname',
  'linkedresourceid',
  'linkedresourcename',
  'sourceid',
  'resourcename',
  'compromisedentity',
]);

/** Members of an alert's essentials that are ids, with the names of rules in them: "Missing bearer token" is one, and what stands behind it tells two alerts apart. */
const ID_KEYS: ReadonlySet<string> = new Set([
  'alertid',
  'alertrule',
  'alertruleid',
  'originalertid',
  'alerttargetids',
]);

/** Azure nests some ten levels; what lies deeper is cut off, so that whatever was redacted can be written as JSON again. */
const MAX_DEPTH = 100;

const TOO_DEEP = '[nested too deeply]';

interface Place {
  /** Key of the object or list that is looked at, lower-cased. */
  key: string;
  depth: number;
  isIdentity: boolean;
  isId: boolean;
  isCustom: boolean;
  keepsAddresses: boolean;
}

const TOP: Place = { key: '', depth: 0, isIdentity: false, isId: false, isCustom: false, keepsAddresses: false };

/**
 * A copy of any JSON without secrets and without personal data: claims, callers and HTTP requests of activity log events,
 * e-mail addresses (except where they name the thing that alerts), bearer tokens, and secrets in URLs and connection
 * strings. Copies only what it must: a value with nothing to redact comes back itself. Idempotent; changes no argument.
 */
export function redact<T>(value: T): T {
  return redactValue(value, TOP) as T;
}

/** The same for what is told about things that people look after: it keeps their addresses. */
export function redactSecretsIn<T>(value: T): T {
  return redactValue(value, { ...TOP, keepsAddresses: true }) as T;
}

function redactValue(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return redactText(value, place);
  if (typeof value !== 'object' || value === null) return value;
  if (place.depth > MAX_DEPTH) return TOO_DEEP;
  return Array.isArray(value) ? redactList(value, place) : redactObject(value as JsonObject, place);
}

function redactText(text: string, place: Place): string {
  if (place.isId) return redactPlainSecrets(text);
  const clean = redactSecrets(redactEmbedded(text, place));
  return place.isIdentity || place.keepsAddresses ? clean : redactEmails(clean);
}

/** Activity log events carry objects as texts: what is taken out of an object is taken out of its text, too. */
function redactEmbedded(text: string, place: Place): string {
  if (text.length > MAX_EMBEDDED || !EMBEDDED.test(text) || !EMBEDDED_HINT.test(text)) return text;
  const value = parsed(text);
  if (value === undefined) return text;
  const clean = redactValue(value, { ...place, key: '', depth: place.depth + 1 });
  return clean === value ? text : JSON.stringify(clean);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function redactList(list: readonly unknown[], place: Place): readonly unknown[] {
  const within = { ...place, depth: place.depth + 1 };
  let copy: unknown[] | null = null;
  for (let index = 0; index < list.length; index += 1) {
    const clean = redactValue(list[index], within);
    if (clean !== list[index]) (copy ??= [...list])[index] = clean;
  }
  return copy ?? list;
}

function redactObject(object: JsonObject, place: Place): JsonObject {
  const names = Object.keys(object);
  if (names.some((name) => redactName(name, place) !== name)) return redactObject(renamed(object, names, place), place);
  let copy: JsonObject | null = null;
  const isPair = isSecretPair(object, place);
  for (const name of names) {
    const isHidden = isPair && name.toLowerCase() === 'value' && !isNothing(object[name]);
    const clean = isHidden ? REDACTED : redactMember(name, object[name], place);
    if (clean !== object[name]) setOwn((copy ??= { ...object }), name, clean);
  }
  return copy ?? object;
}

function redactMember(name: string, value: unknown, place: Place): unknown {
  if (isNothing(value)) return value;
  const key = name.toLowerCase();
  if (isSecret(key, value, place)) return REDACTED;
  if (typeof value === 'number') return value;
  return redactValue(value, {
    key,
    depth: place.depth + 1,
    isIdentity: place.isIdentity || IDENTITY_KEYS.has(key),
    isId: place.key === 'essentials' && ID_KEYS.has(key),
    isCustom: place.isCustom || key === CUSTOM,
    keepsAddresses: place.keepsAddresses,
  });
}

function isNothing(value: unknown): boolean {
  return value === null || typeof value === 'boolean' || value === '';
}

/** `authorization` is a header's value, or the object that says what an operation was allowed by; its evidence is a person's. */
function isSecret(key: string, value: unknown, place: Place): boolean {
  if (key === 'authorization') return typeof value === 'string';
  return isSecretName(key, place) || (key === 'evidence' && place.key === 'authorization');
}

function isSecretName(key: string, { key: parent, isIdentity, isCustom }: Place): boolean {
  const plain = /[^a-z]/.test(key) ? key.replace(/[\s._-]/g, '') : key;
  if (SECRET_KEYS.has(plain)) return isCustom || !IDENTIFYING.has(parent) || !IDENTIFYING_KEYS.has(plain);
  return !isIdentity && SECRET_ENDING.test(plain);
}

/** `{ "name": "password", "value": "…" }` */
function isSecretPair(object: JsonObject, place: Place): boolean {
  const name = object.name ?? object.Name ?? object.key ?? object.Key;
  return typeof name === 'string' && name.length <= 128 && isSecretName(name.toLowerCase(), place);
}

/** Names are looked at like texts; what becomes the same is told apart by numbers, so that no value gets lost. */
function renamed(object: JsonObject, names: readonly string[], place: Place): JsonObject {
  const copy: JsonObject = {};
  for (const name of names) {
    const clean = redactName(name, place);
    let free = clean;
    for (let number = 2; free !== name && (Object.hasOwn(copy, free) || Object.hasOwn(object, free)); number += 1)
      free = `${clean} ${number}`;
    setOwn(copy, free, object[name]);
  }
  return copy;
}

function redactName(name: string, { isIdentity, keepsAddresses }: Place): string {
  if (name.length < 5 || !ODD_NAME.test(name)) return name;
  const clean = redactSecrets(name);
  return isIdentity || keepsAddresses ? clean : redactEmails(clean);
}

/** `__proto__` is an ordinary member of JSON; assigned, it would become the prototype. */
function setOwn(object: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
