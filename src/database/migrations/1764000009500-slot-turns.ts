import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, withDefault } from '../columns';

/** What a decision about a signature writes on a cluster whose nodes don't know of each other's row locks. */
export class SlotTurns1764000009500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('signatures', TURN);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('signatures', TURN);
  }
}

const TURN = new TableColumn(withDefault(column.small('turn'), 0));
