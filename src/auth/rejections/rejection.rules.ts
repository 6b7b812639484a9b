import { pathOf } from '../../common/http/request-context';
import { redactText } from '../../common/redact-text.rules';
import type { Refusal } from '../refusal';
import type { Claims } from '../token/bearer.rules';
import { rolesOf } from '../token/judge.rules';
import type { AuthRejectionEntity } from './auth-rejection.entity';

/** The part of a request that may be kept. */
export interface RefusedCall {
  requestId: string;
  method: string;
  url: string;
  remoteAddress: string;
}

/** What is kept of a refused call: no query (it may hold a token that someone put there), and all of bounded length. */
export function rejectionOf(of: {
  call: RefusedCall;
  claims: Claims;
  refusal: Refusal;
  verified: boolean;
}): Omit<AuthRejectionEntity, 'id' | 'occurredAt'> {
  const { call, claims, refusal, verified } = of;
  return {
    reason: refusal.reason,
    detail: redactText(refusal.detail).slice(0, 500),
    requestId: call.requestId.slice(0, 100),
    method: call.method.slice(0, 16),
    path: pathOf(call.url).slice(0, 500),
    remoteAddress: call.remoteAddress.slice(0, 64),
    appId: idOf(claims.ver === '1.0' ? claims.appid : (claims.azp ?? claims.appid)),
    objectId: idOf(claims.oid),
    tenantId: idOf(claims.tid),
    roles: rolesOf(claims)
      .slice(0, 20)
      .map((role) => redactText(role).slice(0, 64)),
    verified,
  };
}

/** Lower case, in which it is searched for. Cut last: U+0130 is two characters in lower case, and a column counts those. */
function idOf(value: unknown): string | null {
  return typeof value === 'string' ? redactText(value).toLowerCase().slice(0, 64) : null;
}
