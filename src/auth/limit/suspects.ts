import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Turnstile } from '../../common/turnstile';
import { AuthMetrics } from '../auth-metrics';
import type { AccessRule } from '../decorators';
import type { Refusal } from '../refusal';
import type { BearerToken } from '../token/bearer.rules';
import { ClaimsCheck } from '../token/claims-check';
import { RefusedCallsLimit } from './refused-calls-limit';
import { VerifiedTokens } from './verified-tokens';

/** Each holds a connection and some 10 kB. */
const MAX_WAITING = 1_000;
const BUSY = {
  code: 'verification_busy',
  detail: 'The token can not be judged now: too many calls from addresses that were refused too often wait for that.',
} as const;

/**
 * Calls from addresses that were refused too often. One may be good all the same, so none is refused for where it comes
 * from; but everybody else comes first (docs/adr/0009).
 */
@Injectable()
export class Suspects {
  private readonly turnstile = new Turnstile({ inside: 1, waiting: MAX_WAITING }, BUSY);
  private readonly verifiedTokens = new VerifiedTokens();

  constructor(
    private readonly limit: RefusedCallsLimit,
    private readonly claimsCheck: ClaimsCheck,
    private readonly metrics: AuthMetrics,
  ) {}

  /** Whether a call from there is one. */
  include(remoteAddress: string): boolean {
    return this.limit.isReached(remoteAddress);
  }

  /**
   * Answers with the token, or with why the call is refused as far as that can be told without a look at the signature;
   * and does so when nobody else has anything to do, unless the token is known: one call in each turn of the event loop.
   * When too many wait, one that has to be refused gets its answer at once, and one that may be good a 503.
   */
  async holdBack(token: BearerToken | Refusal, rule: AccessRule | undefined): Promise<BearerToken | Refusal> {
    const judged = token.kind === 'refused' ? token : (this.claimsCheck.faultOf(token, rule) ?? token);
    if (judged.kind === 'refused') await this.turn().catch(noMatter);
    else if (!this.verifiedTokens.has(judged)) await this.turnOr503();
    return judged;
  }

  /** A token that was found good goes first from now on. */
  clear(token: BearerToken): void {
    this.verifiedTokens.add(token);
  }

  private turn(): Promise<void> {
    return this.turnstile.run(nextTurn);
  }

  private async turnOr503(): Promise<void> {
    try {
      await this.turn();
    } catch (error) {
      this.metrics.unavailable += 1;
      throw error;
    }
  }
}

function noMatter(): void {
  // It is refused with or without a turn.
}
