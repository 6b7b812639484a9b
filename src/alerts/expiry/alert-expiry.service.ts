import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { newId } from '../../common/ids';
import { PutOff } from '../../common/schedule/put-off';
import { Schedule } from '../../common/schedule/schedule';
import { togetherOrAlone } from '../../common/schedule/together-or-alone';
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

/**
 * Ends alerts that tell no end of their own, once there has been no news of them for as long as their kind may be silent. One
 * that fails keeps no other one waiting.
 */
@Injectable()
export class AlertExpiry implements OnModuleInit {
  private readonly logger = new Logger(AlertExpiry.name);
  private readonly putOff = new PutOff<string>();

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
      await togetherOrAlone(due, {
        work: (some) => this.transactions.run((tx) => this.expire(tx, some, now)),
        setAside: (alert, error) => this.setAside(alert, error),
      });
      if (due.length < SLICE) return;
    }
  }

  private setAside({ id }: DueAlert, error: unknown): void {
    this.logger.error({ msg: 'an alert that has been silent for too long can not be ended', alertId: id, err: error });
    this.putOff.add(id, this.clock.now());
  }

  private async dueAlerts(now: Date): Promise<DueAlert[]> {
    const rows = await this.dataSource.query<DueAlert[]>(
      `SELECT id, signature FROM alerts WHERE expiresAt <= ? ORDER BY expiresAt LIMIT ${SLICE + this.putOff.countAt(now)}`,
      [sqlTime(now)],
    );
    return rows.filter(({ id }) => !this.putOff.has(id)).slice(0, SLICE);
  }

  /** The same way as a delivery goes: lock, look again, decide, save. */
  private async expire(tx: EntityManager, due: readonly DueAlert[], now: Date): Promise<void> {
    const state = await loadExpiring(tx, due, now);
    const { workItems, timeline, episodes } = foldExpiries(state, { now, newId });
    await this.workItems.save(tx, { workItems: [...workItems], timeline, slots: [], bindings: [] }, now);
    await saveAlerts(tx, [...episodes], now);
  }
}
