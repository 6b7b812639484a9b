import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AttachedCis } from '../../cmdb/binding/bound-ci';
import { CmdbService } from '../../cmdb/cmdb.service';
import { BINDING_CHECKS } from '../../cmdb/triage/binding-checks';
import { Clock } from '../../common/clock';
import { Schedule } from '../../common/schedule/schedule';
import { togetherOrAlone } from '../../common/schedule/together-or-alone';
import { Transactions } from '../../common/transactions';
import { bindingTimeline } from '../binding-timeline';
import { impactTimeline } from '../impact-timeline';
import { isFinal } from '../lifecycle.rules';
import { numberOf } from '../number.rules';
import type { WorkItemRecord } from '../work-item.record';
import { idOf, insertTimeline, lockWorkItems, updateWorkItems } from '../work-item.store';

const EVERY_MS = 5_000;
/** Work items that one transaction looks at: alerts for them wait meanwhile. */
const SLICE = 100;
/** What is left after so many slices waits for the next turn, so that a stop need not wait for all of it. */
const MAX_SLICES = 40;
/** What can't be looked at is left alone so long, and keeps nothing else waiting. */
const PUT_OFF_MS = 10 * 60_000;

/**
 * Binds work items to what has come into the CMDB after their alerts: the answers to what could not be bound, and the items that
 * stubs turned out to be. What is to be looked at stands in the database, so a stop or a crash only delays it, and under the
 * work items' locks it is looked at again, so two instances do no harm. The row of a closed or canceled work item stays as it
 * is; its items and its timeline go on.
 */
@Injectable()
export class BindingChecks implements OnModuleInit {
  private readonly logger = new Logger(BindingChecks.name);

  constructor(
    private readonly transactions: Transactions,
    private readonly schedule: Schedule,
    private readonly clock: Clock,
    private readonly cmdb: CmdbService,
  ) {}

  onModuleInit(): void {
    this.schedule.register({ name: BINDING_CHECKS, everyMs: EVERY_MS, work: () => this.run() });
  }

  private async run(): Promise<void> {
    await this.checkDue();
    const followed = await this.cmdb.followedMerges();
    if (followed.length > 0) await this.transactions.run((tx) => this.cmdb.endMerges(tx, followed));
  }

  private async checkDue(): Promise<void> {
    let before = '';
    for (let slice = 0; slice < MAX_SLICES; slice += 1) {
      const ids = await this.cmdb.workItemsToCheck(SLICE);
      const same = ids.join();
      // What is due still, though it has just been looked at, is for the next turn.
      if (ids.length === 0 || same === before) return;
      before = same;
      await this.checkAll(ids);
    }
  }

  private checkAll(ids: readonly number[]): Promise<void> {
    return togetherOrAlone(ids, {
      work: (some) => this.transactions.run((tx) => this.check(tx, some)),
      setAside: (id, error) => this.setAside(id, error),
    });
  }

  private async setAside(id: number, error: unknown): Promise<void> {
    this.logger.error({
      msg: 'a work item can not be bound to what has come into the CMDB',
      workItemId: id,
      err: error,
    });
    const until = new Date(this.clock.now().getTime() + PUT_OFF_MS);
    await this.transactions.run((tx) => this.cmdb.putOffChecks(tx, id, until));
  }

  private async check(tx: EntityManager, ids: readonly number[]): Promise<void> {
    const now = this.clock.now();
    const workItems = [...(await lockWorkItems(tx, ids)).values()];
    const attached = await this.cmdb.recheck(tx, workItems.map(named));
    const open = workItems.filter(({ state }) => !isFinal(state));
    const changed = open.filter((workItem) => isChanged(attached.get(idOf(workItem))));
    const told = changed.flatMap((workItem) => impactTimeline(workItem, attached, now) ?? []);
    await updateWorkItems(tx, changed, now);
    const bindings = workItems.map((workItem) => ({ workItem, deliveryId: null, at: now }));
    await insertTimeline(tx, [...bindingTimeline(bindings, attached), ...told], now);
  }
}

function named(workItem: WorkItemRecord): { id: number; number: string } {
  const id = idOf(workItem);
  return { id, number: numberOf({ type: workItem.type, id }) };
}

function isChanged(attached: AttachedCis | undefined): boolean {
  if (attached === undefined) return false;
  return attached.bound.length + attached.tasksClosed.length + (attached.merges?.length ?? 0) > 0;
}
