import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, nullable } from '../columns';

/** Aliases that a person took off: the next import brought them back. */
export class RefusedAliases1764000014000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('configuration_items', new TableColumn(nullable(column.longText('refusedAliases'))));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('configuration_items', 'refusedAliases');
  }
}
