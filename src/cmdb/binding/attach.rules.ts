import {
  compareEvidence,
  compareText,
  type Evidence,
  type OtherCandidate,
  type TaskReason,
} from './binding-evidence.rules';
import { answersTo, MAX_CANDIDATES } from './binding.rules';
import type { AlertBinding, AlertScopes, AnsweredValue, Asked, BoundCi, Impact, OpenValue } from './bound-ci';
import { comparableOf, type NameScope } from '../identity/ci-keys.rules';
import { groupBy } from '../../common/group-by';

/** What a criticality that nobody stated counts as, and the impact of a work item without items. */
const USUAL_IMPACT = 2;
/** A work item whose alerts come from more places is looked for in so many of them. */
const MAX_SCOPES = 20;

/** A stored link of a work item, with what is needed of its item. */
export interface StoredBinding extends Evidence {
  ciId: string;
  isLead: boolean;
  isRemoved: boolean;
  boundBy: 'system' | 'person';
  name: string;
  isContainer: boolean;
  criticality: number | null;
  /** Whether some other item would be hit with it. */
  hasDependents: boolean;
  others: readonly OtherCandidate[];
}

/** A stored question of a work item. */
export interface StoredTask extends OpenValue {
  id: string;
  isOpen: boolean;
  /** Kept with what it waits for; false in tasks from before that was kept. */
  hasKeys: boolean;
}

/** What a work item has. */
export interface WorkItemBindings {
  bindings: readonly StoredBinding[];
  tasks: readonly StoredTask[];
}

/** What a work item has that nothing was ever bound to. */
export const NOTHING_BOUND: WorkItemBindings = { bindings: [], tasks: [] };

/** A link as it is to be stored. */
export interface BindingChange extends Evidence {
  ciId: string;
  isLead: boolean;
  others: readonly OtherCandidate[];
}

/** A question as it is to be stored; `comparable` is what makes it one with others. */
export interface TaskChange extends OpenValue {
  comparable: string;
  isOpen: boolean;
  /** The item that answers to it; null while it is open. */
  answerId: string | null;
}

/** What has to be written, and what is new for the timeline. */
export interface AttachPlan {
  insertBindings: readonly BindingChange[];
  updateBindings: readonly BindingChange[];
  insertTasks: readonly TaskChange[];
  updateTasks: readonly (TaskChange & { id: string })[];
  bound: readonly BoundCi[];
  tasksOpened: readonly OpenValue[];
  tasksClosed: readonly AnsweredValue[];
  /** All its items from now on. */
  present: readonly Pick<BoundCi, 'ciId' | 'criticality' | 'hasDependents'>[];
}

/**
 * Merges alerts into what a work item has. Each part is a union, a maximum or an OR, so the end is the same for every order and
 * every grouping of the alerts: all items; per item the best evidence; lead if it was primary once; a question is closed
 * once an item answers to it, and stays closed. What a person bound or took off is left alone.
 */
export function planAttach(stored: WorkItemBindings, alerts: readonly AlertBinding[]): AttachPlan {
  const known = new Map(stored.bindings.map((binding) => [binding.ciId, binding]));
  const incoming = [...groupBy(bindingsOf(alerts), (ci) => ci.ciId).values()].map(mergedCi);
  const bound = incoming.filter((ci) => !known.has(ci.ciId));
  const present = [...stored.bindings.filter((binding) => !binding.isRemoved), ...bound];
  const answers = [
    ...incoming,
    ...present.map(({ ciId, name, isContainer }) => ({ ciId, name, isContainer, values: [] })),
  ];
  return {
    insertBindings: bound.map(changeOf),
    updateBindings: incoming.flatMap((ci) => improvement(known.get(ci.ciId), ci) ?? []),
    ...planTasks(stored.tasks, alerts, (value) => answers.find((ci) => answersTo(ci, value)) ?? null),
    bound,
    present,
  };
}

/** The worst criticality of some items, where "nobody said" is the usual one, as is that of none. */
export function impactOf(cis: readonly { criticality: number | null }[]): Impact {
  const worst = Math.min(...cis.map((ci) => ci.criticality ?? USUAL_IMPACT));
  if (worst === 1 || worst === 3) return worst;
  return USUAL_IMPACT;
}

function bindingsOf(alerts: readonly AlertBinding[]): BoundCi[] {
  return alerts.flatMap((alert) => alert.bindings);
}

function mergedCi(cis: readonly BoundCi[]): BoundCi {
  const [best] = [...cis].sort(compareEvidence) as [BoundCi];
  return {
    ...best,
    role: cis.some((ci) => ci.role === 'primary') ? 'primary' : 'affected',
    values: [...new Set(cis.flatMap((ci) => ci.values))],
  };
}

function changeOf({ ciId, role, method, confidence, source, others }: BoundCi): BindingChange {
  return { ciId, isLead: role === 'primary', method, confidence, source, others };
}

function improvement(stored: StoredBinding | undefined, ci: BoundCi): BindingChange | null {
  if (stored === undefined || stored.boundBy === 'person' || stored.isRemoved) return null;
  const { ciId, isLead, method, confidence, source, others } = changeOf(ci);
  const isBetter = compareEvidence(ci, stored) < 0;
  if (!isBetter && (stored.isLead || !isLead)) return null;
  const evidence = isBetter ? { method, confidence, source, others } : evidenceOf(stored);
  return { ciId, isLead: stored.isLead || isLead, ...evidence };
}

function evidenceOf({ method, confidence, source, others }: StoredBinding): Omit<BindingChange, 'ciId' | 'isLead'> {
  return { method, confidence, source, others };
}

type TaskPlan = Pick<AttachPlan, 'insertTasks' | 'updateTasks' | 'tasksOpened' | 'tasksClosed'>;

function planTasks(
  stored: readonly StoredTask[],
  alerts: readonly AlertBinding[],
  answerTo: (comparable: string) => Pick<BoundCi, 'ciId' | 'name'> | null,
): TaskPlan {
  const known = new Map(stored.map((task) => [comparableOf(task.value), task]));
  const incoming = groupBy(
    alerts.flatMap((alert) => alert.tasks),
    (task) => comparableOf(task.value),
  );
  const values = new Set([...known.keys(), ...incoming.keys()]);
  const changes = [...values].map((value) => {
    const before = known.get(value);
    const merged = mergedTask([...(before ? [before] : []), ...(incoming.get(value) ?? [])]);
    const answer = answerTo(value);
    const isOpen = before?.isOpen !== false && answer === null;
    return { before, answer, after: { ...merged, comparable: value, isOpen, answerId: answer?.ciId ?? null } };
  });
  const added = changes.filter(({ before }) => before === undefined).map(({ after }) => after);
  return {
    insertTasks: added,
    updateTasks: changes.flatMap(({ before, after }) =>
      before !== undefined && differs(before, after) ? [{ ...after, id: before.id }] : [],
    ),
    tasksOpened: added.filter((task) => task.isOpen),
    tasksClosed: changes.flatMap(({ before, answer }) =>
      before?.isOpen && answer !== null ? [answeredValue(before, answer)] : [],
    ),
  };
}

function answeredValue(
  { id: taskId, value, source }: StoredTask,
  { ciId, name }: Pick<BoundCi, 'ciId' | 'name'>,
): AnsweredValue {
  return { taskId, value, source, ciId, name };
}

/** The reason that says most comes first. */
const REASON_RANK: Readonly<Record<TaskReason, number>> = { ambiguous: 0, retired: 1, unmatched: 2 };

function mergedTask(tasks: readonly OpenValue[]): OpenValue {
  const [best] = [...tasks].sort(compareTasks) as [OpenValue];
  const candidateIds = [...new Set(tasks.flatMap((task) => task.candidateIds))].sort(compareText);
  return {
    reason: best.reason,
    value: best.value,
    source: best.source,
    candidateIds: candidateIds.slice(0, MAX_CANDIDATES),
    asked: mergedAsked(tasks.map(({ asked }) => asked)),
  };
}

/** Asked from everywhere that one of them asked from. */
function mergedAsked(all: readonly Asked[]): Asked {
  return {
    role: all.some(({ role }) => role === 'item') ? 'item' : 'target',
    scopes: {
      resourceGroups: mergedScopes(all, 'resourceGroups'),
      subscriptions: mergedScopes(all, 'subscriptions'),
    },
    ...(all.some(({ isMachine }) => isMachine) ? { isMachine: true } : {}),
  };
}

function mergedScopes(all: readonly Asked[], kind: keyof AlertScopes): NameScope[] {
  const keyed = all.flatMap(({ scopes }) => scopes[kind].map((scope) => [JSON.stringify(scope), scope] as const));
  const sorted = [...new Map(keyed)].sort(([one], [other]) => compareText(one, other));
  return sorted.slice(0, MAX_SCOPES).map(([, scope]) => scope);
}

function compareTasks(left: OpenValue, right: OpenValue): number {
  return (
    REASON_RANK[left.reason] - REASON_RANK[right.reason] ||
    compareText(left.source, right.source) ||
    compareText(left.value, right.value)
  );
}

/** A closed question is left as it was when it was closed. */
function differs(before: StoredTask, after: TaskChange): boolean {
  if (!before.isOpen) return false;
  return (
    !after.isOpen ||
    before.reason !== after.reason ||
    before.source !== after.source ||
    before.value !== after.value ||
    before.candidateIds.join() !== after.candidateIds.join() ||
    JSON.stringify(before.asked) !== JSON.stringify(after.asked)
  );
}
