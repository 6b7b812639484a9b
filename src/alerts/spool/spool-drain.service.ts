import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { CONFIG, type Config } from '../../common/config';
import { DatabaseState } from '../../common/database-state';
import { unavailable } from '../../common/errors';
import { PeriodicTask } from '../../common/periodic-task';
import { slicesOf } from '../../common/slices';
import { DatabaseGate } from '../ingest/database-gate';
import { IngestQueue, isForLater, Unstorable } from '../ingest/ingest-queue';
import { IngestService, type Delivery } from '../ingest/ingest.service';
import { Spool, type SpoolPart } from './spool';
import type { SpooledDelivery } from './spool-record.rules';
import { deliveryOf } from './spooled-delivery';

const EVERY_MS = 500;
/** Deliveries that are handed over at once; new ones find their place between them. */
const SLICE = 200;

interface Refused {
  delivery: SpooledDelivery;
  reason: Unstorable;
}

/** Brings what waits in the spool into the database as soon as that is there again, in the order in which it came. */
@Injectable()
export class SpoolDrain implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(SpoolDrain.name);
  private readonly task = new PeriodicTask(
    () => this.turn(),
    (error) => this.failed(error),
  );
  private isStopping = false;
  /** How many had come out when the spool was last told to be empty. */
  private told = 0;
  /** Ids of deliveries that are kept aside, in a file that is not done with yet. */
  private readonly aside = new Set<string>();
  /** Deliveries that came out of the spool. */
  drained = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly spool: Spool,
    private readonly ingest: IngestService,
    private readonly queue: IngestQueue,
    private readonly gate: DatabaseGate,
    private readonly state: DatabaseState,
  ) {}

  onApplicationBootstrap(): void {
    if (this.spool.isOn) this.task.start(EVERY_MS, 0);
  }

  /** What is left comes after the next start; the time is for those who wait for an answer. */
  beforeApplicationShutdown(): void {
    this.isStopping = true;
    this.task.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.task.idle();
  }

  /** What is not in the database stays in the spool, and the next turn begins with it again. */
  private async turn(): Promise<void> {
    await this.spool.recover();
    if (!this.state.isUp) return;
    if (!this.gate.isOpen) await this.prove();
    for await (const part of this.spool.parts()) {
      if (this.isStopping) return;
      await this.takePart(part);
    }
    if (this.isStopping) return;
    if (!this.gate.isOpen) await this.prove();
    this.gate.open();
    this.tell();
  }

  private async takePart({ deliveries, done, failed }: SpoolPart): Promise<void> {
    const faults: unknown[] = [];
    for (const slice of slicesOf(deliveries, SLICE)) {
      if (this.isStopping) return;
      await this.takeIn(slice).catch(keepIn(faults));
    }
    if (faults.length > 0) {
      failed(faults[0]);
      return;
    }
    await this.prove();
    try {
      await done();
    } catch (error) {
      failed(error);
      return;
    }
    for (const { id } of deliveries) this.aside.delete(id);
    await this.spool.recover();
  }

  /** One that is in the database already was committed after its deadline, or before a crash. */
  private async takeIn(spooled: readonly SpooledDelivery[]): Promise<void> {
    const known = await this.ingest.stored(spooled.map(({ id }) => id));
    const refused = await this.submitAll(spooled.filter(({ id }) => !known.has(id) && !this.aside.has(id)));
    if (refused.length === 0) return;
    // What is refused between two proofs is refused for itself.
    await this.prove();
    const again = await this.submitAll(refused.map(({ delivery }) => delivery));
    if (again.length > 0) await this.prove();
    for (const { delivery, reason } of again) await this.setAside(delivery, reason);
  }

  /** Those that the database takes in no form. */
  private async submitAll(deliveries: readonly SpooledDelivery[]): Promise<Refused[]> {
    const results = await Promise.allSettled(deliveries.map((delivery) => this.submit(delivery)));
    this.drained += results.filter(({ status }) => status === 'fulfilled').length;
    return results.flatMap((result, index) => {
      if (result.status === 'fulfilled') return [];
      if (!(result.reason instanceof Unstorable)) throw result.reason;
      return [{ delivery: deliveries[index] as SpooledDelivery, reason: result.reason }];
    });
  }

  /** It must not keep what comes behind it. */
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

  private tell(): void {
    const deliveries = this.drained - this.told;
    if (deliveries === 0 || this.spool.oldestAt !== null) return;
    this.told = this.drained;
    this.logger.log({ msg: 'the spool is empty: all of it is in the database', deliveries });
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

  /** That the database is away is told by the gate. */
  private failed(error: unknown): void {
    if (isForLater(error)) return;
    this.logger.error({ msg: 'the spool can not be brought into the database', err: error });
  }
}

/** What is for later is thrown again, for the database is away. */
function keepIn(faults: unknown[]): (error: unknown) => void {
  return (error) => {
    if (isForLater(error)) throw error;
    faults.push(error);
  };
}
