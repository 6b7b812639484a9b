import { refused, type Refusal } from '../refusal';
import type { Claims } from './bearer.rules';

/** Whom a verified token speaks for. */
export interface Identity {
  kind: 'identity';
  /** Lower case. */
  appId: string;
  tenantId: string;
  /** `oid`: the user, or the service principal of the application. */
  objectId: string | null;
  name: string | null;
  /** As the token has them, exact case; empty when `roles` is no array. */
  roles: readonly string[];
  /** An application that speaks for itself; everything that is not surely that counts as a user. */
  appOnly: boolean;
}

export interface TokenPolicy {
  /** Lower case. */
  tenantId: string;
  clockSkewSeconds: number;
}

/** Entra's longest access token lives 28 hours (continuous access evaluation); one that claims much more is not its. */
const MAX_LIFETIME_SECONDS = 48 * 3_600;

/**
 * Whether a token whose signature, audience, issuer and times the package has verified is one that we take, and whose it
 * is. Never throws, whatever the claims are. Trouble with issuer, tenant or time is about the token (401), trouble with who
 * calls is not (403). Source: Microsoft Learn, "Secure applications and APIs by validating claims".
 */
export function judge(claims: unknown, policy: TokenPolicy, now: Date): Identity | Refusal {
  if (!isObject(claims)) return refused('malformed', 'the payload is not a JSON object');
  return (
    issuerFault(claims, policy) ??
    timeFault(claims, policy, now) ??
    applicationFault(claims) ??
    identityOf(claims, policy)
  );
}

function issuerFault(claims: Claims, policy: TokenPolicy): Refusal | null {
  if (typeof claims.tid !== 'string' || claims.tid.toLowerCase() !== policy.tenantId)
    return refused('iss_mismatch', 'tid is not our tenant');
  const issued = typeof claims.iss === 'string' && claims.iss.endsWith('/v2.0') ? '2.0' : '1.0';
  return claims.ver === issued ? null : refused('iss_mismatch', `ver does not fit iss, which issues ${issued} tokens`);
}

function timeFault({ exp, iat, nbf }: Claims, policy: TokenPolicy, now: Date): Refusal | null {
  const seconds = Math.floor(now.getTime() / 1_000);
  if (!isNumber(exp)) return refused('malformed', 'exp is not a number');
  if (exp > seconds + MAX_LIFETIME_SECONDS + policy.clockSkewSeconds)
    return refused('malformed', 'exp is more than 48 h ahead');
  for (const [name, value] of Object.entries({ iat, nbf })) {
    if (value === undefined) continue;
    if (!isNumber(value)) return refused('malformed', `${name} is not a number`);
    if (value > seconds + policy.clockSkewSeconds) return refused('not_yet_valid', `${name} lies in the future`);
  }
  return null;
}

/** `appidacr` / `azpacr` "0" is a public client: nothing proves that the application is the one that it says. */
function applicationFault(claims: Claims): Refusal | null {
  const { appid, azp } = claims;
  const appId = claims.ver === '1.0' ? appid : azp;
  if (typeof appId !== 'string' || appId === '') return refused('app_not_allowed', 'appid (v1) or azp (v2) is missing');
  if (appid !== undefined && azp !== undefined && appid !== azp)
    return refused('app_not_allowed', 'appid and azp differ');
  const unproven = [claims.appidacr, claims.azpacr].some((acr) => acr === '0' || acr === 0);
  return unproven ? refused('app_not_allowed', 'a public client: the application did not prove who it is') : null;
}

function identityOf(claims: Claims, policy: TokenPolicy): Identity {
  return {
    kind: 'identity',
    appId: String(claims.ver === '1.0' ? claims.appid : claims.azp).toLowerCase(),
    tenantId: policy.tenantId,
    objectId: textOf(claims.oid),
    name: textOf(claims.name) ?? textOf(claims.preferred_username) ?? textOf(claims.unique_name),
    roles: rolesOf(claims),
    appOnly: isAppOnly(claims),
  };
}

/** The texts in `roles`; a `roles` that is no array holds none. */
export function rolesOf(claims: Claims): string[] {
  return Array.isArray(claims.roles) ? claims.roles.filter((role) => typeof role === 'string') : [];
}

/** No delegated permissions, and `idtyp` says so; without that optional claim, the subject is the service principal. */
function isAppOnly({ scp, idtyp, oid, sub }: Claims): boolean {
  if (scp !== undefined) return false;
  return idtyp === undefined ? textOf(oid) !== null && oid === sub : idtyp === 'app';
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
