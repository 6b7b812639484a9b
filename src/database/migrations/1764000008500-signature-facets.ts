import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, nullable } from '../columns';

/** What a signature's work items ever were: their priorities, types, groups, services and subscriptions. */
export class SignatureFacets1764000008500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('signatures', new TableColumn(nullable(column.text('facets', MAX_FACETS))));
    await fillFacets(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('signatures', 'facets');
  }
}

const MAX_FACETS = 2_000;

const FACETS = [
  ['p', 'priority'],
  ['t', 'type'],
  ['g', 'assignmentGroup'],
  ['v', 'monitoringService'],
  ['u', 'subscriptionId'],
] as const;

/** A line for each, between line breaks; what has more than fits stays unknown, and is then left out of no search. */
async function fillFacets(runner: QueryRunner): Promise<void> {
  const isSqlite = runner.dataSource.options.type === 'better-sqlite3';
  const lines = FACETS.map(
    ([letter, name]) =>
      `SELECT DISTINCT signature, CONCAT('${letter}=', RTRIM(REPLACE(${name}, CHAR(10), ' '))) AS line FROM work_items WHERE signature IS NOT NULL AND ${name} IS NOT NULL`,
  ).join(' UNION ALL ');
  const facets = (concat: string): string =>
    `SELECT signature, CONCAT(CHAR(10), ${concat}, CHAR(10)) AS text FROM (${lines}) l GROUP BY signature`;
  if (isSqlite) {
    await runner.query(
      `UPDATE signatures SET facets = t.text FROM (${facets('GROUP_CONCAT(line, CHAR(10))')}) t
       WHERE t.signature = signatures.signature AND LENGTH(t.text) <= ${MAX_FACETS}`,
    );
    return;
  }
  await runner.query('SET SESSION group_concat_max_len = 1048576');
  await runner.query(
    `UPDATE signatures s JOIN (${facets(`GROUP_CONCAT(line SEPARATOR '\\n')`)}) t ON t.signature = s.signature
     SET s.facets = t.text WHERE CHAR_LENGTH(t.text) <= ${MAX_FACETS}`,
  );
}
