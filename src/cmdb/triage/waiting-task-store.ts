import type { EntityManager } from 'typeorm';
import { placeholders, sqlTime } from '../../common/sql';
import { slicesOf } from '../../common/slices';

const SLICE = 5_000;

/** Has the open binding tasks looked at again that an item with one of these keys may answer. */
export async function checkTasksOf(tx: EntityManager, keyHashes: readonly string[], now: Date): Promise<void> {
  if (keyHashes.length === 0 || !(await areAnyWaiting(tx))) return;
  for (const hashes of slicesOf([...new Set(keyHashes)], SLICE)) {
    const ids = await waitingFor(tx, hashes);
    for (const slice of slicesOf(ids, SLICE)) await check(tx, slice, now);
  }
}

/** One value may have as many tasks as there are work items: more than a statement names. */
async function check(tx: EntityManager, ids: readonly string[], now: Date): Promise<void> {
  const isOpen = `id IN (${placeholders(ids.length)}) AND status = 'open'`;
  await tx.query(`UPDATE binding_tasks SET checkAt = ? WHERE ${isOpen}`, [sqlTime(now), ...ids]);
}

async function areAnyWaiting(tx: EntityManager): Promise<boolean> {
  const rows = await tx.query<unknown[]>('SELECT taskId FROM binding_task_keys LIMIT 1');
  return rows.length > 0;
}

async function waitingFor(tx: EntityManager, hashes: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ taskId: string }[]>(
    `SELECT DISTINCT taskId FROM binding_task_keys WHERE keyHash IN (${placeholders(hashes.length)}) ORDER BY taskId`,
    [...hashes],
  );
  return rows.map(({ taskId }) => taskId);
}
