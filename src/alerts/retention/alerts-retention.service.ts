import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { Retention, RETENTION_SLICE, type RemovedSlice } from '../../common/retention/retention';
import { Sweep, type SweepPlace } from '../../common/retention/sweep';
import { isDatabaseAway, Transactions } from '../../common/transactions';
import { beforeParked, endedAlerts, endlessAlerts, removeAlerts, type SliceOutcome } from './alert-removal';
import { removeBodies, SETTLED } from './body-removal';
import { dueDeliveries, removeDeliveries } from './delivery-removal';

export const ALERTS_RETENTION = 'alerts-retention';

/** Each may bring parts along, which count for what a transaction removes, and has a slot. */
const ALERTS = 100;

/** A way through the rows of a kind that are past their time. */
interface Way {
  sweep: Sweep;
  find: (slice: { after: SweepPlace; before: Date }) => Promise<SweepPlace[]>;
}

/** Removes bodies, deliveries and alerts whose time is over. */
@Injectable()
export class AlertsRetention implements OnModuleInit {
  private readonly deliveries: readonly Way[];
  private readonly alerts: readonly Way[];

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly retention: Retention,
    private readonly clock: Clock,
  ) {
    const { manager } = dataSource;
    this.deliveries = SETTLED.map((status) =>
      wayBy((slice) => dueDeliveries(manager, status, { ...slice, limit: RETENTION_SLICE })),
    );
    this.alerts = [endedAlerts, endlessAlerts].map((find) =>
      wayBy((slice) => find(manager, { ...slice, limit: ALERTS })),
    );
  }

  /** An alert waits for its deliveries, so these go first. */
  onModuleInit(): void {
    this.retention.register(ALERTS_RETENTION, [
      { dataClass: 'delivery-bodies', removeSlice: (before) => this.removeBodies(before) },
      {
        dataClass: 'deliveries',
        removeSlice: (before) =>
          this.goOn(this.deliveries, {
            before,
            remove: async (tx, ids) => ({ removed: await removeDeliveries(tx, ids, before), reached: ids.length }),
          }),
      },
      { dataClass: 'alerts', removeSlice: (before) => this.removeAlerts(before) },
    ]);
  }

  private async removeBodies(before: Date): Promise<RemovedSlice> {
    const slice = { before, limit: RETENTION_SLICE, now: this.clock.now() };
    const removed = await this.transactions.run((tx) => removeBodies(tx, slice));
    return { removed, hasMore: removed === RETENTION_SLICE };
  }

  private async removeAlerts(dueBefore: Date): Promise<RemovedSlice> {
    const before = await beforeParked(this.dataSource.manager, dueBefore);
    return this.goOn(this.alerts, { before, remove: (tx, ids) => removeAlerts(tx, ids, before) });
  }

  /** A slice of the first way that does not stand at its end. What fails is passed all the same: it keeps nothing else waiting. */
  private async goOn(
    ways: readonly Way[],
    { before, remove }: { before: Date; remove: (tx: EntityManager, ids: string[]) => Promise<SliceOutcome> },
  ): Promise<RemovedSlice> {
    for (const { sweep, find } of ways) {
      const rows = await find({ after: sweep.placeAt(this.clock.now()), before });
      if (rows.length === 0) continue;
      const ids = rows.map(({ id }) => id);
      try {
        const { removed, reached } = await this.transactions.run((tx) => remove(tx, ids));
        sweep.pass(rows.slice(0, reached));
        return { removed, hasMore: true };
      } catch (error) {
        if (!isDatabaseAway(error)) sweep.pass(rows);
        throw error;
      }
    }
    return { removed: 0, hasMore: false };
  }
}

function wayBy(find: Way['find']): Way {
  return { sweep: new Sweep(), find };
}
