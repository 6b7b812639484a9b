import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { PutOff } from '../../common/schedule/put-off';
import { Schedule } from '../../common/schedule/schedule';
import { togetherOrAlone } from '../../common/schedule/together-or-alone';
import { sqlTime } from '../../common/sql';
import { Transactions } from '../../common/transactions';
import { insertTimeline, lockWorkItems, updateTimers, updateWorkItems } from '../work-item.store';
import { runDueSteps } from './due-steps.rules';

export const WORK_ITEM_TIMERS = 'work-item-timers';
const EVERY_MS = 15_000;

/** Work items that one transaction looks at. */
const SLICE = 200;
/** What is left after so many slices waits for the next turn, so that a stop need not wait for all of it. */
const MAX_SLICES = 20;

/**
 * Does what time does to work items: ends flapping, tells of the end of a reopen window, closes what was resolved 72 hours
 * ago. What is due stands in the database, so a stop or a crash only delays it. One that fails keeps no other one waiting.
 */
@Injectable()
export class WorkItemTimers implements OnModuleInit {
  private readonly logger = new Logger(WorkItemTimers.name);
  private readonly putOff = new PutOff<number>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly schedule: Schedule,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.schedule.register({ name: WORK_ITEM_TIMERS, everyMs: EVERY_MS, work: () => this.run() });
  }

  private async run(): Promise<void> {
    for (let slice = 0; slice < MAX_SLICES; slice += 1) {
      const now = this.clock.now();
      const ids = await this.dueIds(now);
      await togetherOrAlone(ids, {
        work: (some) => this.transactions.run((tx) => takeSteps(tx, some, now)),
        setAside: (id, error) => this.setAside(id, error),
      });
      if (ids.length < SLICE) return;
    }
  }

  private setAside(id: number, error: unknown): void {
    this.logger.error({ msg: 'what the clock demands of a work item fails', workItemId: id, err: error });
    this.putOff.add(id, this.clock.now());
  }

  private async dueIds(now: Date): Promise<number[]> {
    const rows = await this.dataSource.query<{ id: number }[]>(
      `SELECT id FROM work_items WHERE dueAt <= ? ORDER BY dueAt LIMIT ${SLICE + this.putOff.countAt(now)}`,
      [sqlTime(now)],
    );
    const ids = rows.map(({ id }) => id).filter((id) => !this.putOff.has(id));
    return ids.slice(0, SLICE).sort((one, other) => one - other);
  }
}

/** Under the locks all is looked at again: what is no longer due has no step, and only its timer is set anew. */
async function takeSteps(tx: EntityManager, ids: readonly number[], now: Date): Promise<void> {
  const workItems = [...(await lockWorkItems(tx, ids)).values()];
  const steps = workItems.map((workItem) => ({ workItem, ...runDueSteps(workItem, now) }));
  const changed = steps.filter(({ isChanged }) => isChanged).map(({ workItem }) => workItem);
  const others = steps.filter(({ isChanged }) => !isChanged).map(({ workItem }) => workItem);
  await updateWorkItems(tx, changed, now);
  await updateTimers(tx, others);
  await insertTimeline(
    tx,
    steps.flatMap(({ told }) => told),
    now,
  );
}
