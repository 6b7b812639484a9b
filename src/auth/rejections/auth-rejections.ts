import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../../common/clock';
import { messageOf } from '../../common/error-message.rules';
import type { DomainError } from '../../common/errors';
import { newId } from '../../common/ids';
import { PeriodicTask } from '../../common/periodic-task';
import { isDatabaseAway, isLostRace, Transactions } from '../../common/transactions';
import { Allowlist } from '../allowlist/allowlist';
import { CallerCounters } from '../allowlist/caller-counters';
import { AuthMetrics } from '../auth-metrics';
import { RefusedCallsLimit } from '../limit/refused-calls-limit';
import { refusalError, type Refusal } from '../refusal';
import { remoteAddressOf } from '../remote-address';
import { bearerOfRequest } from '../token/bearer-request';
import { AuthRejectionEntity } from './auth-rejection.entity';
import { RejectionQueue } from './rejection-queue';
import { rejectionOf } from './rejection.rules';
import { trimRejections } from './trim';

const FLUSH_MS = 2_000;
const KEEP = { verified: 80_000, unverified: 20_000 } as const;
const TRIM_MS = 60_000;

/** Takes down refused calls. Memory, database work and rows stay bounded however many there are. */
@Injectable()
export class AuthRejections implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(AuthRejections.name);
  private readonly queue = new RejectionQueue();
  private trimmedAt = 0;
  private readonly flushing = new PeriodicTask(
    () => this.write(),
    (error) => this.logger.warn(`Refused calls can't be written: ${messageOf(error)}`),
  );

  constructor(
    private readonly clock: Clock,
    private readonly transactions: Transactions,
    private readonly allowlist: Allowlist,
    private readonly counters: CallerCounters,
    private readonly metrics: AuthMetrics,
    private readonly limit: RefusedCallsLimit,
  ) {}

  onApplicationBootstrap(): void {
    this.flushing.start(FLUSH_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    this.flushing.stop();
    await this.flush();
  }

  /**
   * Takes a refused call down and gives the answer to throw. `verified`: the token was good, so that what it says is true;
   * only then it counts against the caller that it names. Past the limit of its address the answer is 429 and nothing is
   * taken down; but an alert outside its caller's scopes is not counted: it comes from somebody who may call.
   */
  refuse(request: FastifyRequest, refusal: Refusal, { verified }: { verified: boolean }): DomainError {
    const limited = refusal.reason === 'scope_violation' ? null : this.limit.count(remoteAddressOf(request));
    if (limited !== null) return limited;
    const rejection = this.describe(request, refusal, verified);
    this.metrics.rejected[refusal.reason] += 1;
    if (verified) this.countAgainst(rejection);
    if (!this.queue.add(rejection)) this.metrics.rejectionsDropped += 1;
    return refusalError(refusal.reason);
  }

  /** Writes what is queued. Never rejects; what can't be written now is kept, what never can be is dropped and counted. */
  flush(): Promise<void> {
    return this.flushing.run();
  }

  private describe(request: FastifyRequest, refusal: Refusal, verified: boolean): AuthRejectionEntity {
    const token = bearerOfRequest(request);
    const call = {
      requestId: request.id,
      method: request.method,
      url: request.url,
      remoteAddress: remoteAddressOf(request),
    };
    const claims = token.kind === 'token' ? token.claims : {};
    return { id: newId(), occurredAt: this.clock.now(), ...rejectionOf({ call, claims, refusal, verified }) };
  }

  /** A payload outside the scopes was counted as accepted before anyone had read it. */
  private countAgainst({ appId, reason }: AuthRejectionEntity): void {
    const entry = this.allowlist.loaded && appId !== null ? this.allowlist.find(appId) : undefined;
    if (entry !== undefined)
      this.counters.add(entry.id, { rejected: 1, accepted: reason === 'scope_violation' ? -1 : 0 });
  }

  private async write(): Promise<void> {
    const batches = this.queue.takeAll();
    if (batches.length === 0) return;
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      try {
        await this.insert(batch);
      } catch (error) {
        if (isDatabaseAway(error) || isLostRace(error)) {
          this.metrics.rejectionsDropped += this.queue.giveBack([batch, ...batches].flat());
          throw error;
        }
        batches.push(...this.halves(batch, error));
      }
    }
    await this.trim();
  }

  /** A batch that was written although the answer got lost on the way may come again. */
  private async insert(batch: AuthRejectionEntity[]): Promise<void> {
    await this.transactions.run((tx) => tx.upsert(AuthRejectionEntity, batch, ['id']));
  }

  /** Of a batch that the database refuses for what it says. The one row at fault is found by halving, and dropped. */
  private halves(batch: AuthRejectionEntity[], error: unknown): AuthRejectionEntity[][] {
    const middle = Math.ceil(batch.length / 2);
    if (middle < batch.length) return [batch.slice(middle), batch.slice(0, middle)];
    this.metrics.rejectionsDropped += 1;
    this.logger.warn(`The refused call ${String(batch[0]?.requestId)} can't be written: ${messageOf(error)}`);
    return [];
  }

  private async trim(): Promise<void> {
    const now = this.clock.now().getTime();
    if (now - this.trimmedAt < TRIM_MS) return;
    this.trimmedAt = now;
    await this.transactions.run((tx) => trimRejections(tx, KEEP));
  }
}
