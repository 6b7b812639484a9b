import type { EntityManager } from 'typeorm';
import { joined, raw, sql, type SqlText } from '../../common/sql-text.rules';
import { ITEM_TASK_STATUSES, type ItemTaskStatus } from './binding-task.dto';

/** Which tasks of which item, the newest first. */
export interface WantedTasks {
  ciId: string;
  status: readonly ItemTaskStatus[];
  /** Older than this one. */
  after: string | null;
  limit: number;
}

/**
 * The ids of the tasks that an item may answer, and of those that it was the answer to. An open task keeps the keys that it waits
 * for, so that one list of keys leads from the item to its tasks: also to those that name more candidates than are kept, and
 * to those that an item which has only just come will answer.
 */
export async function tasksOfItem(
  manager: EntityManager,
  { ciId, status, after, limit }: WantedTasks,
): Promise<string[]> {
  const older = after === null ? raw('') : sql` AND t.id < ${after}`;
  const selects = ITEM_TASK_STATUSES.filter((each) => status.includes(each)).map(
    (each) => sql`SELECT * FROM (${BY_STATUS[each](ciId)}${older} ORDER BY t.id DESC LIMIT ${limit}) ${raw(each)}`,
  );
  const { text, values } = sql`SELECT * FROM (${joined(selects, ' UNION ALL ')}) tasks ORDER BY id DESC LIMIT ${limit}`;
  const rows = await manager.query<{ id: string }[]>(text, [...values]);
  return rows.map(({ id }) => id);
}

const BY_STATUS: Readonly<Record<ItemTaskStatus, (ciId: string) => SqlText>> = {
  open: (ciId) => sql`SELECT t.id FROM (
      SELECT w.taskId FROM ci_keys k JOIN binding_task_keys w ON w.keyHash = k.keyHash WHERE k.ciId = ${ciId}
      UNION SELECT w.taskId FROM configuration_items c JOIN binding_task_keys w ON w.keyHash = c.canonicalKeyHash
      WHERE c.id = ${ciId}
    ) waiting JOIN binding_tasks t ON t.id = waiting.taskId WHERE t.status = 'open'`,
  resolved: (ciId) => sql`SELECT t.id FROM binding_tasks t WHERE t.answerId = ${ciId} AND t.status = 'resolved'`,
};
