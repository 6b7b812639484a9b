import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { unavailable } from '../../common/errors';
import { isDatabaseAway } from '../../common/transactions';
import { IngestMetrics } from './ingest-metrics';
import { IngestService, type Delivery, type IngestResult } from './ingest.service';

/** A transaction takes at most so many deliveries, and so many bytes of bodies: a statement has to fit the server's packet. */
const MAX_BATCH = 256;
const MAX_BATCH_BYTES = 4_194_304;

/** Each turn costs the waiting ones the time in which it reads more requests. */
const MAX_GATHER_TURNS = 4;

/** Past either the caller is told to come back: Azure repeats a call that got 503. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 67_108_864;

interface Waiting {
  delivery: Delivery;
  resolve: (result: IngestResult) => void;
  reject: (error: unknown) => void;
}

/**
 * Gathers what arrives while a transaction is under way into the next one. There is no timer: at low load a delivery goes
 * alone and at once, under load the batches grow and share the cost of a commit.
 */
@Injectable()
export class IngestQueue implements OnModuleDestroy {
  private readonly logger = new Logger(IngestQueue.name);
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  private running: Promise<void> | null = null;

  constructor(
    private readonly ingest: IngestService,
    private readonly metrics: IngestMetrics,
  ) {}

  /** How many deliveries wait for their transaction. */
  get depth(): number {
    return this.waiting.length;
  }

  /** Resolves when the delivery is committed. */
  submit(delivery: Delivery): Promise<IngestResult> {
    if (this.waiting.length >= MAX_WAITING || this.waitingBytes >= MAX_WAITING_BYTES)
      throw unavailable('overloaded', 'Too many deliveries are waiting to be stored; send it again.');
    return new Promise((resolve, reject) => {
      this.waiting.push({ delivery, resolve, reject });
      this.waitingBytes += delivery.body.length;
      this.running ??= this.drain();
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.running;
  }

  private async drain(): Promise<void> {
    await this.gather();
    while (this.waiting.length > 0) {
      await this.process(this.nextBatch());
      await this.gather();
    }
    this.running = null;
  }

  /** Lets requests that the sockets hold already come along: a few turns of the event loop, as long as each brings more. */
  private async gather(): Promise<void> {
    for (let turn = 0; turn < MAX_GATHER_TURNS; turn += 1) {
      const before = this.waiting.length;
      await nextTurn();
      if (this.waiting.length === before) return;
    }
  }

  private nextBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { delivery } of this.waiting) {
      const isFull = count === MAX_BATCH || (count > 0 && bytes + delivery.body.length > MAX_BATCH_BYTES);
      if (isFull) break;
      bytes += delivery.body.length;
      count += 1;
    }
    this.waitingBytes -= bytes;
    return this.waiting.splice(0, count);
  }

  /** A batch that fails on its data is split, until the delivery that is at fault stands alone; its neighbours go on. */
  private async process(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.ingest.ingest(batch.map(({ delivery }) => delivery));
      this.metrics.batch(results);
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as IngestResult);
    } catch (error) {
      if (isDatabaseAway(error)) {
        this.putOff(batch, error);
        return;
      }
      if (batch.length === 1) return this.park(batch[0] as Waiting, error);
      const middle = Math.ceil(batch.length / 2);
      await this.process(batch.slice(0, middle));
      await this.process(batch.slice(middle));
    }
  }

  private putOff(batch: readonly Waiting[], error: unknown): void {
    this.metrics.putOff += batch.length;
    this.logger.error({
      msg: 'deliveries could not be stored; their senders were told to repeat them',
      deliveries: batch.length,
      err: error,
    });
    for (const { reject } of batch)
      reject(unavailable('database_unavailable', 'The delivery could not be stored now; send it again.'));
  }

  private async park({ delivery, resolve, reject }: Waiting, error: unknown): Promise<void> {
    this.logger.error({ msg: 'a delivery failed in the pipeline and was parked', deliveryId: delivery.id, err: error });
    if (delivery.kind === 'rejected') {
      this.putOff([{ delivery, resolve, reject }], error);
      return;
    }
    try {
      const result = await this.ingest.park(delivery, 'pipeline_failed');
      this.metrics.batch([result]);
      resolve(result);
    } catch (parkError) {
      this.putOff([{ delivery, resolve, reject }], parkError);
    }
  }
}
