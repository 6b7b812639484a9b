import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, nullable, withDefault } from '../columns';

/** What the whole life of a work item needs: its timers, flapping, who set which field, and what its routing rule said. */
export class WorkItemLife1764000005000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of COLUMNS) await runner.addColumns(table, columns);
    for (const [table, index] of INDICES) await runner.createIndex(table, index);
    await runner.query(START_TIMERS);
    await runner.query(START_EXPIRY, [inADay(), ...STATELESS_SERVICES]);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, index] of INDICES.toReversed()) await runner.dropIndex(table, index);
    for (const [table, columns] of COLUMNS.toReversed()) await runner.dropColumns(table, columns);
  }
}

/** What is resolved already is closed as if it had been resolved when it was last changed. */
const START_TIMERS = "UPDATE work_items SET stateChangedAt = updatedAt, dueAt = updatedAt WHERE state = 'resolved'";

/** Services whose alerts tell no end; those of others get their times with their next occurrence. */
const STATELESS_SERVICES = ['CostAlerts', 'Log Analytics', 'Application Insights'];

/** What fires already and tells no end has a day from now on, as if there had just been news of it. */
const START_EXPIRY = `UPDATE alerts SET quietMinutes = 1440, expiresAt = ?
  WHERE resolvedAt IS NULL AND occurrences > 0
    AND (monitoringService LIKE 'Activity Log%' OR monitoringService IN (?, ?, ?))`;

/** As the database writes times. */
function inADay(): string {
  return new Date(Date.now() + 86_400_000).toISOString().replace('T', ' ').replace('Z', '');
}

const COLUMNS: readonly [table: string, columns: TableColumn[]][] = [
  [
    'work_items',
    [
      nullable(column.text('fieldSources', 500)),
      withDefault(column.integer('reopenWindowMinutes'), 60),
      withDefault(column.flag('autoResolve'), 1),
      nullable(column.time('stateChangedAt')),
      nullable(column.time('reopenUntil')),
      nullable(column.time('flappingUntil')),
      nullable(column.text('recentChanges', 255)),
      nullable(column.time('dueAt')),
    ].map((options) => new TableColumn(options)),
  ],
  ['signatures', [new TableColumn(nullable(column.text('searchText', 2_000)))]],
  [
    'alerts',
    [
      nullable(column.integer('quietMinutes')),
      nullable(column.time('expiresAt')),
      nullable(column.time('expiredAt')),
      nullable(column.hash('partOf')),
    ].map((options) => new TableColumn(options)),
  ],
];

const INDICES: readonly [table: string, index: TableIndex][] = [
  ['work_items', new TableIndex({ name: 'ix_work_items_due', columnNames: ['dueAt'] })],
  ['alerts', new TableIndex({ name: 'ix_alerts_expires', columnNames: ['expiresAt'] })],
  ['alerts', new TableIndex({ name: 'ix_alerts_part_of', columnNames: ['partOf'] })],
];
