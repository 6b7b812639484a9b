import type { EntityManager } from 'typeorm';
import { placeholders, readTime, sqlTime, type SqlValue } from '../../common/sql';
import type { WorkItemState, WorkItemType } from '../../work-items/lifecycle.rules';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import { lockSlots, lockWorkItems } from '../../work-items/work-item.store';
import { episodeKeyUnder, type Episode } from './episode';
import type { AcceptedDelivery, IngestState, KnownDelivery } from './ingest-state';
import { unsettledSignatures } from './unsettled.rules';

/**
 * Loads and locks all that a batch may meet, in a fixed number of statements. Slots are locked first: what is read of
 * their signatures afterwards can't change until this transaction ends.
 */
export async function loadState(tx: EntityManager, batch: readonly AcceptedDelivery[]): Promise<IngestState> {
  const slots = new Map<string, WorkItemRecord | null>();
  const rows = await loadLocked(tx, batch, slots);
  const known = new Set(
    rows.flatMap(({ episodeKey, partOf }) => (partOf === null ? [episodeKey] : [episodeKey, partOf])),
  );
  const deliveries = await loadDeliveries(tx, batch, known);
  const fresh = batch.filter(({ alert }) => !deliveries.has(alert.deliveryKey));
  const unsettled = unsettledSignatures(
    fresh.map(({ alert }) => alert),
    rows,
  );
  const settling = await loadSettling(tx, unsettled, slots);
  const episodes = await asEpisodes(tx, rows.concat(settling), slots);
  return { deliveries, episodes, slots, unsettled: new Set(unsettled.keys()), routes: new Map() };
}

/** Adds to a state what deliveries meet that have come to light only now. */
export async function loadMore(
  tx: EntityManager,
  state: IngestState,
  batch: readonly AcceptedDelivery[],
): Promise<void> {
  const more = await loadState(tx, batch);
  const known = workItemsOf(state);
  const one = (workItem: WorkItemRecord | null): WorkItemRecord | null => known.get(workItem?.id ?? 0) ?? workItem;
  for (const [key, workItem] of more.slots) if (!state.slots.has(key)) state.slots.set(key, one(workItem));
  for (const [key, episode] of more.episodes) {
    if (state.episodes.has(key)) continue;
    episode.workItem = one(episode.workItem);
    state.episodes.set(key, episode);
  }
  for (const [key, delivery] of more.deliveries) state.deliveries.set(key, delivery);
  for (const signature of more.unsettled) state.unsettled.add(signature);
}

/** By id; a row must not be folded into as two objects. */
function workItemsOf({ slots, episodes }: IngestState): ReadonlyMap<number, WorkItemRecord> {
  const workItems = [...slots.values(), ...[...episodes.values()].map(({ workItem }) => workItem)];
  return new Map(workItems.flatMap((workItem) => (workItem === null ? [] : [[Number(workItem.id), workItem]])));
}

/** The alerts of these ids that are due to expire at `now`, under the locks of their signatures. */
export async function loadExpiring(
  tx: EntityManager,
  due: readonly { id: string; signature: string }[],
  now: Date,
): Promise<IngestState> {
  const slots = await lockSlots(tx, unique(due.map(({ signature }) => signature)));
  const ids = due.map(({ id }) => id);
  const rows = await tx.query<RawEpisodeRow[]>(
    `SELECT ${COLUMNS} FROM alerts WHERE id IN (${placeholders(ids.length)}) AND expiresAt <= ?`,
    [...ids, sqlTime(now)],
  );
  const episodes = await asEpisodes(tx, rows.map(readRow), slots);
  return { deliveries: new Map(), episodes, slots, unsettled: new Set(), routes: new Map() };
}

/**
 * The batch's episodes and the orphans that matter to it, under the locks of their signatures. An episode may be known under
 * another signature than its delivery has (the portal's Test button); then that one is locked too, and all is read again. The
 * alert that a delivery then has of its own is looked for at once: the first one of its id may be gone (see `alerts/retention`).
 */
async function loadLocked(
  tx: EntityManager,
  batch: readonly AcceptedDelivery[],
  slots: Map<string, WorkItemRecord | null>,
): Promise<EpisodeRow[]> {
  const episodeKeys = unique(batch.map(({ alert }) => alert.episodeKey));
  const ownKeys = unique(batch.map(({ alert }) => episodeKeyUnder(alert)));
  const locked = new Set<string>();
  let unlocked = unique(batch.map(({ alert }) => alert.signature));
  for (;;) {
    for (const [signature, workItem] of await lockSlots(tx, unlocked)) slots.set(signature, workItem);
    for (const signature of unlocked) locked.add(signature);
    const rows = await loadEpisodes(tx, { episodeKeys, ownKeys, signatures: [...locked], since: sinceOf(batch) });
    unlocked = unique(rows.map(({ signature }) => signature)).filter((signature) => !locked.has(signature));
    if (unlocked.length === 0) return rows;
  }
}

function sinceOf(batch: readonly AcceptedDelivery[]): Date {
  return new Date(Math.min(...batch.map(({ alert }) => alert.eventAt.getTime())));
}

/** A delivery can only be known if its episode is; so an alert that is new costs no look-up. */
async function loadDeliveries(
  tx: EntityManager,
  batch: readonly AcceptedDelivery[],
  knownEpisodes: ReadonlySet<string>,
): Promise<Map<string, KnownDelivery>> {
  const suspects = batch.filter(
    ({ alert }) => knownEpisodes.has(alert.episodeKey) || knownEpisodes.has(episodeKeyUnder(alert)),
  );
  const keys = unique(suspects.map(({ alert }) => alert.deliveryKey));
  if (keys.length === 0) return new Map();
  const rows = await tx.query<DeliveryRow[]>(
    `SELECT d.dedupKey, d.id, d.alertId, d.workItemId, w.type, w.state
     FROM deliveries d LEFT JOIN work_items w ON w.id = d.workItemId WHERE d.dedupKey IN (${placeholders(keys.length)})`,
    keys,
  );
  return new Map(
    rows.map(({ dedupKey, id, alertId, workItemId, type, state }) => [
      dedupKey,
      { id, alertId, workItem: workItemId === null ? null : { id: workItemId, type, state } },
    ]),
  );
}

interface EpisodeKeys {
  episodeKeys: string[];
  ownKeys: string[];
  signatures: string[];
  since: Date;
}

/**
 * Episodes by their keys and those that are parts of them, and the orphans of the signatures not older than `since`. Each list is
 * one of its own: together they would be more than a server looks up (`LOOKED_UP`).
 */
async function loadEpisodes(
  tx: EntityManager,
  { episodeKeys, ownKeys, signatures, since }: EpisodeKeys,
): Promise<EpisodeRow[]> {
  const rows = await tx.query<RawEpisodeRow[]>(
    `SELECT ${COLUMNS} FROM alerts WHERE episodeKey IN (${placeholders(episodeKeys.length)})
     UNION ALL SELECT ${COLUMNS} FROM alerts WHERE episodeKey IN (${placeholders(ownKeys.length)})
     UNION ALL SELECT ${COLUMNS} FROM alerts WHERE partOf IN (${placeholders(episodeKeys.length)})
     UNION ALL SELECT ${COLUMNS} FROM alerts WHERE orphanKey IN (${placeholders(signatures.length)}) AND ownResolvedAt >= ?`,
    [...episodeKeys, ...ownKeys, ...episodeKeys, ...signatures, sqlTime(since)],
  );
  return rows.map(readRow);
}

/** All alerts that an orphan in play could end, or has ended, and all of the work items that they count for. */
async function loadSettling(
  tx: EntityManager,
  unsettled: ReadonlyMap<string, Date>,
  slots: ReadonlyMap<string, WorkItemRecord | null>,
): Promise<EpisodeRow[]> {
  if (unsettled.size === 0) return [];
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  for (const [signature, earliest] of unsettled) {
    conditions.push('(signature = ? AND (resolvedAt IS NULL OR resolvedAt >= ? OR workItemId = ?))');
    values.push(signature, sqlTime(earliest), slots.get(signature)?.id ?? null);
  }
  const rows = await tx.query<RawEpisodeRow[]>(
    `SELECT ${COLUMNS} FROM alerts WHERE ${conditions.join(' OR ')}`,
    values,
  );
  return rows.map(readRow);
}

async function asEpisodes(
  tx: EntityManager,
  rows: readonly EpisodeRow[],
  slots: ReadonlyMap<string, WorkItemRecord | null>,
): Promise<Map<string, Episode>> {
  const workItems = new Map<number, WorkItemRecord>();
  for (const workItem of slots.values()) if (workItem !== null) workItems.set(Number(workItem.id), workItem);
  const others = rows
    .map(({ workItemId }) => workItemId)
    .filter((id): id is number => id !== null && !workItems.has(id));
  for (const [id, workItem] of await lockWorkItems(tx, unique(others))) workItems.set(id, workItem);
  return new Map(rows.map((row) => [row.episodeKey, episodeOf(row, workItems)]));
}

const COLUMNS = `id, episodeKey, signature, workItemId, firedAt, lastFiredAt, ownResolvedAt, resolvedAt, resolvedByAlertId,
  endsSignature, quietMinutes, expiresAt, expiredAt, partOf, occurrences, detailRank`;

interface DeliveryRow {
  dedupKey: string;
  id: string;
  alertId: string;
  workItemId: number | null;
  type: WorkItemType;
  state: WorkItemState;
}

type Time = 'firedAt' | 'lastFiredAt' | 'ownResolvedAt' | 'resolvedAt' | 'expiresAt' | 'expiredAt';

/** An alert as it is stored, its work item by id. */
interface EpisodeRow extends Omit<Episode, 'workItem' | 'newDetail' | 'stored'> {
  workItemId: number | null;
}

/** The same as the driver reads it. */
interface RawEpisodeRow extends Omit<EpisodeRow, Time | 'endsSignature'>, Record<Time, Date | string | null> {
  endsSignature: number;
}

function readRow(row: RawEpisodeRow): EpisodeRow {
  return {
    ...row,
    firedAt: readTime(row.firedAt),
    lastFiredAt: readTime(row.lastFiredAt),
    ownResolvedAt: readTime(row.ownResolvedAt),
    resolvedAt: readTime(row.resolvedAt),
    expiresAt: readTime(row.expiresAt),
    expiredAt: readTime(row.expiredAt),
    endsSignature: row.endsSignature === 1,
  };
}

function episodeOf({ workItemId, ...row }: EpisodeRow, workItems: ReadonlyMap<number, WorkItemRecord>): Episode {
  const workItem = workItemId === null ? null : (workItems.get(workItemId) ?? null);
  return { workItem, newDetail: null, stored: true, ...row };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
