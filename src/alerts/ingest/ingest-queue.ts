import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { DomainError, unavailable } from '../../common/errors';
import { isDatabaseAway, Transactions } from '../../common/transactions';
import { withinTime } from '../../common/within-time';
import { Spool } from '../spool/spool';
import { spooledOf } from '../spool/spooled-delivery';
import { DatabaseGate } from './database-gate';
import { IngestMetrics } from './ingest-metrics';
import { IngestService, type Delivery, type IngestResult } from './ingest.service';
import { MAX_WAIT_MS, WaitingDeliveries, type Waiting } from './waiting-deliveries';

/** So many transactions are under way at once: while the server works on one, this process prepares another. */
const MAX_LANES = 2;

/** Each turn costs the waiting ones the time in which it reads more requests. */
const MAX_GATHER_TURNS = 4;

/** A transaction takes so long at the most: Azure gives up on a call after some 10 seconds, and a slow storm is worse than a spool. */
const DEADLINE_MS = 5_000;

/** Transactions that nobody waits for any more. While there are so many, no other is begun: they hold the connections of the pool. */
const MAX_LATE = 2;

/** Why a delivery is parked. */
export const PIPELINE_FAILED = 'pipeline_failed';

/**
 * Gathers what arrives while transactions are under way into the next one. There is no timer: at low load a delivery goes
 * alone and at once, under load the batches grow and share the cost of a commit. What is of one signature goes one after the
 * other, for there it would only wait for the lock that another transaction holds.
 */
@Injectable()
export class IngestQueue implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(IngestQueue.name);
  private readonly waiting = new WaitingDeliveries();
  private readonly lanes = new Set<Promise<void>>();
  private readonly maxLanes: number;
  private isGathering = false;
  private late = 0;
  private overdue: NodeJS.Timeout | null = null;
  private isOverflowing = false;
  private isStopping = false;
  /** Deliveries that there was no room for, or no time. */
  overflowed = 0;

  constructor(
    private readonly ingest: IngestService,
    private readonly metrics: IngestMetrics,
    private readonly spool: Spool,
    private readonly gate: DatabaseGate,
    transactions: Transactions,
  ) {
    this.maxLanes = transactions.isSerial ? 1 : MAX_LANES;
  }

  /** How many deliveries wait for their transaction. */
  get depth(): number {
    return this.waiting.count;
  }

  /** Resolves when the delivery is committed, or kept in the spool. */
  submit(delivery: Delivery): Promise<IngestResult> {
    if (this.mustWait) return this.keep(delivery);
    return this.waiting.isFull ? this.overflow(delivery) : this.enqueue(delivery, { isSpooled: false });
  }

  /** Resolves when a delivery that waits in the spool is committed. Tries it, whether the gate is open or not. */
  submitSpooled(delivery: Delivery): Promise<IngestResult> {
    const isLate = this.waiting.isFull || this.isStopping;
    return isLate ? Promise.reject(overloaded()) : this.enqueue(delivery, { isSpooled: true });
  }

  /** Without a spool there is always a try: its failure is what tells the sender to come back. Not at the end, which has no time for it. */
  private get mustWait(): boolean {
    return (this.spool.isOn || this.isStopping) && !this.gate.isOpen;
  }

  private enqueue(delivery: Delivery, { isSpooled }: { isSpooled: boolean }): Promise<IngestResult> {
    return new Promise((resolve, reject) => {
      const one = { delivery, isSpooled, sinceMs: performance.now(), resolve, reject };
      this.waiting.add(one);
      this.overdue ??= setTimeout(() => this.sendOverdueAway(), MAX_WAIT_MS).unref();
      // The lane that has its signature will look for it.
      if (!this.waiting.isBusy(one)) this.openLane();
    });
  }

  /** What can't wait here waits in the spool, from where it comes back; without one its sender is to come back. */
  private async overflow(delivery: Delivery): Promise<IngestResult> {
    this.overflowed += 1;
    if (!this.isOverflowing) this.logger.warn({ msg: 'too many deliveries wait for the database, or for too long' });
    this.isOverflowing = true;
    if (this.spool.isOn) return this.keep(delivery);
    this.metrics.putOff += 1;
    throw overloaded();
  }

  private sendOverdueAway(): void {
    const nowMs = performance.now();
    for (const { delivery, resolve, reject } of this.waiting.takeOverdue(nowMs)) {
      this.overflow(delivery).then(resolve, reject);
    }
    const nextMs = this.waiting.nextOverdueMs();
    this.overdue =
      nextMs === null ? null : setTimeout(() => this.sendOverdueAway(), Math.max(1, nextMs - nowMs)).unref();
  }

  beforeApplicationShutdown(): void {
    this.isStopping = true;
  }

  /** All requests are answered, and the database is still there. A lane that ends may open another one. */
  async onApplicationShutdown(): Promise<void> {
    while (this.lanes.size > 0) await Promise.all(this.lanes);
  }

  private openLane(): void {
    if (this.isGathering || this.lanes.size >= this.maxLanes) return;
    const lane = this.drain().finally(() => {
      this.lanes.delete(lane);
      if (this.lanes.size === 0) this.isOverflowing = false;
      // It may have come between the last look and the end.
      if (this.waiting.hasNext) this.openLane();
    });
    this.lanes.add(lane);
  }

  private async drain(): Promise<void> {
    for (let batch = await this.gather(); batch.length > 0; batch = await this.gather()) {
      try {
        const isTried = !this.mustWait || (!this.isStopping && batch.some(({ isSpooled }) => isSpooled));
        if (isTried) await this.process(batch);
        else this.putOff(batch);
      } finally {
        this.waiting.end(batch);
      }
    }
  }

  /**
   * The next batch; an empty one if another lane is about to take it, or has what it would be of. Lets requests that the sockets hold
   * already come along: a few turns of the event loop, as long as each brings more.
   */
  private async gather(): Promise<Waiting[]> {
    if (this.isGathering) return [];
    this.isGathering = true;
    for (let turn = 0, before = -1; turn < MAX_GATHER_TURNS && this.waiting.count > before; turn += 1) {
      before = this.waiting.count;
      await nextTurn();
    }
    this.isGathering = false;
    const batch = this.waiting.take();
    if (batch.length > 0 && this.waiting.hasNext) this.openLane();
    return batch;
  }

  /** A batch that fails on its data is split, until the delivery that is at fault stands alone; its neighbours go on. */
  private async process(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.ingestInTime(batch);
      this.metrics.batch(results);
      this.gate.open();
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as IngestResult);
    } catch (error) {
      if (isForLater(error)) {
        this.gate.close(error);
        this.putOff(batch);
        return;
      }
      if (batch.length === 1) return this.park(batch[0] as Waiting, error);
      const middle = Math.ceil(batch.length / 2);
      await this.process(batch.slice(0, middle));
      await this.process(batch.slice(middle));
    }
  }

  /**
   * What comes too late may still be committed: the spool has it then as well, and it is known by its id when it is taken from
   * there.
   */
  private async ingestInTime(batch: readonly Waiting[]): Promise<IngestResult[]> {
    const limitMs = timeFor(batch);
    if (this.late >= MAX_LATE || limitMs <= 0) throw TOO_LATE;
    const work = this.ingest.ingest(
      batch.map(({ delivery }) => delivery),
      spooledIds(batch),
    );
    const results = await withinTime(work, limitMs, () => null);
    if (results !== null) return results;
    this.late += 1;
    const isOver = (): void => {
      this.late -= 1;
    };
    void work.then(isOver, isOver);
    throw TOO_LATE;
  }

  /** What can't be stored now waits in the spool; what is there already stays there. */
  private putOff(batch: readonly Waiting[]): void {
    for (const { delivery, isSpooled, resolve, reject } of batch) {
      if (isSpooled) reject(unavailable('database_unavailable', 'The delivery stays in the spool.'));
      else this.keep(delivery).then(resolve, reject);
    }
  }

  private async keep(delivery: Delivery): Promise<IngestResult> {
    try {
      await this.spool.append(spooledOf(delivery));
      return { deliveryId: delivery.id, outcome: 'spooled', alertId: null, workItems: [] };
    } catch (error) {
      this.metrics.putOff += 1;
      this.logger.error({
        msg: 'a delivery could be neither stored nor spooled; its sender was told to repeat it',
        err: error,
      });
      throw unavailable('database_unavailable', 'The delivery could not be stored now; send it again.');
    }
  }

  private async park(waiting: Waiting, error: unknown): Promise<void> {
    const { delivery, resolve } = waiting;
    this.logger.error({ msg: 'a delivery failed in the pipeline and is parked', deliveryId: delivery.id, err: error });
    if (delivery.kind === 'rejected') {
      this.giveBack(waiting, error);
      return;
    }
    try {
      const result = await this.ingest.park(delivery, { code: PIPELINE_FAILED, error });
      this.metrics.batch([result]);
      resolve(result);
    } catch (parkError) {
      this.logger.error({ msg: 'a delivery could not be parked', deliveryId: delivery.id, err: parkError });
      this.giveBack(waiting, parkError);
    }
  }

  /** What the database takes in no form goes through the spool, and is then kept aside there. */
  private giveBack(waiting: Waiting, error: unknown): void {
    if (waiting.isSpooled && !isForLater(error)) waiting.reject(new Unstorable(waiting.delivery.id));
    else this.putOff([waiting]);
  }
}

/** What was spooled because an answer was due may be committed by now, or be about to. */
function spooledIds(batch: readonly Waiting[]): string[] {
  return batch.filter(({ isSpooled }) => isSpooled).map(({ delivery }) => delivery.id);
}

/** The database is there and refuses a delivery, even to keep it for later. */
export class Unstorable extends Error {
  constructor(deliveryId: string, options?: ErrorOptions) {
    super(`The database takes delivery ${deliveryId} in no form.`, options);
  }
}

/** It is no fault of the delivery: the database is away or slow, or what is read from it is not there yet. */
export function isForLater(error: unknown): boolean {
  return isDatabaseAway(error) || error === TOO_LATE || (error instanceof DomainError && error.status === 503);
}

const TOO_LATE = new Error(`The database has not answered within ${DEADLINE_MS} ms.`);

/** A batch that is split has no more time than a whole one. */
function timeFor(batch: readonly Waiting[]): number {
  const fresh = batch.filter(({ isSpooled }) => !isSpooled);
  const oldestMs = Math.min(...fresh.map(({ sinceMs }) => sinceMs));
  return Math.min(DEADLINE_MS, oldestMs + MAX_WAIT_MS + DEADLINE_MS - performance.now());
}

function overloaded(): DomainError {
  return unavailable('overloaded', 'Too many deliveries are waiting to be stored; send it again.');
}
