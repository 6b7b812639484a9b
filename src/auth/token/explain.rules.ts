import { refused, type Refusal } from '../refusal';
import type { Claims } from './bearer.rules';

/** What the package held the token against. */
export interface Expectations {
  issuer: string;
  audiences: readonly string[];
  clockSkewSeconds: number;
}

/**
 * Why the package refused a token, as far as its claims tell; the package itself only says that it did. A token with
 * nothing wrong in its claims has a bad signature. This decides nothing: by now the token is refused.
 */
export function explain(claims: Claims, expected: Expectations, now: Date): Refusal {
  const seconds = Math.floor(now.getTime() / 1_000);
  const { iss, aud, exp, nbf } = claims;
  if (iss !== expected.issuer) return refused('iss_mismatch', `iss is not ${expected.issuer}`);
  if (!isAudience(aud, expected.audiences)) return refused('aud_mismatch', `aud is not one of ours: ${shown(aud)}`);
  if (typeof exp !== 'number') return refused('malformed', 'exp is not a number');
  if (seconds >= exp + expected.clockSkewSeconds) return refused('expired', `expired ${seconds - exp} s ago`);
  if (nbf && typeof nbf !== 'number') return refused('malformed', 'nbf is not a number');
  if (typeof nbf === 'number' && nbf >= exp) return refused('malformed', 'nbf is not before exp');
  if (typeof nbf === 'number' && nbf >= seconds + expected.clockSkewSeconds)
    return refused('not_yet_valid', `valid in ${nbf - seconds} s`);
  return refused('bad_signature', 'the signature does not fit the key');
}

/** The package takes a list of one, and refuses any longer one. */
function isAudience(aud: unknown, audiences: readonly string[]): boolean {
  const value: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  return typeof value === 'string' && audiences.includes(value);
}

/** Never `JSON.stringify` here: a claim may be nested so deep that it throws. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'string' ? value.slice(0, 200) : typeof value;
}
