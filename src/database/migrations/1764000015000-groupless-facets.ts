import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * That a signature has had work items without a group is told among its facets now. Where these tell of no group at all, the search knows
 * it without; of signatures that have had both kinds, it is added.
 */
export class GrouplessFacets1764000015000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `UPDATE signatures SET facets = CASE WHEN LENGTH(facets) > ${MAX_FACETS - ADDED} THEN NULL ELSE CONCAT(facets, 'g=', CHAR(10)) END
       WHERE INSTR(facets, CONCAT(CHAR(10), 'g=')) > 0 AND INSTR(facets, CONCAT(CHAR(10), 'g=', CHAR(10))) = 0 AND signature IN
         (SELECT signature FROM work_items WHERE assignmentGroup IS NULL AND signature IS NOT NULL)`,
    );
  }

  /** The version before does not ask for it. */
  async down(): Promise<void> {}
}

const MAX_FACETS = 2_000;
const ADDED = 3;
