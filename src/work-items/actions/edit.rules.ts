import type { FieldError } from '../../common/errors';
import { prioritize } from '../absorb.rules';
import { OWNED_FIELDS, withSource, type FieldSources, type OwnedField } from '../field-sources.rules';
import { isFinal } from '../lifecycle.rules';
import type { WorkItemRecord } from '../work-item.record';
import type { Person } from './person';

/** What a person may set; what is absent stays as it is. */
export interface Edit {
  title?: string;
  description?: string | null;
  impact?: number;
  urgency?: number;
  /** Null gives it back to impact and urgency. */
  priority?: number | null;
  priorityReason?: string;
  assignmentGroup?: string | null;
  assignee?: string | null;
  category?: string | null;
}

/** A field before and after. */
export interface FieldChange {
  before: unknown;
  after: unknown;
}

export type EditResult =
  | { kind: 'edited'; changes: Record<string, FieldChange> }
  | { kind: 'invalid'; errors: FieldError[] }
  | { kind: 'forbidden'; needs: 'Manager' }
  | { kind: 'final' };

const FIELDS = ['title', 'description', 'impact', 'urgency', 'assignmentGroup', 'assignee', 'category'] as const;
const SHOWN = [...FIELDS, 'priority', 'priorityReason'] as const;

/**
 * Sets fields of a work item as a person says, in the record itself; alerts leave alone what a person has set. Answers with
 * what is different then, which may be nothing.
 */
export function edit(workItem: WorkItemRecord, input: Edit, by: Person): EditResult {
  if (isFinal(workItem.state)) return { kind: 'final' };
  const errors = faultsOf(input);
  if (errors.length > 0) return { kind: 'invalid', errors };
  if (input.priority !== undefined && !by.can('Manager')) return { kind: 'forbidden', needs: 'Manager' };
  const before = shownOf(workItem);
  const sourcesBefore = workItem.fieldSources;
  for (const field of FIELDS) {
    if (input[field] !== undefined) Object.assign(workItem, { [field]: input[field] });
  }
  workItem.fieldSources = sourcesAfter(workItem.fieldSources, input);
  if (input.priority === undefined || input.priority === null) prioritize(workItem);
  else override(workItem, { priority: input.priority, reason: input.priorityReason ?? '', by });
  const kept = keptFields(sourcesBefore, workItem.fieldSources);
  return { kind: 'edited', changes: differences(before, shownOf(workItem), kept) };
}

function faultsOf({ priority, priorityReason }: Edit): FieldError[] {
  const isOverride = priority !== undefined && priority !== null;
  const isReasoned = priorityReason !== undefined && priorityReason.trim() !== '';
  if (isOverride && !isReasoned)
    return [{ path: 'priorityReason', message: 'say why the priority is not what impact and urgency make it' }];
  if (!isOverride && priorityReason !== undefined)
    return [{ path: 'priorityReason', message: 'comes with a priority only' }];
  return [];
}

function sourcesAfter(sources: FieldSources | null, input: Edit): FieldSources | null {
  const set = OWNED_FIELDS.filter((field) => input[field] !== undefined && input[field] !== null);
  const described: OwnedField[] = input.description === null ? [...set, 'description'] : set;
  const after = withSource(sources, described, 'person');
  if (input.priority !== null || after === null) return after;
  const { priority: _, ...others } = after;
  return others;
}

function override(
  workItem: WorkItemRecord,
  { priority, reason, by }: { priority: number; reason: string; by: Person },
): void {
  workItem.priority = priority;
  workItem.priorityReason = `set by ${by.name}: ${reason.trim()}`.slice(0, 500);
}

type Shown = Pick<WorkItemRecord, (typeof SHOWN)[number]>;

function shownOf(workItem: WorkItemRecord): Shown {
  return Object.fromEntries(SHOWN.map((field) => [field, workItem[field]])) as unknown as Shown;
}

/** Fields that are a person's now and were not before: also one that is set to what it was is no longer the alerts' to change. */
function keptFields(before: FieldSources | null, after: FieldSources | null): OwnedField[] {
  return OWNED_FIELDS.filter((field) => after?.[field] === 'person' && before?.[field] !== 'person');
}

function differences(before: Shown, after: Shown, kept: readonly OwnedField[]): Record<string, FieldChange> {
  const changed = SHOWN.filter((field) => before[field] !== after[field] || kept.some((each) => each === field));
  return Object.fromEntries(changed.map((field) => [field, { before: before[field], after: after[field] }]));
}
