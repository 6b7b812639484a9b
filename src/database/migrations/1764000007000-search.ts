import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

/** The indexes that lists and searches walk, and the texts that `q` looks through for what is there already. */
export class Search1764000007000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const { table, old, now } of CHANGES) {
      if (old !== undefined) await runner.dropIndex(table, old);
      await runner.createIndex(table, now);
    }
    await fillSearchTexts(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { table, old, now } of CHANGES.toReversed()) {
      await runner.dropIndex(table, now);
      if (old !== undefined) await runner.createIndex(table, old);
    }
  }
}

interface IndexChange {
  table: string;
  now: TableIndex;
  /** The index that it takes the place of. */
  old?: TableIndex;
}

/** Where one of the same name was before, `old` says of which columns. */
function change(table: string, name: string, columnNames: string[], old?: string[]): IndexChange {
  const now = new TableIndex({ name, columnNames });
  return old === undefined ? { table, now } : { table, now, old: new TableIndex({ name, columnNames: old }) };
}

/**
 * Each filter has an index that goes on by priority and time: it serves the filter, the orders by time and by priority, a filter
 * by priority besides, and the check of an entry without its row.
 */
const CHANGES: readonly IndexChange[] = [
  change('work_items', 'ix_work_items_state', ['state', 'priority', 'openedAt'], ['state', 'openedAt']),
  change('work_items', 'ix_work_items_updated', ['updatedAt', 'openedAt', 'priority'], ['updatedAt']),
  change('work_items', 'ix_work_items_signature', ['signature', 'priority', 'openedAt'], ['signature']),
  change('work_items', 'ix_work_items_group', ['assignmentGroup', 'priority', 'openedAt']),
  change('work_items', 'ix_work_items_assignee', ['assignee', 'priority', 'openedAt']),
  change('work_items', 'ix_work_items_subscription', ['subscriptionId', 'priority', 'openedAt']),
  change('work_items', 'ix_work_items_service', ['monitoringService', 'priority', 'openedAt']),
  change('work_items', 'ix_work_items_type', ['type', 'priority', 'openedAt']),
  change('work_items', 'ix_work_items_sort_keys', ['id', 'priority', 'openedAt', 'updatedAt']),
  change('timeline_entries', 'ix_timeline_entries_work_item', ['workItemId', 'id', 'kind'], ['workItemId', 'id']),
  change('bindings', 'ix_bindings_item', ['ciId', 'isRemoved', 'workItemId'], ['ciId', 'workItemId']),
  change('alerts', 'ix_alerts_resolved', ['resolvedAt', 'id']),
  change('alerts', 'ix_alerts_service', ['monitoringService', 'id']),
  change('alerts', 'ix_alerts_subscription', ['subscriptionId', 'id']),
];

/** What fits into the column. */
const MAX_TEXT = 2_000;

const LINES = `SELECT signature, LOWER(title) AS line FROM work_items WHERE signature IS NOT NULL
  UNION SELECT signature, LOWER(alertRule) FROM work_items WHERE signature IS NOT NULL AND alertRule IS NOT NULL`;

/** Titles and rules of each signature's work items, a line each; what has a text already keeps it. */
async function fillSearchTexts(runner: QueryRunner): Promise<void> {
  if (runner.dataSource.options.type === 'better-sqlite3') {
    const texts = `SELECT signature, SUBSTR(GROUP_CONCAT(line, CHAR(10)), 1, ${MAX_TEXT}) AS text FROM (${LINES}) GROUP BY signature`;
    await runner.query(
      `UPDATE signatures SET searchText = t.text FROM (${texts}) t WHERE t.signature = signatures.signature AND searchText IS NULL`,
    );
    return;
  }
  await runner.query('SET SESSION group_concat_max_len = 1048576');
  const texts = `SELECT signature, SUBSTR(GROUP_CONCAT(line SEPARATOR '\\n'), 1, ${MAX_TEXT}) AS text FROM (${LINES}) l GROUP BY signature`;
  await runner.query(
    `UPDATE signatures s JOIN (${texts}) t ON t.signature = s.signature SET s.searchText = t.text WHERE s.searchText IS NULL`,
  );
}
