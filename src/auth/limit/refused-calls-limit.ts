import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock';
import { CONFIG, type Config } from '../../common/config';
import type { DomainError } from '../../common/errors';
import { AuthMetrics } from '../auth-metrics';
import { tooManyRefusedCalls } from '../refusal';
import { addressKeyOf } from './address.rules';
import { fullAllowance, grown, secondsUntilNext, taken, type Allowance } from './allowance.rules';

/** Some 2 MB. Whoever has more addresses than that pushes the oldest out, which only gives those a new allowance. */
const MAX_ADDRESSES = 10_000;
const LOG_EVERY_MS = 60_000;

interface Caller {
  allowance: Allowance;
  loggedAtMs: number;
  /** Calls answered 429 since the last log line. */
  unlogged: number;
}

/**
 * How many calls of one address may be refused in full, with a row for the administrator. Past it the answer is 429. It
 * never decides whether a call is let in: only what is refused anyway is counted, and answered so (docs/adr/0009).
 */
@Injectable()
export class RefusedCallsLimit {
  private readonly logger = new Logger(RefusedCallsLimit.name);
  /** Those that were refused longest ago first. */
  private readonly callers = new Map<string, Caller>();
  private readonly perMinute: number;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly clock: Clock,
    private readonly metrics: AuthMetrics,
  ) {
    this.perMinute = config.refusedCallsPerMinute;
  }

  /** Whether an address has been refused too often. Costs next to nothing while nobody was refused. */
  isReached(remoteAddress: string): boolean {
    if (this.callers.size === 0) return false;
    const caller = this.callers.get(addressKeyOf(remoteAddress));
    return caller !== undefined && taken(grown(caller.allowance, this.perMinute, this.nowMs())) === null;
  }

  /** Counts a refused call; the answer in place of the usual one, or null. */
  count(remoteAddress: string): DomainError | null {
    if (this.perMinute === 0) return null;
    const nowMs = this.nowMs();
    const address = addressKeyOf(remoteAddress);
    const caller = this.moveToEnd(address, nowMs);
    const current = grown(caller.allowance, this.perMinute, nowMs);
    const less = taken(current);
    caller.allowance = less ?? current;
    if (less !== null) return null;
    this.note(caller, { address, nowMs });
    return tooManyRefusedCalls(secondsUntilNext(current, this.perMinute));
  }

  private moveToEnd(address: string, nowMs: number): Caller {
    const known = this.callers.get(address);
    const caller = known ?? {
      allowance: fullAllowance(this.perMinute, nowMs),
      loggedAtMs: Number.NEGATIVE_INFINITY,
      unlogged: 0,
    };
    this.callers.delete(address);
    this.callers.set(address, caller);
    if (this.callers.size > MAX_ADDRESSES) this.callers.delete(this.callers.keys().next().value as string);
    return caller;
  }

  private note(caller: Caller, { address, nowMs }: { address: string; nowMs: number }): void {
    this.metrics.limited += 1;
    caller.unlogged += 1;
    if (Math.abs(nowMs - caller.loggedAtMs) < LOG_EVERY_MS) return;
    this.logger.warn({
      msg: 'calls of an address are refused too often: they are answered 429, and not written down',
      address,
      calls: caller.unlogged,
    });
    caller.loggedAtMs = nowMs;
    caller.unlogged = 0;
  }

  private nowMs(): number {
    return this.clock.now().getTime();
  }
}
