import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AttachedCis, BoundCi, SaidImpact } from '../cmdb/binding/bound-ci';
import { CmdbService } from '../cmdb/cmdb.service';
import type { ReachedItem } from '../cmdb/relations/impact-walk.rules';
import { setImpact } from './absorb.rules';
import { bindingTimeline, type BindingOfWorkItem } from './binding-timeline';
import { isOwned } from './field-sources.rules';
import { impactTimeline, openingWithImpact } from './impact-timeline';
import { isFinal } from './lifecycle.rules';
import { numberOf } from './number.rules';
import type { TimelineDraft, WorkItemRecord } from './work-item.record';
import { addFacets, idOf, insertTimeline, insertWorkItems, saveSlots, updateWorkItems } from './work-item.store';

/** All that a batch of alerts changed about work items. */
export interface WorkItemChanges {
  workItems: readonly WorkItemRecord[];
  timeline: readonly TimelineDraft[];
  slots: readonly { signature: string; workItem: WorkItemRecord | null; isNew: boolean }[];
  bindings: readonly BindingOfWorkItem[];
}

/** Work items as the receiving end sees them. */
@Injectable()
export class WorkItemsService {
  constructor(private readonly cmdb: CmdbService) {}

  /**
   * Writes what alerts changed, with a fixed number of statements for any number of work items. The row of a closed or
   * canceled one stays as it is; its timeline goes on.
   */
  async save(tx: EntityManager, changes: WorkItemChanges, now: Date): Promise<void> {
    const fresh = changes.workItems.filter(({ id }) => id === null);
    const known = changes.workItems.filter(({ id, state }) => id !== null && !isFinal(state));
    const reached = await this.takeImpacts(tx, fresh, changes.bindings);
    await insertWorkItems(tx, fresh, now);
    const attached = await this.attach(tx, changes.bindings, new Set(fresh));
    const impacts = known.flatMap((workItem) => impactTimeline(workItem, attached, now) ?? []);
    await updateWorkItems(tx, known, now);
    await saveSlots(tx, changes.slots);
    const newest = new Set(changes.slots.map(({ workItem }) => workItem));
    await addFacets(
      tx,
      fresh.filter((workItem) => !newest.has(workItem)),
    );
    const told = changes.timeline.map((entry) => withImpact(entry, reached));
    const timeline = [...told, ...bindingTimeline(changes.bindings, attached), ...impacts];
    await insertTimeline(tx, timeline, now);
  }

  /** A new work item's impact follows from its bindings at once, so that it is inserted as it stays; answers what it took from afar. */
  private async takeImpacts(
    tx: EntityManager,
    fresh: readonly WorkItemRecord[],
    bindings: readonly BindingOfWorkItem[],
  ): Promise<Map<TimelineDraft['workItem'], Reaching>> {
    const items = new Map<WorkItemRecord, BoundCi[]>(fresh.map((workItem) => [workItem, []]));
    for (const { workItem, binding } of bindings) items.get(workItem)?.push(...binding.bindings);
    const said = await this.cmdb.impactsOf([...items.values()], tx);
    const taken = fresh.flatMap((workItem, index) => {
      const { impact, reached } = said[index] as SaidImpact;
      setImpact(workItem, impact);
      const isTaken = reached !== null && !isOwned(workItem.fieldSources, 'impact');
      return isTaken ? [[workItem, { workItem, reached }] as const] : [];
    });
    return new Map(taken);
  }

  private attach(
    tx: EntityManager,
    bindings: readonly BindingOfWorkItem[],
    fresh: ReadonlySet<WorkItemRecord>,
  ): Promise<Map<number, AttachedCis>> {
    const links = bindings.map(({ workItem, binding }) => {
      const workItemId = idOf(workItem);
      const workItemNumber = numberOf({ type: workItem.type, id: workItemId });
      return { workItemId, workItemNumber, isNewWorkItem: fresh.has(workItem), binding };
    });
    return this.cmdb.attach(tx, links);
  }
}

/** A new work item that an item makes urgent which is not bound to it. */
interface Reaching {
  workItem: WorkItemRecord;
  reached: ReachedItem;
}

function withImpact(entry: TimelineDraft, reaching: ReadonlyMap<TimelineDraft['workItem'], Reaching>): TimelineDraft {
  const own = entry.kind === 'opened' ? reaching.get(entry.workItem) : undefined;
  return own === undefined ? entry : openingWithImpact(entry, own.workItem, own.reached);
}
