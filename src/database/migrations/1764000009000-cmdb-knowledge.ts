import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { newId } from '../../common/ids';
import { type SqlValue, updateRows } from '../../common/sql';
import { column, nullable, primary } from '../columns';

/** What the CMDB knows of its items: who set which field, when they were seen, what they depend on; and what waits for an answer. */
export class CmdbKnowledge1764000009000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of COLUMNS) await runner.addColumns(table, columns);
    for (const [table, index] of INDICES) await runner.createIndex(table, index);
    await runner.createTable(RELATIONS);
    await runner.createTable(TASK_KEYS);
    await runner.query(STUBS_ARE_SEEN);
    await runner.query(OPEN_TASKS_ARE_ASKED_AGAIN);
    await rewriteItems(runner, ['aliases', 'searchText', 'fieldSources'], knowing);
  }

  async down(runner: QueryRunner): Promise<void> {
    await rewriteItems(runner, ['aliases'], ({ aliases }) => [textOf(aliasesOf(aliases).map(({ value }) => value))]);
    await runner.dropTable(TASK_KEYS);
    await runner.dropTable(RELATIONS);
    for (const [table, index] of INDICES.toReversed()) await runner.dropIndex(table, index);
    for (const [table, columns] of COLUMNS.toReversed()) await runner.dropColumns(table, columns);
  }
}

/** How an alias is kept from now on. */
interface Alias {
  id: string;
  value: string;
  source: 'person';
  taskId: null;
  createdBy: null;
  createdAt: string;
}

interface Item {
  id: string;
  name: string;
  nameKey: string;
  className: string;
  resourceId: string | null;
  resourceType: string | null;
  subscriptionId: string | null;
  resourceGroup: string | null;
  location: string | null;
  environment: string | null;
  criticality: number | null;
  supportGroup: string | null;
  status: string;
  stub: number;
  tags: string;
  aliases: string;
}

const SLICE = 500;

/** Gives the columns of every item new values, some hundreds of items a statement. */
async function rewriteItems(
  runner: QueryRunner,
  columns: readonly string[],
  valuesOf: (item: Item) => SqlValue[],
): Promise<void> {
  for (let last = ''; ;) {
    const select = `SELECT * FROM configuration_items WHERE id > ? ORDER BY id LIMIT ${SLICE}`;
    const items = (await runner.query(select, [last])) as Item[];
    const rows = items.map((item) => [item.id, ...valuesOf(item)]);
    await updateRows(runner.manager, { table: 'configuration_items', key: 'id', columns }, rows);
    const end = items.at(-1);
    if (end === undefined) return;
    last = end.id;
  }
}

/** Each alias says where it comes from, one text has all that `q` looks in, and what a person has set is theirs. */
function knowing(item: Item): SqlValue[] {
  const values = JSON.parse(item.aliases) as string[];
  const origin = { source: 'person', taskId: null, createdBy: null, createdAt: new Date().toISOString() } as const;
  const aliases: Alias[] = values.map((value) => ({ id: newId(), value, ...origin }));
  const searchText = [item.nameKey, item.resourceId ?? '', ...values].join('\n').toLowerCase();
  return [textOf(aliases), searchText, item.stub ? null : textOf(setByPeople(item))];
}

/**
 * Until now, only people and alerts put items into the CMDB. What is empty, or follows from the ARM id, nobody has said: an
 * import may.
 */
function setByPeople(item: Item): Record<string, 'person'> {
  const fields = {
    className: true,
    name: item.name !== item.resourceId?.split('/').at(-1),
    ...Object.fromEntries(PLACE.map((field) => [field, item.resourceId === null && item[field] !== null])),
    ...Object.fromEntries(OPTIONAL.map((field) => [field, item[field] !== null])),
    status: item.status !== 'operational',
    tags: item.tags !== '{}',
  };
  return Object.fromEntries(Object.entries(fields).flatMap(([field, isSet]) => (isSet ? [[field, 'person']] : [])));
}

const PLACE = ['resourceType', 'subscriptionId', 'resourceGroup'] as const;
const OPTIONAL = ['location', 'environment', 'criticality', 'supportGroup'] as const;

function aliasesOf(text: string): Alias[] {
  return JSON.parse(text) as Alias[];
}

function textOf(value: unknown): string {
  return JSON.stringify(value);
}

const STUBS_ARE_SEEN = 'UPDATE configuration_items SET firstSeenAt = createdAt, lastSeenAt = createdAt WHERE stub = 1';

/** What they wait for was not kept, so each is looked at once, which keeps it. */
const OPEN_TASKS_ARE_ASKED_AGAIN = "UPDATE binding_tasks SET checkAt = createdAt WHERE status = 'open'";

const COLUMNS: readonly [table: string, columns: TableColumn[]][] = [
  [
    'configuration_items',
    [
      nullable(column.text('owner', 255)),
      nullable(column.longText('searchText')),
      nullable(column.text('fieldSources', 1_000)),
      nullable(column.time('firstSeenAt')),
      nullable(column.time('lastSeenAt')),
      nullable(column.hash('uniqueIdHash')),
      nullable(column.id('mergedIntoId')),
      nullable(column.time('mergeDueAt')),
    ].map((options) => new TableColumn(options)),
  ],
  ['bindings', [new TableColumn(nullable(column.longText('others')))]],
  [
    'binding_tasks',
    [
      nullable(column.longText('asked')),
      nullable(column.time('checkAt')),
      nullable(column.id('answerId')),
      nullable(column.text('resolvedBy', 255)),
    ].map((options) => new TableColumn(options)),
  ],
];

const INDICES: readonly [table: string, index: TableIndex][] = [
  ['configuration_items', new TableIndex({ name: 'ix_configuration_items_seen', columnNames: ['lastSeenAt', 'id'] })],
  ['configuration_items', new TableIndex({ name: 'ix_configuration_items_unique_id', columnNames: ['uniqueIdHash'] })],
  ['configuration_items', new TableIndex({ name: 'ix_configuration_items_merge_due', columnNames: ['mergeDueAt'] })],
  ['binding_tasks', new TableIndex({ name: 'ix_binding_tasks_check', columnNames: ['checkAt'] })],
  ['binding_tasks', new TableIndex({ name: 'ix_binding_tasks_reason', columnNames: ['status', 'reason', 'id'] })],
  ['binding_tasks', new TableIndex({ name: 'ix_binding_tasks_number', columnNames: ['workItemNumber', 'id'] })],
  ['binding_tasks', new TableIndex({ name: 'ix_binding_tasks_answer', columnNames: ['answerId', 'id'] })],
];

const RELATIONS = new Table({
  name: 'ci_relations',
  columns: [
    primary(column.id('id')),
    column.hash('relationKey'),
    column.id('sourceId'),
    column.text('type', 20),
    nullable(column.id('targetId')),
    nullable(column.hash('targetKeyHash')),
    nullable(column.longText('targetResourceId')),
    nullable(column.text('redundancyGroup', 100)),
    column.text('setBy', 10),
    nullable(column.text('createdBy', 255)),
    column.time('createdAt'),
  ],
  indices: [
    { name: 'uq_ci_relations_key', columnNames: ['relationKey'], isUnique: true },
    { name: 'ix_ci_relations_source', columnNames: ['sourceId', 'type', 'targetId'] },
    { name: 'ix_ci_relations_target', columnNames: ['targetId', 'type', 'sourceId'] },
    { name: 'ix_ci_relations_missing', columnNames: ['targetKeyHash', 'targetId'] },
  ],
});

const TASK_KEYS = new Table({
  name: 'binding_task_keys',
  columns: [
    { ...primary(column.hash('keyHash')), primaryKeyConstraintName: 'pk_binding_task_keys' },
    { ...primary(column.id('taskId')), primaryKeyConstraintName: 'pk_binding_task_keys' },
  ],
  indices: [{ name: 'ix_binding_task_keys_task', columnNames: ['taskId'] }],
});
