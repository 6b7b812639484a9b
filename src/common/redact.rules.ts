import { REDACTED, redactEmails, redactSecrets } from './redact-text.rules';

type JsonObject = Record<string, unknown>;

/** Members that hold a person's data or a secret whatever their value, lower-cased. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'claims',
  'caller',
  'httprequest',
  'budgetcreator',
  'password',
  'passwd',
  'pwd',
  'secret',
  'clientsecret',
  'client_secret',
  'token',
  'accesstoken',
  'access_token',
  'refreshtoken',
  'refresh_token',
  'apikey',
  'api_key',
  'accountkey',
  'sharedaccesskey',
  'connectionstring',
]);

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

/** Azure nests some ten levels; what lies deeper is cut off, so that whatever was redacted can be written as JSON again. */
const MAX_DEPTH = 100;

const TOO_DEEP = '[nested too deeply]';

interface Place {
  /** Key of the object or list that is looked at, lower-cased. */
  key: string;
  depth: number;
  isIdentity: boolean;
}

/**
 * A copy of any JSON without secrets and without personal data: claims, callers and HTTP requests of activity log events,
 * e-mail addresses (except where they name the thing that alerts), bearer tokens, and secrets in URLs and connection
 * strings. Copies only what it must: a value with nothing to redact comes back itself. Idempotent; changes no argument.
 */
export function redact<T>(value: T): T {
  return redactValue(value, { key: '', depth: 0, isIdentity: false }) as T;
}

function redactValue(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return redactText(value, place);
  if (typeof value !== 'object' || value === null) return value;
  if (place.depth > MAX_DEPTH) return TOO_DEEP;
  return Array.isArray(value) ? redactList(value, place) : redactObject(value as JsonObject, place);
}

function redactText(text: string, place: Place): string {
  const clean = redactSecrets(text);
  return place.isIdentity ? clean : redactEmails(clean);
}

function redactList(list: readonly unknown[], place: Place): readonly unknown[] {
  const within = { key: place.key, depth: place.depth + 1, isIdentity: place.isIdentity };
  let copy: unknown[] | null = null;
  for (let index = 0; index < list.length; index += 1) {
    const clean = redactValue(list[index], within);
    if (clean !== list[index]) (copy ??= [...list])[index] = clean;
  }
  return copy ?? list;
}

function redactObject(object: JsonObject, place: Place): JsonObject {
  let copy: JsonObject | null = null;
  for (const key of Object.keys(object)) {
    const clean = redactMember(key, object[key], place);
    if (clean !== object[key]) setOwn((copy ??= { ...object }), key, clean);
  }
  return copy ?? object;
}

function redactMember(name: string, value: unknown, { key: parent, depth, isIdentity }: Place): unknown {
  if (value === null || typeof value === 'boolean' || value === '') return value;
  const key = name.toLowerCase();
  if (isSecret(key, value, parent)) return REDACTED;
  return redactValue(value, { key, depth: depth + 1, isIdentity: isIdentity || IDENTITY_KEYS.has(key) });
}

/** `authorization` is a header's value, or the object that says what an operation was allowed by; its evidence is a person's. */
function isSecret(key: string, value: unknown, parent: string): boolean {
  if (key === 'authorization') return typeof value === 'string';
  return SECRET_KEYS.has(key) || (key === 'evidence' && parent === 'authorization');
}

/** `__proto__` is an ordinary member of JSON; assigned, it would become the prototype. */
function setOwn(object: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
