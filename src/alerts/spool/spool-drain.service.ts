import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../common/config';
import { DatabaseState } from '../../common/database-state';
import { PeriodicTask } from '../../common/periodic-task';
import { DatabaseGate } from '../ingest/database-gate';
import { IngestQueue, isForLater, Unstorable } from '../ingest/ingest-queue';
import type { Delivery } from '../ingest/ingest.service';
import { storedIds } from '../ingest/save-deliveries';
import { Spool } from './spool';
import type { SpooledDelivery } from './spool-record.rules';
import { deliveryOf } from './spooled-delivery';

const EVERY_MS = 500;
/** Deliveries that are handed over at once; new ones find their place between them. */
const SLICE = 200;

/** Brings what waits in the spool into the database as soon as that is there again, in the order in which it came. */
@Injectable()
export class SpoolDrain implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(SpoolDrain.name);
  private readonly task = new PeriodicTask(
    () => this.turn(),
    (error) => this.failed(error),
  );
  private stopping = false;
  private isFailing = false;
  /** Deliveries that came out of the spool. */
  drained = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly spool: Spool,
    private readonly queue: IngestQueue,
    private readonly gate: DatabaseGate,
    private readonly state: DatabaseState,
  ) {}

  onApplicationBootstrap(): void {
    if (this.spool.isOn) this.task.start(EVERY_MS, 0);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.task.stop();
    await this.task.idle();
  }

  /** Whatever fails leaves all that is not in the database in the spool: the next turn begins with it again. */
  private async turn(): Promise<void> {
    if (!this.state.isUp) return;
    const before = this.drained;
    for await (const part of this.spool.parts()) {
      for (let start = 0; start < part.deliveries.length; start += SLICE) {
        if (this.stopping) return;
        await this.takeIn(part.deliveries.slice(start, start + SLICE));
      }
      await part.done();
    }
    if (!this.gate.isOpen) await this.dataSource.query('SELECT 1');
    this.gate.open();
    this.isFailing = false;
    const deliveries = this.drained - before;
    if (deliveries > 0) this.logger.log({ msg: 'the spool is empty: all of it is in the database', deliveries });
  }

  /** One that is in the database already was committed after its deadline, or before a crash. */
  private async takeIn(spooled: readonly SpooledDelivery[]): Promise<void> {
    const known = await storedIds(
      this.dataSource.manager,
      spooled.map(({ id }) => id),
    );
    const fresh = spooled.filter(({ id }) => !known.has(id));
    const results = await Promise.allSettled(fresh.map((delivery) => this.submit(delivery)));
    this.drained += results.filter(({ status }) => status === 'fulfilled').length;
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      if (!(result.reason instanceof Unstorable)) throw result.reason;
      await this.spool.setAside(fresh[index] as SpooledDelivery);
      this.logger.error({
        msg: 'a delivery is kept aside in the spool',
        deliveryId: fresh[index]?.id,
        err: result.reason,
      });
    }
  }

  /** A record that can't be made a delivery again is as good as one that the database refuses. */
  private async submit(spooled: SpooledDelivery): Promise<void> {
    let delivery: Delivery;
    try {
      delivery = deliveryOf(spooled, this.config);
    } catch (cause) {
      throw new Unstorable(spooled.id, { cause });
    }
    await this.queue.submitSpooled(delivery);
  }

  /** That the database is away is told by the gate. Anything else keeps the spool from getting empty, and is told once. */
  private failed(error: unknown): void {
    if (isForLater(error) || this.isFailing) return;
    this.isFailing = true;
    this.logger.error({ msg: 'the spool can not be brought into the database', err: error });
  }
}
