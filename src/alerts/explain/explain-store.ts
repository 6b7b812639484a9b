import type { EntityManager } from 'typeorm';
import { placeholders, readTime } from '../../common/sql';
import type { WorkItemType } from '../../work-items/lifecycle.rules';
import { numberOf } from '../../work-items/number.rules';
import type { TimelineKind } from '../../work-items/work-item.record';
import { DeliveryEntity } from '../delivery.entity';
import type { AlertFact, Dossier, TimelineFact } from './dossier';

/** Kinds of which only the newest entry tells why something is as it is. */
const NEWEST_COUNTS = [
  'opened',
  'alert_fired',
  'on_hold',
  'resolved',
  'closed',
  'canceled',
  'urgency_raised',
  'impact_changed',
  'configuration_item_bound',
  'binding_task_resolved',
  'flapping_ended',
] as const satisfies readonly TimelineKind[];

/** Kinds of which an older entry may still be the last to have set some field. */
const MORE_COUNT = ['in_progress', 'reopened', 'changed'] as const satisfies readonly TimelineKind[];
const MAX_ENTRIES = 100;

/** Alerts that are named, those that fire first; of all, only the number is told. */
const MAX_ALERTS = 50;

interface TimelineRow extends Omit<TimelineFact, 'at' | 'detail'> {
  at: Date | string;
  detail: string | null;
}

/** What of a timeline tells of decisions, the oldest first: however long it is, only so many entries of each kind. */
export async function loadTimeline(manager: EntityManager, workItemId: number): Promise<TimelineFact[]> {
  const kinds = [...NEWEST_COUNTS, ...MORE_COUNT];
  const rows = await manager.query<TimelineRow[]>(
    `SELECT kind, at, actor, summary, deliveryId, detail FROM (
       SELECT id, kind, at, actor, summary, deliveryId, detail, ROW_NUMBER() OVER (PARTITION BY kind ORDER BY id DESC) AS place
       FROM timeline_entries WHERE workItemId = ? AND kind IN (${placeholders(kinds.length)})
     ) newest
     WHERE place = 1 OR (place <= ${MAX_ENTRIES} AND kind IN (${placeholders(MORE_COUNT.length)})) ORDER BY id`,
    [workItemId, ...kinds, ...MORE_COUNT],
  );
  return rows.map(({ at, detail, ...row }) => ({ ...row, at: readTime(at), detail: parsed(detail) }));
}

/** A delivery with its body; null where it is not kept. */
export function loadDelivery(manager: EntityManager, id: string | null): Promise<DeliveryEntity | null> {
  return id === null ? Promise.resolve(null) : manager.findOneBy(DeliveryEntity, { id });
}

/** The number of a work item; null for none. */
export async function loadPrevious(manager: EntityManager, id: number | null): Promise<string | null> {
  if (id === null) return null;
  const [row] = await manager.query<{ id: number; type: WorkItemType }[]>(
    'SELECT id, type FROM work_items WHERE id = ?',
    [id],
  );
  return row === undefined ? null : numberOf(row);
}

/** The deliveries of its alerts. Those of an alert that was cut up are kept with its first part, and count for all. */
export async function countDeliveries(manager: EntityManager, workItemId: number): Promise<number> {
  const [row] = await manager.query<{ deliveries: number | string }[]>(
    `SELECT COUNT(*) AS deliveries FROM (
       SELECT id FROM alerts WHERE workItemId = ?
       UNION SELECT sibling.id FROM alerts part JOIN alerts sibling ON sibling.partOf = part.partOf WHERE part.workItemId = ?
     ) own JOIN deliveries d ON d.alertId = own.id`,
    [workItemId, workItemId],
  );
  return Number(row?.deliveries ?? 0);
}

interface AlertRow {
  id: string;
  partOf: string | null;
  isFiring: number;
  inAll: number | string;
  nextExpiry: Date | string | null;
}

/** Its alerts, those that fire first and then the newest, and what is to be said of all of them. */
export async function loadAlerts(
  manager: EntityManager,
  workItemId: number,
): Promise<Pick<Dossier, 'alerts' | 'alertsInAll' | 'nextExpiry'>> {
  const rows = await manager.query<AlertRow[]>(
    `SELECT id, partOf, CASE WHEN occurrences > 0 AND resolvedAt IS NULL THEN 1 ELSE 0 END AS isFiring,
       COUNT(*) OVER () AS inAll, MIN(expiresAt) OVER () AS nextExpiry
     FROM alerts WHERE workItemId = ? ORDER BY isFiring DESC, id DESC LIMIT ${MAX_ALERTS}`,
    [workItemId],
  );
  const alerts = rows.map(({ id, partOf, isFiring }): AlertFact => ({ id, partOf, isFiring: Boolean(isFiring) }));
  return { alerts, alertsInAll: Number(rows[0]?.inAll ?? 0), nextExpiry: readTime(rows[0]?.nextExpiry ?? null) };
}

function parsed(detail: string | null): TimelineFact['detail'] {
  return detail === null ? {} : (JSON.parse(detail) as Record<string, unknown>);
}
