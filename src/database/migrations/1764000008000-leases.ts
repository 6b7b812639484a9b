import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, primary } from '../columns';

/** Which instance does the work that all of them share. */
export class Leases1764000008000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(LEASES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(LEASES);
  }
}

const LEASES = new Table({
  name: 'leases',
  columns: [primary(column.text('name', 64)), column.id('holder'), column.time('expiresAt')],
});
