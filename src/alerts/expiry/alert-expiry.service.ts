import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { newId } from '../../common/ids';
import { Schedule } from '../../common/schedule/schedule';
import { sqlTime } from '../../common/sql';
import { Transactions } from '../../common/transactions';
import { WorkItemsService } from '../../work-items/work-items.service';
import { foldExpiries } from '../ingest/fold.rules';
import { loadExpiring } from '../ingest/load-state';
import { saveAlerts } from '../ingest/save-alerts';

export const ALERT_EXPIRY = 'alert-expiry';
const EVERY_MS = 60_000;

/** Alerts that one transaction looks at. */
const SLICE = 200;
/** What is left after so many slices waits for the next turn. */
const MAX_SLICES = 20;

interface DueAlert {
  id: string;
  signature: string;
}

/** Ends alerts that tell no end of their own, once there has been no news of them for as long as their kind may be silent. */
@Injectable()
export class AlertExpiry implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly workItems: WorkItemsService,
    private readonly schedule: Schedule,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.schedule.register({ name: ALERT_EXPIRY, everyMs: EVERY_MS, work: () => this.run() });
  }

  private async run(): Promise<void> {
    for (let slice = 0; slice < MAX_SLICES; slice += 1) {
      const now = this.clock.now();
      const due = await this.dueAlerts(now);
      if (due.length > 0) await this.transactions.run((tx) => this.expire(tx, due, now));
      if (due.length < SLICE) return;
    }
  }

  private dueAlerts(now: Date): Promise<DueAlert[]> {
    return this.dataSource.query<DueAlert[]>(
      `SELECT id, signature FROM alerts WHERE expiresAt <= ? ORDER BY expiresAt LIMIT ${SLICE}`,
      [sqlTime(now)],
    );
  }

  /** The same way as a delivery goes: lock, look again, decide, save. */
  private async expire(tx: EntityManager, due: readonly DueAlert[], now: Date): Promise<void> {
    const state = await loadExpiring(tx, due, now);
    const { workItems, timeline, episodes } = foldExpiries(state, { now, newId });
    await this.workItems.save(tx, { workItems: [...workItems], timeline, slots: [], bindings: [] }, now);
    await saveAlerts(tx, [...episodes], now);
  }
}
