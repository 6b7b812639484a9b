import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, withDefault } from '../columns';

/**
 * How long work items had been open when they were last changed, first in the index of the order by that change. Whoever changes a
 * work item has to write it: no version that does not was ever released.
 */
export class AgeClass1764000012000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('work_items', new TableColumn(withDefault(column.small('ageClass'), ANY_TIME)));
    await runner.query(`UPDATE work_items SET ageClass = ${classOf(runner)}`);
    await runner.createIndex('work_items', BY_CLASS);
    await runner.dropIndex('work_items', BEFORE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.createIndex('work_items', BEFORE);
    await runner.dropIndex('work_items', BY_CLASS);
    await runner.dropColumn('work_items', 'ageClass');
  }
}

const BEFORE = new TableIndex({ name: 'ix_work_items_updated', columnNames: ['updatedAt', 'openedAt', 'priority'] });
const BY_CLASS = new TableIndex({
  name: 'ix_work_items_updated_by_class',
  columnNames: ['ageClass', 'updatedAt', 'openedAt', 'priority'],
});

/** Right for every work item: it promises nothing. */
const ANY_TIME = 2;

function classOf(runner: QueryRunner): string {
  const isSqlite = runner.dataSource.options.type === 'better-sqlite3';
  const days = isSqlite
    ? '(JULIANDAY(updatedAt) - JULIANDAY(openedAt))'
    : '(TIMESTAMPDIFF(SECOND, openedAt, updatedAt) / 86400)';
  // A second's care, for one engine counts whole ones and the other one in fractions of a day.
  return `CASE WHEN ${days} < 3.9999 THEN 0 WHEN ${days} < 31.9999 THEN 1 ELSE ${ANY_TIME} END`;
}
