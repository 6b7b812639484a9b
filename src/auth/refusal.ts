import { DomainError } from '../common/errors';

/** Why a call was refused; kept for the administrator, never told to the caller. */
export const REFUSAL_REASONS = [
  'aud_mismatch',
  'iss_mismatch',
  'expired',
  'not_yet_valid',
  'bad_signature',
  'unknown_key',
  'malformed',
  'app_not_allowed',
  'role_missing',
  'user_token',
  'scope_violation',
  'disabled',
  'caller_expired',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A definite "no". `detail` is for the administrator; it holds ids and role names, never a token. */
export interface Refusal {
  kind: 'refused';
  reason: RefusalReason;
  detail: string;
}

/** A {@link Refusal}; `detail` must hold no token. */
export function refused(reason: RefusalReason, detail: string): Refusal {
  return { kind: 'refused', reason, detail };
}

const WHERE_THE_REASON_IS = 'An administrator finds the reason by the request id under /api/v1/admin/auth-rejections.';

/** Reasons that are about who calls or what for: the token itself is good. All others are about the token. */
const FORBIDDEN: ReadonlySet<RefusalReason> = new Set([
  'app_not_allowed',
  'role_missing',
  'user_token',
  'scope_violation',
  'disabled',
  'caller_expired',
]);

/** The answer to a refused call. It says nothing that helps to guess a better token. */
export function refusalError(reason: RefusalReason): DomainError {
  if (reason === 'scope_violation')
    return new DomainError(403, reason, `The payload is outside the scopes of this caller. ${WHERE_THE_REASON_IS}`);
  if (FORBIDDEN.has(reason))
    return new DomainError(403, 'forbidden', `The token does not allow this. ${WHERE_THE_REASON_IS}`);
  return new DomainError(
    401,
    'invalid_token',
    `A valid Microsoft Entra access token is needed in the Authorization header. ${WHERE_THE_REASON_IS}`,
    {},
    { 'www-authenticate': 'Bearer error="invalid_token"' },
  );
}

/** The answer to a caller whose address has been refused too often, in place of {@link refusalError}. */
export function tooManyRefusedCalls(retryAfterSeconds: number): DomainError {
  return new DomainError(
    429,
    'too_many_refused_calls',
    'This call is refused, as too many from this address were before. One with a valid token is let in all the same.',
    {},
    { 'retry-after': String(retryAfterSeconds) },
  );
}
