import type { EntityManager } from 'typeorm';
import { sha256 } from '../common/hash';
import { newId } from '../common/ids';
import { insertRows, placeholders, sqlTime, type SqlValue, updateRows } from '../common/sql';
import type {
  AttachPlan,
  BindingChange,
  StoredBinding,
  StoredTask,
  TaskChange,
  WorkItemBindings,
} from './attach.rules';
import type { BindingMethod, TaskReason } from './binding-evidence.rules';
import { groupBy } from './group-by';

/** Which work item a plan belongs to. */
export interface PlannedWorkItem {
  workItemId: number;
  workItemNumber: string;
  plan: AttachPlan;
}

/** A link or a question: `taskId` tells which. */
type StoredRow = LinkRow | QuestionRow;

interface LinkRow {
  taskId: null;
  workItemId: number;
  ciId: string;
  isLead: number;
  isRemoved: number;
  method: BindingMethod;
  confidence: number;
  source: string;
  boundBy: StoredBinding['boundBy'];
  name: string;
  criticality: number | null;
}

interface QuestionRow {
  taskId: string;
  workItemId: number;
  source: string;
  value: string;
  status: string;
  reason: TaskReason;
  candidateIds: string;
}

/** Links and questions in one statement: for a single alert the round trips are what takes the time. */
const SELECT_LINKS =
  'SELECT NULL AS taskId, b.workItemId, b.source, b.ciId, b.isLead, b.isRemoved, b.method, b.confidence, b.boundBy, ' +
  'c.name, c.criticality, NULL AS value, NULL AS status, NULL AS reason, NULL AS candidateIds ' +
  'FROM bindings b JOIN configuration_items c ON c.id = b.ciId WHERE b.workItemId IN';
const SELECT_QUESTIONS =
  'SELECT t.id, t.workItemId, t.source, NULL, NULL, NULL, NULL, NULL, NULL, ' +
  'NULL, NULL, t.value, t.status, t.reason, t.candidateIds FROM binding_tasks t WHERE t.workItemId IN';

/** What these work items have, with one statement; none for no work items. */
export async function loadBindings(
  tx: EntityManager,
  workItemIds: readonly number[],
): Promise<Map<number, WorkItemBindings>> {
  if (workItemIds.length === 0) return new Map();
  const list = `(${placeholders(workItemIds.length)})`;
  const sql = `${SELECT_LINKS} ${list} UNION ALL ${SELECT_QUESTIONS} ${list}`;
  const rows = await tx.query<StoredRow[]>(sql, [...workItemIds, ...workItemIds]);
  return new Map([...groupBy(rows, (row) => row.workItemId)].map(([id, group]) => [id, workItemBindings(group)]));
}

function workItemBindings(rows: readonly StoredRow[]): WorkItemBindings {
  return {
    bindings: rows.flatMap((row) => (row.taskId === null ? [storedBinding(row)] : [])),
    tasks: rows.flatMap((row) => (row.taskId === null ? [] : [storedTask(row)])),
  };
}

function storedBinding(row: LinkRow): StoredBinding {
  const { ciId, method, confidence, source, boundBy, name, criticality } = row;
  const flags = { isLead: Boolean(row.isLead), isRemoved: Boolean(row.isRemoved) };
  return { ciId, ...flags, method, confidence, source, boundBy, name, criticality };
}

function storedTask({ taskId, value, source, status, reason, candidateIds }: QuestionRow): StoredTask {
  return {
    id: taskId,
    value,
    source,
    reason,
    isOpen: status === 'open',
    candidateIds: JSON.parse(candidateIds) as string[],
  };
}

/** Writes what plans say, each kind of change with one statement, in the order of the work items. */
export async function savePlans(tx: EntityManager, planned: readonly PlannedWorkItem[], now: Date): Promise<void> {
  const items = [...planned].sort((left, right) => left.workItemId - right.workItemId);
  const time = sqlTime(now);
  await insertRows(
    tx,
    'bindings',
    BINDING_COLUMNS,
    items.flatMap(({ workItemId, plan }) => plan.insertBindings.map((change) => bindingRow(workItemId, change, time))),
  );
  await updateBindings(
    tx,
    items.flatMap(({ workItemId, plan }) => plan.updateBindings.map((change) => ({ workItemId, ...change }))),
  );
  await insertRows(
    tx,
    'binding_tasks',
    TASK_COLUMNS,
    items.flatMap((item) => item.plan.insertTasks.map((task) => taskRow(item, task, time))),
  );
  await updateRows(
    tx,
    {
      table: 'binding_tasks',
      key: 'id',
      columns: ['value', 'source', 'status', 'reason', 'candidateIds', 'resolvedAt'],
    },
    items.flatMap(({ plan }) => plan.updateTasks.map((task) => [task.id, ...taskValues(task, time)])),
  );
}

const BINDING_COLUMNS = [
  'workItemId',
  'ciId',
  'isLead',
  'isRemoved',
  'method',
  'confidence',
  'source',
  'boundBy',
  'createdAt',
];

const TASK_COLUMNS = [
  'id',
  'workItemId',
  'workItemNumber',
  'valueHash',
  'createdAt',
  'value',
  'source',
  'status',
  'reason',
  'candidateIds',
  'resolvedAt',
];

function bindingRow(workItemId: number, change: BindingChange, time: string): SqlValue[] {
  const { ciId, isLead, method, confidence, source } = change;
  return [workItemId, ciId, Number(isLead), 0, method, confidence, shortened(source), 'system', time];
}

function taskRow({ workItemId, workItemNumber }: PlannedWorkItem, task: TaskChange, time: string): SqlValue[] {
  return [newId(), workItemId, workItemNumber, sha256(task.comparable), time, ...taskValues(task, time)];
}

function taskValues({ value, source, isOpen, reason, candidateIds }: TaskChange, time: string): SqlValue[] {
  const status = isOpen ? 'open' : 'resolved';
  return [value, shortened(source), status, reason, JSON.stringify(candidateIds), isOpen ? null : time];
}

/** Links have no id of their own, so `updateRows` does not serve; evidence seldom improves. */
async function updateBindings(
  tx: EntityManager,
  changes: readonly (BindingChange & { workItemId: number })[],
): Promise<void> {
  if (changes.length === 0) return;
  const isRow = '(workItemId = ? AND ciId = ?)';
  const keys = changes.map(({ workItemId, ciId }) => [workItemId, ciId]);
  const columns: [name: string, values: SqlValue[]][] = [
    ['isLead', changes.map((change) => Number(change.isLead))],
    ['method', changes.map((change) => change.method)],
    ['confidence', changes.map((change) => change.confidence)],
    ['source', changes.map((change) => shortened(change.source))],
  ];
  const sets = columns.map(([name]) => `${name} = CASE ${`WHEN ${isRow} THEN ? `.repeat(changes.length)}END`);
  const parameters = columns.flatMap(([, values]) => keys.flatMap((key, index) => [...key, values[index] ?? null]));
  const rows = new Array<string>(changes.length).fill(isRow).join(' OR ');
  await tx.query(`UPDATE bindings SET ${sets.join(', ')} WHERE ${rows}`, [...parameters, ...keys.flat()]);
}

/** A payload path is short, but it holds keys that somebody chose. */
function shortened(source: string): string {
  return source.slice(0, 255);
}
