import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDatabaseAway } from '../transactions';

/** How rows are worked on. */
export interface RowWork<Row> {
  /** All that it is given in one transaction. */
  work: (rows: readonly Row[]) => Promise<void>;
  /** The row fails by itself: tells of it, and sees to it that it is left alone for a while. */
  setAside: (row: Row, error: unknown) => Promise<void> | void;
}

/**
 * Works on rows together; where that fails because of one of them, one by one, so that it alone is left and keeps no other one
 * waiting. Where the database is away, or others hold its locks, no row is at fault, and the failure flies. What else the process
 * has to do comes in between: SQLite answers at once, and slice upon slice would keep requests waiting.
 */
export async function togetherOrAlone<Row>(rows: readonly Row[], { work, setAside }: RowWork<Row>): Promise<void> {
  if (rows.length === 0) return;
  try {
    await work(rows);
    await nextTurn();
    return;
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
  }
  for (const row of rows) {
    await nextTurn();
    try {
      await work([row]);
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      await setAside(row, error);
    }
  }
}
