import type { EntityManager } from 'typeorm';
import { sha256 } from '../../common/hash';
import { newId } from '../../common/ids';
import { insertRows, placeholders, sqlTime, type SqlValue, updateRows } from '../../common/sql';
import type {
  AttachPlan,
  BindingChange,
  StoredBinding,
  StoredTask,
  TaskChange,
  WorkItemBindings,
} from './attach.rules';
import { askAgain, lookupsOf } from './alert-references.rules';
import type { BindingMethod, OtherCandidate, TaskReason } from './binding-evidence.rules';
import type { Asked } from './bound-ci';
import { isContainerCi } from '../identity/ci-class.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import { groupBy } from '../../common/group-by';
import { HAS_DEPENDENTS } from '../relations/impact-store';

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
  className: string;
  resourceType: string | null;
  criticality: number | null;
  hasDependents: number;
  others: string | null;
}

interface QuestionRow {
  taskId: string;
  workItemId: number;
  source: string;
  value: string;
  status: string;
  reason: TaskReason;
  candidateIds: string;
  asked: string | null;
}

/** Links and questions in one statement: for a single alert the round trips are what takes the time. */
const SELECT_LINKS =
  'SELECT NULL AS taskId, b.workItemId, b.source, b.ciId, b.isLead, b.isRemoved, b.method, b.confidence, b.boundBy, ' +
  `c.name, c.className, c.resourceType, c.criticality, ${HAS_DEPENDENTS} AS hasDependents, b.others, ` +
  ' NULL AS value, NULL AS status, NULL AS reason, NULL AS candidateIds, NULL AS asked ' +
  'FROM bindings b JOIN configuration_items c ON c.id = b.ciId WHERE b.workItemId IN';
const SELECT_QUESTIONS =
  'SELECT t.id, t.workItemId, t.source, NULL, NULL, NULL, NULL, NULL, NULL, ' +
  'NULL, NULL, NULL, NULL, NULL, NULL, t.value, t.status, t.reason, t.candidateIds, t.asked FROM binding_tasks t WHERE t.workItemId IN';

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
  const hasDependents = Boolean(row.hasDependents);
  const others = row.others === null ? [] : (JSON.parse(row.others) as OtherCandidate[]);
  const facts = { name, isContainer: isContainerCi(row), criticality, hasDependents };
  return { ciId, ...flags, method, confidence, source, boundBy, ...facts, others };
}

/** A question from before it was kept how it was asked. */
const ASKED_ANYWHERE: Asked = { role: 'item', scopes: { resourceGroups: [], subscriptions: [] } };

function storedTask({ taskId, value, source, status, reason, candidateIds, asked }: QuestionRow): StoredTask {
  return {
    id: taskId,
    value,
    source,
    reason,
    isOpen: status === 'open',
    hasKeys: asked !== null,
    candidateIds: JSON.parse(candidateIds) as string[],
    asked: asked === null ? ASKED_ANYWHERE : (JSON.parse(asked) as Asked),
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
  await saveTasks(tx, items, time);
}

async function saveTasks(tx: EntityManager, items: readonly PlannedWorkItem[], time: string): Promise<void> {
  const inserted = items.flatMap((item) => item.plan.insertTasks.map((task) => ({ ...task, id: newId(), item })));
  const updated = items.flatMap(({ plan }) => plan.updateTasks);
  await insertRows(
    tx,
    'binding_tasks',
    TASK_COLUMNS,
    inserted.map((task) => taskRow(task, time)),
  );
  await updateRows(
    tx,
    { table: 'binding_tasks', key: 'id', columns: CHANGING_TASK_COLUMNS },
    updated.map((task) => [task.id, ...taskValues(task, time)]),
  );
  await deleteTaskKeys(tx, updated);
  await insertRows(tx, 'binding_task_keys', ['keyHash', 'taskId'], [...inserted, ...updated].flatMap(taskKeyRows));
}

async function deleteTaskKeys(tx: EntityManager, tasks: readonly { id: string }[]): Promise<void> {
  if (tasks.length === 0) return;
  const ids = tasks.map(({ id }) => id);
  await tx.query(`DELETE FROM binding_task_keys WHERE taskId IN (${placeholders(ids.length)})`, ids);
}

/** A question that has its answer waits for nothing. */
function taskKeyRows(task: TaskChange & { id: string }): SqlValue[][] {
  if (!task.isOpen) return [];
  const { arm, keys } = lookupsOf(askAgain(task));
  const hashes = new Set([...arm.map(armKeyHash), ...keys.map(({ hash }) => hash)]);
  return [...hashes].map((hash) => [hash, task.id]);
}

const BINDING_COLUMNS = [
  'workItemId',
  'ciId',
  'isLead',
  'isRemoved',
  'method',
  'confidence',
  'source',
  'others',
  'boundBy',
  'createdAt',
];

const QUESTION_COLUMNS = ['value', 'source', 'status', 'reason', 'candidateIds', 'asked'];

const CHANGING_TASK_COLUMNS = [...QUESTION_COLUMNS, 'answerId', 'resolvedAt', 'checkAt'];

const TASK_COLUMNS = ['id', 'workItemId', 'workItemNumber', 'valueHash', 'createdAt', ...CHANGING_TASK_COLUMNS];

function bindingRow(workItemId: number, change: BindingChange, time: string): SqlValue[] {
  const { ciId, isLead, method, confidence, source } = change;
  const evidence = [method, confidence, shortened(source), othersText(change)];
  return [workItemId, ciId, Number(isLead), 0, ...evidence, 'system', time];
}

function othersText({ others }: BindingChange): string | null {
  return others.length === 0 ? null : JSON.stringify(others);
}

function taskRow(task: TaskChange & { id: string; item: PlannedWorkItem }, time: string): SqlValue[] {
  const { workItemId, workItemNumber } = task.item;
  return [task.id, workItemId, workItemNumber, sha256(task.comparable), time, ...taskValues(task, time)];
}

/**
 * An open question is looked for once more soon: what it asks for may have come into the CMDB while the alert was on its way.
 */
function taskValues(task: TaskChange, time: string): SqlValue[] {
  const { value, source, isOpen, reason, candidateIds, asked, answerId } = task;
  const status = isOpen ? 'open' : 'resolved';
  const question = [value, shortened(source), status, reason, JSON.stringify(candidateIds), JSON.stringify(asked)];
  return [...question, answerId, isOpen ? null : time, isOpen ? time : null];
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
    ['others', changes.map(othersText)],
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
