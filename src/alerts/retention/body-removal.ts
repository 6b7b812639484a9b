import type { EntityManager } from 'typeorm';
import { forUpdate, placeholders, sqlTime } from '../../common/sql';
import type { DeliveryStatus } from '../delivery.entity';

/** Deliveries that nothing is left to be done about. What is `parked` is still to be replayed, and stays. */
export const SETTLED = ['processed', 'duplicate', 'rejected'] as const satisfies readonly DeliveryStatus[];

/** A condition on a delivery: nobody has tried to process it since. Its age runs from the last attempt, so that who replays can look at it. */
export const NOT_TRIED_SINCE =
  'COALESCE((SELECT MAX(t.at) FROM delivery_attempts t WHERE t.deliveryId = deliveries.id), receivedAt) <= ?';

/**
 * Removes the bodies of the oldest settled deliveries that were there at `before` already, and that nobody has replayed since, so
 * many at the most, and notes when. Answers how many those were.
 */
export async function removeBodies(
  tx: EntityManager,
  { before, limit, now }: { before: Date; limit: number; now: Date },
): Promise<number> {
  const ids: string[] = [];
  for (const status of SETTLED) {
    if (ids.length === limit) break;
    const rows = await tx.query<{ id: string }[]>(
      `SELECT id FROM deliveries WHERE payloadRemovedAt IS NULL AND status = ? AND receivedAt <= ? AND ${NOT_TRIED_SINCE}
       ORDER BY receivedAt LIMIT ${limit - ids.length}${forUpdate(tx)}`,
      [status, sqlTime(before), sqlTime(before)],
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
