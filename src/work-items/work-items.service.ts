import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { impactOf } from '../cmdb/attach.rules';
import type { AttachedCis, BoundCi } from '../cmdb/bound-ci';
import { CmdbService } from '../cmdb/cmdb.service';
import { setImpact } from './absorb.rules';
import { bindingTimeline, type BindingOfWorkItem } from './binding-timeline';
import { isFinal } from './lifecycle.rules';
import { numberOf } from './number.rules';
import { SYSTEM_ACTOR, type TimelineDraft, type WorkItemRecord } from './work-item.record';
import { idOf, insertTimeline, insertWorkItems, saveSlots, updateWorkItems } from './work-item.store';

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
    takeImpactOfBindings(fresh, changes.bindings);
    await insertWorkItems(tx, fresh, now);
    const attached = await this.attach(tx, changes.bindings, new Set(fresh));
    const impacts = known.flatMap((workItem) => takeImpact(workItem, attached, now) ?? []);
    await updateWorkItems(tx, known, now);
    await saveSlots(tx, changes.slots);
    const timeline = [...changes.timeline, ...bindingTimeline(changes.bindings, attached), ...impacts];
    await insertTimeline(tx, timeline, now);
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

/** A new work item's impact follows from its bindings at once, so that it is inserted as it stays. */
function takeImpactOfBindings(fresh: readonly WorkItemRecord[], bindings: readonly BindingOfWorkItem[]): void {
  const items = new Map<WorkItemRecord, BoundCi[]>(fresh.map((workItem) => [workItem, []]));
  for (const { workItem, binding } of bindings) items.get(workItem)?.push(...binding.bindings);
  for (const [workItem, bound] of items) setImpact(workItem, impactOf(bound));
}

/** What the items of a work item say of its impact now; what that changes is told. */
function takeImpact(
  workItem: WorkItemRecord,
  attached: ReadonlyMap<number, AttachedCis>,
  now: Date,
): TimelineDraft | null {
  const impact = attached.get(idOf(workItem))?.impact;
  const before = workItem.impact;
  if (impact !== undefined) setImpact(workItem, impact);
  if (workItem.impact === before) return null;
  const { priority, priorityReason } = workItem;
  const summary = `Impact ${before} → ${workItem.impact} by its configuration items: priority ${priority}`;
  const detail = { before, after: workItem.impact, priority, priorityReason };
  return { workItem, kind: 'impact_changed', at: now, actor: SYSTEM_ACTOR, summary, deliveryId: null, detail };
}
