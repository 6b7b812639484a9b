import { createPublicKey, type KeyObject } from 'node:crypto';

/** The two kinds of token that a tenant issues; each has its own metadata, issuer and keys. */
export type TokenVersion = 'v1' | 'v2';

/** Who the documents have to be from. */
export interface Authority {
  /** Without a slash at its end. */
  url: string;
  /** Lower case. */
  tenantId: string;
}

export interface Metadata {
  issuer: string;
  keysUrl: string;
}

/** A document of the authority that can't be used; it never replaces a good one. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError';
}

/** Hosts that Entra's issuers name, whatever host the metadata was read from. */
const ISSUER_HOSTS = new Set([
  'sts.windows.net',
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
  'sts.chinacloudapi.cn',
]);
const MIN_MODULUS_BITS = 2_048;
const MAX_KID_LENGTH = 256;

/** Where the authority publishes issuer and key address for tokens of a version. */
export function metadataUrl(authority: Authority, version: TokenVersion): string {
  const path = version === 'v2' ? '/v2.0' : '';
  return `${authority.url}/${authority.tenantId}${path}/.well-known/openid-configuration`;
}

/** Reads a metadata document: its issuer must be our tenant's, and its keys must be on the host that it came from. */
export function readMetadata(document: unknown, authority: Authority, version: TokenVersion): Metadata {
  const { issuer, jwks_uri: keysUrl } = objectOf(document, 'the metadata');
  if (typeof issuer !== 'string' || !isOurIssuer(issuer, authority, version))
    throw new KeySetError(`the issuer of the ${version} metadata is not that of tenant ${authority.tenantId}`);
  if (typeof keysUrl !== 'string' || !URL.canParse(keysUrl)) throw new KeySetError('the metadata names no key URL');
  const { protocol, host } = new URL(keysUrl);
  if (protocol !== 'https:') throw new KeySetError('the key URL is not https');
  if (host !== new URL(authority.url).host) throw new KeySetError(`the key URL is on another host: ${host}`);
  return { issuer, keysUrl };
}

function isOurIssuer(issuer: string, { url, tenantId }: Authority, version: TokenVersion): boolean {
  if (!URL.canParse(issuer)) return false;
  const { protocol, host, pathname, search, hash } = new URL(issuer);
  const knownHost = host === new URL(url).host || ISSUER_HOSTS.has(host);
  const path = version === 'v2' ? `/${tenantId}/v2.0` : `/${tenantId}/`;
  return protocol === 'https:' && knownHost && search === '' && hash === '' && pathname.toLowerCase() === path;
}

/**
 * The keys of a keys document that may verify an RS256 token of this issuer, by kid. Of two with one kid neither counts.
 * A document without any is unusable.
 */
export function readKeys(document: unknown, from: { issuer: string; tenantId: string }): Map<string, KeyObject> {
  const { keys } = objectOf(document, 'the keys document');
  if (!Array.isArray(keys)) throw new KeySetError('the keys document has no keys');
  const usable = new Map<string, KeyObject>();
  for (const [kid, jwks] of byKid(keys)) {
    const key = jwks.length === 1 ? usableKey(jwks[0] as JsonObject, from) : null;
    if (key !== null) usable.set(kid, key);
  }
  if (usable.size === 0) throw new KeySetError(`none of the ${keys.length} published keys can be used`);
  return usable;
}

function byKid(keys: readonly unknown[]): Map<string, JsonObject[]> {
  const groups = new Map<string, JsonObject[]>();
  for (const jwk of keys) {
    if (!isObject(jwk) || typeof jwk.kid !== 'string' || jwk.kid === '' || jwk.kid.length > MAX_KID_LENGTH) continue;
    groups.set(jwk.kid, [...(groups.get(jwk.kid) ?? []), jwk]);
  }
  return groups;
}

function usableKey(jwk: JsonObject, from: { issuer: string; tenantId: string }): KeyObject | null {
  if (jwk.kty !== 'RSA' || !isAbsentOr(jwk.use, 'sig') || !isAbsentOr(jwk.alg, 'RS256')) return null;
  if (!isAbsentOr(withTenant(jwk.issuer, from.tenantId), from.issuer)) return null;
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n: jwk.n as string, e: jwk.e as string }, format: 'jwk' });
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_MODULUS_BITS ? key : null;
  } catch {
    return null;
  }
}

/** Entra writes a key's own issuer as a template for all tenants. */
function withTenant(issuer: unknown, tenantId: string): unknown {
  return typeof issuer === 'string' ? issuer.replaceAll('{tenantid}', tenantId) : issuer;
}

function isAbsentOr(value: unknown, expected: string): boolean {
  return value === undefined || value === expected;
}

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(document: unknown, what: string): JsonObject {
  if (isObject(document)) return document;
  throw new KeySetError(`${what} is not a JSON object`);
}
