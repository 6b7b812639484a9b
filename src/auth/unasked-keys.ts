import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { unavailable, type DomainError } from '../common/errors';
import { AuthMetrics } from './auth-metrics';
import { RefusedCallsLimit } from './limit/refused-calls-limit';
import { refused } from './refusal';
import { AuthRejections } from './rejections/auth-rejections';
import { remoteAddressOf } from './remote-address';
import { bearerOfRequest } from './token/bearer-request';
import { ClaimsCheck } from './token/claims-check';
import type { KeyNotAskedFor } from './token/entra.strategy';

/**
 * Calls with a key that is not known, while the authority may not be asked for it again. Anybody can keep that up by
 * making up keys, so a call that may be good is put off and not refused: Azure never repeats a 401. It counts against its
 * address like a refused one; past the limit it is answered 429, which Azure repeats as well.
 */
@Injectable()
export class UnaskedKeys {
  constructor(
    private readonly claimsCheck: ClaimsCheck,
    private readonly limit: RefusedCallsLimit,
    private readonly rejections: AuthRejections,
    private readonly metrics: AuthMetrics,
  ) {}

  /** The answer to throw; nobody is let in here. It tells nothing of who would be: nobody knows yet who made the token. */
  answerTo(request: FastifyRequest, key: KeyNotAskedFor): DomainError {
    const token = bearerOfRequest(request);
    const mayBeGood = token.kind === 'token' && this.claimsCheck.faultOf(token, undefined) === null;
    if (!mayBeGood) return this.rejections.refuse(request, refused('unknown_key', key.message), { verified: false });
    const limited = this.limit.count(remoteAddressOf(request));
    if (limited !== null) return limited;
    this.metrics.unavailable += 1;
    const detail = 'The token can not be judged now: its key is not known, and can not be asked for yet.';
    return unavailable('keys_unavailable', detail, key.retryAfterSeconds);
  }
}
