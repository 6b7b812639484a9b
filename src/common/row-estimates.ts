import type { EntityManager } from 'typeorm';
import { isSqlite } from './sql';
import { joined, raw, sql, type SqlText } from './sql-text.rules';

/** Counting further would change no decision, neither ours nor a reader's. */
export const MAX_COUNT = 10_000;

/**
 * About how many rows each of some sources has, a source being all that follows the columns of a SELECT. A server tells
 * without counting: to plan a statement it looks into the index in a few places. SQLite, which does not, counts some thousands.
 */
export function estimateRows(manager: EntityManager, sources: readonly SqlText[]): Promise<number[]> {
  return isSqlite(manager) ? count(manager, sources) : explain(manager, sources);
}

async function explain(manager: EntityManager, sources: readonly SqlText[]): Promise<number[]> {
  const selects = sources.map((source) => sql`SELECT 1 ${source}`);
  const { text, values } = sql`EXPLAIN ${joined(selects, ' UNION ALL ')}`;
  const rows = await manager.query<{ id: number | null; rows: number | string | null }[]>(text, [...values]);
  return sources.map((_, index) => Number(rows.find(({ id }) => Number(id) === index + 1)?.rows ?? 0));
}

async function count(manager: EntityManager, sources: readonly SqlText[]): Promise<number[]> {
  const counts = sources.map(
    (source, index) => sql`(SELECT COUNT(*) FROM (SELECT 1 ${source} LIMIT ${MAX_COUNT})) AS ${raw(`c${index}`)}`,
  );
  const { text, values } = sql`SELECT ${joined(counts, ', ')}`;
  const [row = {}] = await manager.query<Record<string, number>[]>(text, [...values]);
  return sources.map((_, index) => row[`c${index}`] ?? 0);
}
