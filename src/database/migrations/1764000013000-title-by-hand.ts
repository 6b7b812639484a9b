import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, nullable } from '../columns';

/**
 * Titles of work items that people opened, in lower case. What alerts opened is looked for by the texts of its signature; these have
 * none, and were looked for in their rows, one by one.
 */
export class TitleByHand1764000013000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('work_items', new TableColumn(nullable(column.text('titleByHand', 510))));
    await runner.query('UPDATE work_items SET titleByHand = LOWER(title) WHERE signature IS NULL');
    await runner.createIndex('work_items', INDEX);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('work_items', INDEX);
    await runner.dropColumn('work_items', 'titleByHand');
  }
}

const INDEX = new TableIndex({ name: 'ix_work_items_title_by_hand', columnNames: ['titleByHand'] });
