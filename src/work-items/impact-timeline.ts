import type { AttachedCis } from '../cmdb/binding/bound-ci';
import type { ReachedItem } from '../cmdb/relations/impact-walk.rules';
import { reachedText } from '../cmdb/relations/said-impact.rules';
import { setImpact } from './absorb.rules';
import { SYSTEM_ACTOR, type TimelineDraft, type WorkItemRecord } from './work-item.record';
import { idOf } from './work-item.store';

/**
 * The entry of an opening, where an item that the bound ones bring down makes its impact: with the way there. An alert opens a
 * work item before its items have said anything of that.
 */
export function openingWithImpact(
  entry: TimelineDraft,
  { priorityReason, impact }: WorkItemRecord,
  reached: ReachedItem,
): TimelineDraft {
  const summary = `${entry.summary}; impact ${impact} by ${reachedText(reached)}`;
  return { ...entry, summary, detail: { ...entry.detail, priorityReason, reached } };
}

/** Takes over what the items of a work item say of its impact now, and tells what that changes; null = nothing. */
export function impactTimeline(
  workItem: WorkItemRecord,
  attached: ReadonlyMap<number, AttachedCis>,
  now: Date,
): TimelineDraft | null {
  const said = attached.get(idOf(workItem));
  const before = workItem.impact;
  if (said !== undefined) setImpact(workItem, said.impact);
  if (said === undefined || workItem.impact === before) return null;
  const { priority, priorityReason } = workItem;
  const { reached } = said;
  const reason = reached === null ? 'its configuration items' : reachedText(reached);
  const summary = `Impact ${before} → ${workItem.impact} by ${reason}: priority ${priority}`;
  const detail = { before, after: workItem.impact, priority, priorityReason, reached };
  return { workItem, kind: 'impact_changed', at: now, actor: SYSTEM_ACTOR, summary, deliveryId: null, detail };
}
