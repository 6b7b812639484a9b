import type { EntityManager } from 'typeorm';
import { placeholders, readTime, sqlTime, type SqlValue } from '../../common/sql';
import type { WorkItemState, WorkItemType } from '../../work-items/lifecycle.rules';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import { lockSlots, lockWorkItems } from '../../work-items/work-item.store';
import { episodeKeyUnder, type Episode } from './episode';
import { inOrderOfTime } from './fold.rules';
import type { AcceptedDelivery, IngestState, KnownDelivery } from './ingest-state';

/**
 * Loads and locks all that a batch may meet, in a fixed number of statements. Slots are locked first: what is read of
 * their signatures afterwards can't change until this transaction ends.
 */
export async function loadState(tx: EntityManager, batch: readonly AcceptedDelivery[]): Promise<IngestState> {
  const slots = new Map<string, WorkItemRecord | null>();
  const rows = await loadLocked(tx, batch, slots);
  const deliveries = await loadDeliveries(tx, batch, new Set(rows.map(({ episodeKey }) => episodeKey)));
  const fresh = batch.filter(({ alert }) => !deliveries.has(alert.deliveryKey));
  const unsettled = unsettledSignatures(fresh, rows);
  rows.push(...(await loadSettling(tx, unsettled, slots)));
  return { deliveries, episodes: await asEpisodes(tx, rows, slots), slots, unsettled: new Set(unsettled.keys()) };
}

/**
 * The batch's episodes and the orphans that matter to it, under the locks of their signatures. An episode may be known under
 * another signature than its delivery has (the portal's Test button); then that one is locked too, and all is read again.
 */
async function loadLocked(
  tx: EntityManager,
  batch: readonly AcceptedDelivery[],
  slots: Map<string, WorkItemRecord | null>,
): Promise<EpisodeRow[]> {
  const wanted = {
    episodeKeys: unique(batch.map(({ alert }) => alert.episodeKey)),
    signatures: unique(batch.map(({ alert }) => alert.signature)),
    since: new Date(Math.min(...batch.map(({ alert }) => alert.eventAt.getTime()))),
  };
  await lockInto(tx, slots, wanted.signatures);
  const rows = await loadEpisodes(tx, wanted);
  const signatureOf = new Map(rows.map(({ episodeKey, signature }) => [episodeKey, signature]));
  const strays = batch.filter(
    ({ alert }) => (signatureOf.get(alert.episodeKey) ?? alert.signature) !== alert.signature,
  );
  if (strays.length === 0) return rows;
  const others = unique(rows.map(({ signature }) => signature)).filter((each) => !wanted.signatures.includes(each));
  await lockInto(tx, slots, others);
  return loadEpisodes(tx, {
    episodeKeys: unique([...wanted.episodeKeys, ...strays.map(({ alert }) => episodeKeyUnder(alert))]),
    signatures: [...wanted.signatures, ...others],
    since: wanted.since,
  });
}

async function lockInto(
  tx: EntityManager,
  slots: Map<string, WorkItemRecord | null>,
  signatures: readonly string[],
): Promise<void> {
  for (const [signature, workItem] of await lockSlots(tx, signatures)) slots.set(signature, workItem);
}

/** A delivery can only be known if its episode is; so an alert that is new costs no look-up. */
async function loadDeliveries(
  tx: EntityManager,
  batch: readonly AcceptedDelivery[],
  knownEpisodes: ReadonlySet<string>,
): Promise<Map<string, KnownDelivery>> {
  const suspects = batch.filter(({ alert }) => knownEpisodes.has(alert.episodeKey));
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

/** Episodes by their keys, and the orphans of the signatures whose Resolved is not older than `since`. */
function loadEpisodes(
  tx: EntityManager,
  { episodeKeys, signatures, since }: { episodeKeys: string[]; signatures: string[]; since: Date },
): Promise<EpisodeRow[]> {
  return tx.query<EpisodeRow[]>(
    `SELECT ${COLUMNS} FROM alerts WHERE episodeKey IN (${placeholders(episodeKeys.length)})
     UNION ALL SELECT ${COLUMNS} FROM alerts WHERE orphanKey IN (${placeholders(signatures.length)}) AND ownResolvedAt >= ?`,
    [...episodeKeys, ...signatures, sqlTime(since)],
  );
}

/**
 * The signatures where orphans are in play, each with the time from which on its alerts matter: an orphan is known, a known
 * one now gets its Fired, a Resolved comes whose episode nobody has seen fire, or what is known of an episode changes, as it
 * fires again or its end moves: then it was open at other times than before.
 */
function unsettledSignatures(fresh: readonly AcceptedDelivery[], rows: readonly EpisodeRow[]): Map<string, Date> {
  const unsettled = new Map<string, Date>();
  const note = (signature: string, time: Date | null): void => {
    const earliest = unsettled.get(signature);
    if (time !== null && (earliest === undefined || time < earliest)) unsettled.set(signature, time);
  };
  for (const { signature, occurrences, ownResolvedAt } of rows) {
    if (occurrences === 0) note(signature, readTime(ownResolvedAt));
  }
  const byKey = new Map(rows.map((row) => [row.episodeKey, row]));
  const seenFiring = new Set(rows.filter(({ occurrences }) => occurrences > 0).map(({ episodeKey }) => episodeKey));
  for (const { alert } of inOrderOfTime(fresh)) {
    const known = byKey.get(alert.episodeKey);
    if (alert.condition === 'resolved') {
      const signature = known === undefined || known.ownResolvedAt === null ? alert.signature : known.signature;
      if (!seenFiring.has(alert.episodeKey)) note(signature, alert.eventAt);
      else if (known !== undefined) note(known.signature, readTime(known.resolvedAt));
    }
    if (alert.condition === 'fired') {
      const ownUnderSignature = known === undefined ? undefined : byKey.get(episodeKeyUnder(alert));
      for (const row of [known, ownUnderSignature]) {
        if (row !== undefined) note(alert.signature, readTime(row.firedAt ?? row.ownResolvedAt));
      }
      seenFiring.add(alert.episodeKey);
    }
  }
  return unsettled;
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
  return tx.query<EpisodeRow[]>(`SELECT ${COLUMNS} FROM alerts WHERE ${conditions.join(' OR ')}`, values);
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
  endsSignature, occurrences, detailRank`;

interface DeliveryRow {
  dedupKey: string;
  id: string;
  alertId: string;
  workItemId: number | null;
  type: WorkItemType;
  state: WorkItemState;
}

interface EpisodeRow {
  id: string;
  episodeKey: string;
  signature: string;
  workItemId: number | null;
  firedAt: Date | string | null;
  lastFiredAt: Date | string | null;
  ownResolvedAt: Date | string | null;
  resolvedAt: Date | string | null;
  resolvedByAlertId: string | null;
  endsSignature: number;
  occurrences: number;
  detailRank: string;
}

function episodeOf(
  { workItemId, endsSignature, ...row }: EpisodeRow,
  workItems: ReadonlyMap<number, WorkItemRecord>,
): Episode {
  return {
    ...row,
    workItem: workItemId === null ? null : (workItems.get(workItemId) ?? null),
    firedAt: readTime(row.firedAt),
    lastFiredAt: readTime(row.lastFiredAt),
    ownResolvedAt: readTime(row.ownResolvedAt),
    resolvedAt: readTime(row.resolvedAt),
    endsSignature: endsSignature === 1,
    newDetail: null,
    stored: true,
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
