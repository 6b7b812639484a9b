import type { EntityManager } from 'typeorm';
import { forUpdate, placeholders, sqlTime } from '../sql';
import type { Transactions } from '../transactions';
import { RETENTION_SLICE, type Removal } from './retention';

/** A class of data that is the rows of a table on which nothing depends: their age alone counts. */
export interface AgingTable extends Pick<Removal, 'dataClass'> {
  table: string;
  /** When a row came; it has an index. */
  timeColumn: string;
}

/** Removes the rows of such a table, the oldest first. */
export function oldestFirst(transactions: Transactions, { dataClass, ...table }: AgingTable): Removal {
  return {
    dataClass,
    removeSlice: async (before) => {
      const removed = await transactions.run((tx) => deleteOldest(tx, table, before));
      return { removed, hasMore: removed === RETENTION_SLICE };
    },
  };
}

/** A slice at the most of what was there at `before` already; answers how many rows those were. */
async function deleteOldest(
  tx: EntityManager,
  { table, timeColumn }: Omit<AgingTable, 'dataClass'>,
  before: Date,
): Promise<number> {
  const rows = await tx.query<{ id: string }[]>(
    `SELECT id FROM ${table} WHERE ${timeColumn} <= ? ORDER BY ${timeColumn} LIMIT ${RETENTION_SLICE}${forUpdate(tx)}`,
    [sqlTime(before)],
  );
  if (rows.length === 0) return 0;
  await tx.query(
    `DELETE FROM ${table} WHERE id IN (${placeholders(rows.length)})`,
    rows.map(({ id }) => id),
  );
  return rows.length;
}
