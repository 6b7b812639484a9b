import type { ReachedItem } from '../../cmdb/relations/impact-walk.rules';
import { reachedText } from '../../cmdb/relations/said-impact.rules';
import type { WorkItemState } from '../lifecycle.rules';
import type { MoveInput } from '../move.rules';
import type { TimelineDraft, TimelineKind, WorkItemRecord } from '../work-item.record';
import type { FieldChange } from './edit.rules';
import type { Person } from './person';

/** What is written into the timeline of a work item that a person changes. */
export type Told = Pick<TimelineDraft, 'kind' | 'summary' | 'detail'>;

/** What the timeline says of a person's move. */
export function moveTold(
  workItem: WorkItemRecord,
  { from, input, by }: { from: WorkItemState; input: MoveInput; by: Person },
): Told {
  const { state: to, assignee } = workItem;
  const kind = kindOf(from, to);
  const detail = { from, to, by: by.name, ...input, ...(to === 'in_progress' ? { assignee } : {}) };
  return { kind, summary: `${LABELS[kind]} by ${by.name}${reasonOf(to, input)}`, detail };
}

const LABELS: Readonly<Record<MoveKind, string>> = {
  in_progress: 'Taken up',
  on_hold: 'Put on hold',
  resolved: 'Resolved',
  reopened: 'Reopened',
  closed: 'Closed',
  canceled: 'Canceled',
};

type MoveKind = Extract<TimelineKind, 'in_progress' | 'on_hold' | 'resolved' | 'reopened' | 'closed' | 'canceled'>;

function kindOf(from: WorkItemState, to: WorkItemState): MoveKind {
  if (from === 'resolved' && to !== 'closed') return 'reopened';
  return to === 'new' ? 'reopened' : to;
}

/** What a move has no use for is no reason for it. */
function reasonOf(to: WorkItemState, { holdReason, resolutionCode, resolutionNotes, reason }: MoveInput): string {
  const isEnd = to === 'resolved' || to === 'canceled';
  const own = isEnd ? [resolutionCode, resolutionNotes] : to === 'on_hold' ? [holdReason] : [];
  const reasons = [...own, reason].filter((text) => text?.trim());
  return reasons.length === 0 ? '' : `: ${reasons.join(' – ')}`;
}

/** What the timeline says of fields that a person has set. */
export function editTold(changes: Readonly<Record<string, FieldChange>>, by: Person): Told {
  const fields = Object.entries(changes).map(([field, { before, after }]) =>
    before === after ? `${field} kept at ${shown(after)}` : `${field} ${shown(before)} → ${shown(after)}`,
  );
  return { kind: 'changed', summary: `Changed by ${by.name}: ${fields.join(', ')}`, detail: { by: by.name, changes } };
}

/** What the timeline says of a configuration item that a person has bound or taken off. */
export function bindingTold(
  { priority, priorityReason }: WorkItemRecord,
  {
    ci,
    by,
    removed,
    reached,
  }: { ci: { id: string; name: string }; by: Person; removed: boolean; reached: ReachedItem | null },
): Told {
  const detail = { configurationItemId: ci.id, by: by.name, method: 'manual', priority, priorityReason, reached };
  const impact = reached === null ? '' : `; impact by ${reachedText(reached)}`;
  return removed
    ? { kind: 'configuration_item_removed', summary: `${ci.name} taken off by ${by.name}${impact}`, detail }
    : { kind: 'configuration_item_bound', summary: `Bound to ${ci.name} by ${by.name}${impact}`, detail };
}

function shown(value: unknown): string {
  if (value === null) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
