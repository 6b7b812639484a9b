import { refused, type Refusal } from '../refusal';

export type Claims = Readonly<Record<string, unknown>>;

/** A token of the right shape whose signature nobody has looked at yet. */
export interface BearerToken {
  kind: 'token';
  /** The compact serialisation, as it came. */
  text: string;
  kid: string;
  claims: Claims;
}

const MAX_TOKEN_LENGTH = 16_384;
const BEARER = /^bearer +([\w-]+)\.([\w-]+)\.([\w-]+)$/i;
const KID = /^[\x21-\x7e]{1,256}$/;

/**
 * Finds the one token of a request by its raw headers (name, value, name, value …): exactly one `Authorization`, the scheme
 * in any case, one space or more (RFC 9110, section 11.4), one compact JWS. Raw ones, because Node silently drops a second
 * `Authorization` elsewhere.
 */
export function bearerOf(rawHeaders: readonly string[]): BearerToken | Refusal {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && isAuthorization(rawHeaders[index - 1]));
  if (values.length !== 1)
    return malformed(values.length === 0 ? 'no Authorization header' : 'two Authorization headers');
  const value = values[0] as string;
  if (value.length > MAX_TOKEN_LENGTH) return malformed(`longer than ${MAX_TOKEN_LENGTH} characters`);
  const parts = BEARER.exec(value);
  if (parts === null) return malformed('the Authorization header is not "Bearer <token>"');
  return readToken(parts.slice(1));
}

function isAuthorization(name: string | undefined): boolean {
  return name?.length === 'authorization'.length && name.toLowerCase() === 'authorization';
}

/** RFC 7515: header, payload, signature. Of duplicate members the last one counts, as for everyone who uses JSON.parse. */
function readToken(parts: readonly string[]): BearerToken | Refusal {
  if (parts.some((part) => part.length % 4 === 1)) return malformed('a part of the token is not base64url');
  const header = decode(parts[0] as string);
  const claims = decode(parts[1] as string);
  if (header === null || claims === null) return malformed('the header or the payload is not a JSON object');
  const fault = headerFault(header);
  if (fault !== null) return malformed(fault);
  return { kind: 'token', text: parts.join('.'), kid: header.kid as string, claims };
}

/**
 * `jku`, `jwk`, `x5u`, `x5c` and `x5t` are ignored: the key comes from the authority alone. Any `crit` is refused, as RFC
 * 7515, 4.1.11 asks of one who knows no extension.
 */
function headerFault(header: Claims): string | null {
  if (header.alg !== 'RS256') return 'alg is not RS256';
  if (header.typ !== 'JWT') return 'typ is not JWT';
  if (typeof header.kid !== 'string' || !KID.test(header.kid)) return 'kid is not a short text';
  if ('crit' in header) return 'crit is not supported';
  return null;
}

function decode(part: string): Claims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}

function malformed(detail: string): Refusal {
  return refused('malformed', detail);
}
