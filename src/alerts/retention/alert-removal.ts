import type { EntityManager } from 'typeorm';
import { LOOKED_UP, slicesOf } from '../../common/slices';
import { lowestIdOf } from '../../common/ids';
import type { SweepPlace } from '../../common/retention/sweep';
import { placeholders, readTime, sqlTime } from '../../common/sql';
import { lockSlots } from '../../work-items/work-item.store';
import { loadFamilies } from './families.store';
import { removable, wholeFamilies, withoutOwnReason, type StoredAlert } from './removable.rules';
import { surroundingsOf } from './surroundings.store';

/** What to look for, and behind which place. */
interface Due {
  after: SweepPlace;
  before: Date;
  limit: number;
}

/** So long before a delivery that is parked another one may have told of its alert: they overtake each other. */
const OVERTAKEN_MS = 24 * 3_600_000;

/**
 * Before when alerts must be over, as long as a delivery is parked: which alert that tells of is not known before it has been
 * replayed, and if its end has come and gone by then, it opens a work item that nothing ends.
 */
export async function beforeParked(manager: EntityManager, before: Date): Promise<Date> {
  const [row] = await manager.query<{ oldest: Date | string | null }[]>(
    `SELECT MIN(receivedAt) AS oldest FROM deliveries WHERE status = 'parked'`,
  );
  const oldest = readTime(row?.oldest ?? null);
  return oldest === null ? before : new Date(Math.min(before.getTime(), oldest.getTime() - OVERTAKEN_MS));
}

/** The alerts that had ended at `before` already, in the order of their ends. */
export async function endedAlerts(manager: EntityManager, { after, before, limit }: Due): Promise<SweepPlace[]> {
  const from = sqlTime(after.at);
  const rows = await manager.query<{ id: string; resolvedAt: Date | string }[]>(
    `SELECT id, resolvedAt FROM alerts WHERE resolvedAt >= ? AND (resolvedAt > ? OR id > ?) AND resolvedAt <= ?
     ORDER BY resolvedAt, id LIMIT ${limit}`,
    [from, from, after.id, sqlTime(before)],
  );
  return rows.map(({ id, resolvedAt }) => ({ id, at: readTime(resolvedAt) }));
}

/** Those that were there at `before` already and have no end: what fires for so long, and what was only ever noted. */
export async function endlessAlerts(manager: EntityManager, { after, before, limit }: Due): Promise<SweepPlace[]> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM alerts WHERE resolvedAt IS NULL AND id > ? AND id < ? ORDER BY id LIMIT ${limit}`,
    [after.id, lowestIdOf(before)],
  );
  return rows.map(({ id }) => ({ id, at: after.at }));
}

/** What became of the rows of a slice: how many were removed, and how many of those to look at were, from the first on. */
export interface SliceOutcome {
  removed: number;
  reached: number;
}

/**
 * Deletes those of these alerts, and of what hangs together with them, that can go. It decides twice: what has to stay is not
 * locked, and what can go is looked at again under the slots that whoever brings news of it takes, too. News that waits there meanwhile
 * finds the alert gone, and is taken for that of a new one. Parts count: where there are too many for one transaction, it does
 * not reach all of the alerts.
 */
export async function removeAlerts(tx: EntityManager, ids: readonly string[], before: Date): Promise<SliceOutcome> {
  const removableAlerts = await removableNow(tx, await loadFamilies(tx, ids), before);
  const { alerts: promising, reached } = wholeFamilies(removableAlerts, ids, LOOKED_UP);
  if (promising.length === 0) return { removed: 0, reached };
  const locked = new Set(promising.map(({ signature }) => signature));
  await lockSlots(tx, [...locked]);
  const families = await loadFamilies(tx, idsOf(promising));
  const gone = await removableNow(tx, withSlots(families, locked), before);
  for (const slice of slicesOf(idsOf(gone), LOOKED_UP)) {
    await tx.query(`DELETE FROM alerts WHERE id IN (${placeholders(slice.length)})`, slice);
  }
  return { removed: gone.length, reached };
}

async function removableNow(tx: EntityManager, alerts: readonly StoredAlert[], before: Date): Promise<StoredAlert[]> {
  const possible = withoutOwnReason(alerts, before);
  return possible.length === 0 ? [] : removable(possible, await surroundingsOf(tx, possible, before), before);
}

/** The families that have not got a part of another signature meanwhile. */
function withSlots(alerts: readonly StoredAlert[], locked: ReadonlySet<string>): StoredAlert[] {
  const grown = new Set(alerts.filter(({ signature }) => !locked.has(signature)).map(({ family }) => family));
  return alerts.filter(({ family }) => !grown.has(family));
}

function idsOf(alerts: readonly StoredAlert[]): string[] {
  return alerts.map(({ id }) => id);
}
