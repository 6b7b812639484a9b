import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../common/config';
import { DatabaseState } from '../../common/database-state';
import { unavailable } from '../../common/errors';
import { PeriodicTask } from '../../common/periodic-task';
import { slicesOf } from '../../common/slices';
import { DatabaseGate } from '../ingest/database-gate';
import { IngestQueue, isForLater, Unstorable } from '../ingest/ingest-queue';
import { IngestService, type Delivery } from '../ingest/ingest.service';
import { storedIds } from '../ingest/save-deliveries';
import { Spool, type SpoolFault, type SpoolPart } from './spool';
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
  /** Paths of the faults that were told, and last. */
  private told: ReadonlySet<string> = new Set();
  /** Ids of deliveries that are kept aside, in a file that is not done with yet. */
  private readonly aside = new Set<string>();
  /** Deliveries that came out of the spool. */
  drained = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly spool: Spool,
    private readonly ingest: IngestService,
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

  /** What is not in the database stays in the spool, and the next turn begins with it again. */
  private async turn(): Promise<void> {
    await this.spool.recover();
    if (!this.state.isUp) return;
    if (!this.gate.isOpen) await this.prove();
    const before = this.drained;
    const faults: SpoolFault[] = [];
    for await (const part of this.spool.parts(faults)) {
      if (this.stopping) return;
      await this.takePart(part).catch((error: unknown) => {
        if (isForLater(error)) throw error;
        faults.push({ path: part.path, error });
      });
    }
    if (!this.gate.isOpen) await this.prove();
    this.gate.open();
    this.isFailing = false;
    this.tell(faults);
    const deliveries = this.drained - before;
    if (deliveries === 0 || faults.length > 0) return;
    this.logger.log({ msg: 'the spool is empty: all of it is in the database', deliveries });
  }

  private async takePart({ deliveries, done }: SpoolPart): Promise<void> {
    for (const slice of slicesOf(deliveries, SLICE)) {
      if (this.stopping) return;
      await this.takeIn(slice);
    }
    await this.prove();
    await done();
  }

  /** One that is in the database already was committed after its deadline, or before a crash. */
  private async takeIn(spooled: readonly SpooledDelivery[]): Promise<void> {
    const known = await storedIds(
      this.dataSource.manager,
      spooled.map(({ id }) => id),
    );
    const fresh = spooled.filter(({ id }) => !known.has(id) && !this.aside.has(id));
    const results = await Promise.allSettled(fresh.map((delivery) => this.submit(delivery)));
    this.drained += results.filter(({ status }) => status === 'fulfilled').length;
    const failed = results.flatMap((result, index) =>
      result.status === 'rejected'
        ? [{ delivery: fresh[index] as SpooledDelivery, reason: result.reason as unknown }]
        : [],
    );
    const other = failed.find(({ reason }) => !(reason instanceof Unstorable));
    if (other !== undefined) throw other.reason;
    if (failed.length > 0) await this.prove();
    for (const { delivery, reason } of failed) await this.setAside(delivery, reason);
  }

  /** The database takes others, and this one in no form: it must not keep what comes behind it. */
  private async setAside(delivery: SpooledDelivery, reason: unknown): Promise<void> {
    await this.spool.setAside(delivery);
    this.aside.add(delivery.id);
    this.logger.error({ msg: 'a delivery is kept aside in the spool', deliveryId: delivery.id, err: reason });
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

  /** Each is told once, for as long as it lasts. */
  private tell(faults: readonly SpoolFault[]): void {
    for (const { path, error } of faults) {
      if (this.told.has(path)) continue;
      this.logger.error({ msg: 'a part of the spool can not be brought into the database', path, err: error });
    }
    this.told = new Set(faults.map(({ path }) => path));
  }

  /** A database that is there and takes nothing at all is as good as away. */
  private async prove(): Promise<void> {
    try {
      await this.ingest.prove();
    } catch (error) {
      this.gate.close(error);
      throw unavailable('database_unavailable', 'The database takes no deliveries.');
    }
  }

  /** That the database is away is told by the gate. Anything else keeps the spool from getting empty, and is told once. */
  private failed(error: unknown): void {
    if (isForLater(error) || this.isFailing) return;
    this.isFailing = true;
    this.logger.error({ msg: 'the spool can not be brought into the database', err: error });
  }
}
