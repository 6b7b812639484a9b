import type { EntityManager } from 'typeorm';
import type { SweepPlace } from '../../common/retention/sweep';
import { forUpdate, placeholders, readTime, sqlTime } from '../../common/sql';
import type { DeliveryStatus } from '../delivery.entity';
import { NOT_TRIED_SINCE, SETTLED } from './body-removal';
import { loadFamilies, openWorkItems } from './families.store';
import { isOpen } from './removable.rules';

interface DueDelivery {
  id: string;
  alertId: string | null;
  workItemId: number | null;
}

/** The deliveries of a status that were there at `before` already, in the order of their arrival. */
export async function dueDeliveries(
  manager: EntityManager,
  status: DeliveryStatus,
  { after, before, limit }: { after: SweepPlace; before: Date; limit: number },
): Promise<SweepPlace[]> {
  const from = sqlTime(after.at);
  const rows = await manager.query<{ id: string; receivedAt: Date | string }[]>(
    `SELECT id, receivedAt FROM deliveries
     WHERE status = ? AND receivedAt >= ? AND (receivedAt > ? OR id > ?) AND receivedAt <= ?
     ORDER BY receivedAt, id LIMIT ${limit}`,
    [status, from, from, after.id, sqlTime(before)],
  );
  return rows.map(({ id, receivedAt }) => ({ id, at: readTime(receivedAt) }));
}

/**
 * Deletes those of these deliveries that have nothing open about them, with their attempts: their alert is over, in all its parts, and
 * the work items are closed or canceled. Answers how many.
 */
export async function removeDeliveries(tx: EntityManager, ids: readonly string[], before: Date): Promise<number> {
  const due = await lockSettled(tx, ids, before);
  const open = await openOf(tx, due, before);
  const gone = due.filter(({ alertId, workItemId }) => !open.alerts.has(alertId) && !open.workItems.has(workItemId));
  if (gone.length === 0) return 0;
  const list = placeholders(gone.length);
  const goneIds = gone.map(({ id }) => id);
  await tx.query(`DELETE FROM delivery_attempts WHERE deliveryId IN (${list})`, goneIds);
  await tx.query(`DELETE FROM deliveries WHERE id IN (${list})`, goneIds);
  return gone.length;
}

/** A replay may have taken one up, meanwhile or since `before`. */
function lockSettled(tx: EntityManager, ids: readonly string[], before: Date): Promise<DueDelivery[]> {
  return tx.query<DueDelivery[]>(
    `SELECT id, alertId, workItemId FROM deliveries
     WHERE id IN (${placeholders(ids.length)}) AND status IN (${placeholders(SETTLED.length)})
       AND ${NOT_TRIED_SINCE} ORDER BY id${forUpdate(tx)}`,
    [...ids, ...SETTLED, sqlTime(before)],
  );
}

/** The alerts and work items of deliveries that something is still to be done about. */
async function openOf(
  tx: EntityManager,
  due: readonly DueDelivery[],
  before: Date,
): Promise<{ alerts: ReadonlySet<string | null>; workItems: ReadonlySet<number | null> }> {
  const alertIds = [...new Set(due.flatMap(({ alertId }) => alertId ?? []))];
  const members = await loadFamilies(tx, alertIds);
  const families = new Set(members.filter((alert) => isOpen(alert, before)).map(({ family }) => family));
  return {
    alerts: new Set(members.filter(({ family }) => families.has(family)).map(({ id }) => id)),
    workItems: await openWorkItems(
      tx,
      due.flatMap(({ workItemId }) => workItemId ?? []),
    ),
  };
}
