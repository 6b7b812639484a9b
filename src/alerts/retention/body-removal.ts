import type { EntityManager } from 'typeorm';
import { forUpdate, placeholders, sqlTime } from '../../common/sql';
import type { DeliveryStatus } from '../delivery.entity';

/** Deliveries that nothing is left to be done about. What is `parked` is still to be replayed, and stays. */
export const SETTLED = ['processed', 'duplicate', 'rejected'] as const satisfies readonly DeliveryStatus[];

/**
 * Removes the bodies of the oldest settled deliveries that were there at `before` already, so many at the most, and notes
 * when. Answers how many those were.
 */
export async function removeBodies(
  tx: EntityManager,
  { before, limit, now }: { before: Date; limit: number; now: Date },
): Promise<number> {
  const ids: string[] = [];
  for (const status of SETTLED) {
    if (ids.length === limit) break;
    const rows = await tx.query<{ id: string }[]>(
      `SELECT id FROM deliveries WHERE payloadRemovedAt IS NULL AND status = ? AND receivedAt <= ?
       ORDER BY receivedAt LIMIT ${limit - ids.length}${forUpdate(tx)}`,
      [status, sqlTime(before)],
    );
    ids.push(...rows.map(({ id }) => id));
  }
  if (ids.length === 0) return 0;
  await tx.query(`UPDATE deliveries SET body = '', payloadRemovedAt = ? WHERE id IN (${placeholders(ids.length)})`, [
    sqlTime(now),
    ...ids,
  ]);
  return ids.length;
}
