import type { EntityManager } from 'typeorm';
import { groupBy } from '../../common/group-by';
import { readTime, sqlTime } from '../../common/sql';
import { lookUp } from './families.store';
import type { StoredAlert, Surroundings } from './removable.rules';

/** What there is around these alerts that says whether they may go. */
export async function surroundingsOf(
  tx: EntityManager,
  alerts: readonly StoredAlert[],
  before: Date,
): Promise<Surroundings> {
  const ids = alerts.map(({ id }) => id);
  const firingSince = await firingSinceOf(tx, alerts, before);
  const endless = alerts.filter(({ isFiring, signature }) => isFiring && firingSince.has(signature));
  return {
    firingSince,
    lastOrphanAt: await lastOrphanOf(tx, endless),
    withDeliveries: await withDeliveries(tx, ids),
    endedBy: await endedBy(tx, ids),
  };
}

/** What counts as over is left out, as in `stillFires`. */
async function firingSinceOf(
  tx: EntityManager,
  alerts: readonly StoredAlert[],
  before: Date,
): Promise<Surroundings['firingSince']> {
  const rows = await lookUp<{ signature: string; since: Date | string }>(
    tx,
    signaturesOf(alerts),
    (
      list,
    ) => `SELECT a.signature, MIN(a.lastFiredAt) AS since FROM alerts a LEFT JOIN work_items w ON w.id = a.workItemId
      WHERE a.signature IN (${list}) AND a.resolvedAt IS NULL AND a.occurrences > 0
        AND (a.updatedAt > ? OR w.state NOT IN ('closed', 'canceled') OR w.closedAt > ?) GROUP BY a.signature`,
    sqlTime(before),
    sqlTime(before),
  );
  return new Map(rows.map(({ signature, since }) => [signature, readTime(since)]));
}

async function lastOrphanOf(tx: EntityManager, alerts: readonly StoredAlert[]): Promise<Surroundings['lastOrphanAt']> {
  const rows = await lookUp<{ signature: string; at: Date | string }>(
    tx,
    signaturesOf(alerts),
    (list) => `SELECT orphanKey AS signature, MAX(ownResolvedAt) AS at FROM alerts
      WHERE orphanKey IN (${list}) GROUP BY orphanKey`,
  );
  return new Map(rows.map(({ signature, at }) => [signature, readTime(at)]));
}

async function withDeliveries(tx: EntityManager, ids: readonly string[]): Promise<Surroundings['withDeliveries']> {
  const rows = await lookUp<{ alertId: string }>(
    tx,
    ids,
    (list) => `SELECT DISTINCT alertId FROM deliveries WHERE alertId IN (${list})`,
  );
  return new Set(rows.map(({ alertId }) => alertId));
}

async function endedBy(tx: EntityManager, ids: readonly string[]): Promise<Surroundings['endedBy']> {
  const rows = await lookUp<{ id: string; ender: string }>(
    tx,
    ids,
    (list) => `SELECT id, resolvedByAlertId AS ender FROM alerts WHERE resolvedByAlertId IN (${list})`,
  );
  const byEnder = groupBy(rows, ({ ender }) => ender);
  return new Map([...byEnder].map(([ender, ended]) => [ender, ended.map(({ id }) => id)]));
}

function signaturesOf(alerts: readonly StoredAlert[]): string[] {
  return [...new Set(alerts.map(({ signature }) => signature))];
}
