import { compareEvidence, compareText, type Evidence, type TaskReason } from './binding-evidence.rules';
import { answersTo } from './binding.rules';
import type { AlertBinding, BoundCi, Impact, OpenValue } from './bound-ci';
import { comparableOf } from './ci-keys.rules';
import { groupBy } from './group-by';

/** What a criticality that nobody stated counts as, and the impact of a work item without items. */
const USUAL_IMPACT = 2;
/** As in a single alert's question: more than a person wants to choose from. */
const MAX_CANDIDATES = 10;

/** A stored link of a work item, with what is needed of its item. */
export interface StoredBinding extends Evidence {
  ciId: string;
  isLead: boolean;
  isRemoved: boolean;
  boundBy: 'system' | 'person';
  name: string;
  criticality: number | null;
}

/** A stored question of a work item. */
export interface StoredTask extends OpenValue {
  id: string;
  isOpen: boolean;
}

/** What a work item has. */
export interface WorkItemBindings {
  bindings: readonly StoredBinding[];
  tasks: readonly StoredTask[];
}

/** A link as it is to be stored. */
export interface BindingChange extends Evidence {
  ciId: string;
  isLead: boolean;
}

/** A question as it is to be stored; `comparable` is what makes it one with others. */
export interface TaskChange extends OpenValue {
  comparable: string;
  isOpen: boolean;
}

/** What has to be written, and what is new for the timeline. */
export interface AttachPlan {
  insertBindings: readonly BindingChange[];
  updateBindings: readonly BindingChange[];
  insertTasks: readonly TaskChange[];
  updateTasks: readonly (TaskChange & { id: string })[];
  bound: readonly BoundCi[];
  tasksOpened: readonly OpenValue[];
  tasksClosed: readonly string[];
  impact: Impact;
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
  const answers = [...present.map(({ name }) => ({ name, values: [] })), ...incoming];
  return {
    insertBindings: bound.map(changeOf),
    updateBindings: incoming.flatMap((ci) => improvement(known.get(ci.ciId), ci) ?? []),
    ...planTasks(stored.tasks, alerts, (value) => answers.some((ci) => answersTo(ci, value))),
    bound,
    impact: impactOf(present),
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

function changeOf({ ciId, role, method, confidence, source }: BoundCi): BindingChange {
  return { ciId, isLead: role === 'primary', method, confidence, source };
}

function improvement(stored: StoredBinding | undefined, ci: BoundCi): BindingChange | null {
  if (stored === undefined || stored.boundBy === 'person' || stored.isRemoved) return null;
  const { ciId, isLead, method, confidence, source } = changeOf(ci);
  const isBetter = compareEvidence(ci, stored) < 0;
  if (!isBetter && (stored.isLead || !isLead)) return null;
  const evidence = isBetter ? { method, confidence, source } : evidenceOf(stored);
  return { ciId, isLead: stored.isLead || isLead, ...evidence };
}

function evidenceOf({ method, confidence, source }: Evidence): Evidence {
  return { method, confidence, source };
}

type TaskPlan = Pick<AttachPlan, 'insertTasks' | 'updateTasks' | 'tasksOpened' | 'tasksClosed'>;

function planTasks(
  stored: readonly StoredTask[],
  alerts: readonly AlertBinding[],
  isAnswered: (comparable: string) => boolean,
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
    return { before, after: { ...merged, comparable: value, isOpen: before?.isOpen !== false && !isAnswered(value) } };
  });
  const added = changes.filter(({ before }) => before === undefined).map(({ after }) => after);
  return {
    insertTasks: added,
    updateTasks: changes.flatMap(({ before, after }) =>
      before !== undefined && differs(before, after) ? [{ ...after, id: before.id }] : [],
    ),
    tasksOpened: added.filter((task) => task.isOpen),
    tasksClosed: changes.flatMap(({ before, after }) => (before?.isOpen && !after.isOpen ? [before.value] : [])),
  };
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
  };
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
    before.candidateIds.join() !== after.candidateIds.join()
  );
}
