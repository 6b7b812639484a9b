import type { EntityManager } from 'typeorm';
import { placeholders, sqlTime } from '../../common/sql';
import { noteAfter } from './stale.rules';

/**
 * Notes that alerts tell of some items now, in one order on every instance; no new version of them, for nobody has said
 * anything of them. What another instance has noted meanwhile stays; with no items nothing is sent.
 */
export async function noteSeen(tx: EntityManager, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  const sorted = [...new Set(ids)].sort();
  await tx.query(
    `UPDATE configuration_items SET firstSeenAt = COALESCE(firstSeenAt, ?), lastSeenAt = ?
     WHERE id IN (${placeholders(sorted.length)}) AND (lastSeenAt IS NULL OR lastSeenAt <= ?)`,
    [sqlTime(now), sqlTime(now), ...sorted, sqlTime(noteAfter(now))],
  );
}
