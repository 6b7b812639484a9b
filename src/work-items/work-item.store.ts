import type { EntityManager } from 'typeorm';
import { forUpdate, insertRow, insertRows, placeholders, sqlTime, updateRows, type SqlValue } from '../common/sql';
import { locksAreLocal } from '../common/service-data-source';
import { dueAtOf } from './due.rules';
import { facetsOf } from './facets.rules';
import type { WorkItemType } from './lifecycle.rules';
import { numberOf } from './number.rules';
import {
  ALL_COLUMNS,
  allValues,
  CHANGING_COLUMNS,
  changingValues,
  READ_COLUMNS,
  recordOf,
  type WorkItemRow,
} from './work-item.columns';
import type { TimelineDraft, WorkItemRecord } from './work-item.record';

/** The set-based SQL of the ingest path: a fixed number of statements for any number of work items. */

/**
 * The newest work item of each signature that has a slot; all rows are locked until the transaction ends, in one order.
 */
export async function lockSlots(
  tx: EntityManager,
  signatures: readonly string[],
): Promise<Map<string, WorkItemRecord | null>> {
  if (signatures.length === 0) return new Map();
  await turnSlots(tx, signatures);
  const rows = await tx.query<(WorkItemRow & { slot: string })[]>(
    `SELECT s.signature AS slot, ${READ_COLUMNS} FROM signatures s LEFT JOIN work_items w ON w.id = s.workItemId
     WHERE s.signature IN (${placeholders(signatures.length)}) ORDER BY s.signature${forUpdate(tx)}`,
    [...signatures].sort(),
  );
  return new Map(rows.map(({ slot, ...row }) => [slot, row.id === null ? null : recordOf(row)]));
}

/**
 * On a cluster whose row locks end at the node: writes the slots that are about to be locked, so that of two nodes that decide about one
 * signature only one can commit. Elsewhere the lock does that, and nothing is sent.
 */
async function turnSlots(tx: EntityManager, signatures: readonly string[]): Promise<void> {
  if (signatures.length === 0 || !locksAreLocal(tx)) return;
  await tx.query(`UPDATE signatures SET turn = 1 - turn WHERE signature IN (${placeholders(signatures.length)})`, [
    ...signatures,
  ]);
}

/** The same for who comes by the work item: alerts read its state and decide about its slot. */
async function turnSlotsOf(tx: EntityManager, ids: readonly number[]): Promise<void> {
  if (!locksAreLocal(tx)) return;
  const rows = await tx.query<{ signature: string }[]>(
    `SELECT DISTINCT signature FROM work_items WHERE id IN (${placeholders(ids.length)}) AND signature IS NOT NULL`,
    [...ids],
  );
  await turnSlots(tx, rows.map(({ signature }) => signature).sort());
}

/** The work items of these ids, locked until the transaction ends. */
export async function lockWorkItems(tx: EntityManager, ids: readonly number[]): Promise<Map<number, WorkItemRecord>> {
  if (ids.length === 0) return new Map();
  await turnSlotsOf(tx, ids);
  const rows = await tx.query<WorkItemRow[]>(
    `SELECT ${READ_COLUMNS} FROM work_items w WHERE w.id IN (${placeholders(ids.length)}) ORDER BY w.id${forUpdate(tx)}`,
    [...ids],
  );
  return new Map(rows.map((row) => [Number(row.id), recordOf(row)]));
}

/** Of work items that are resolved: the number of the one that has its signature now, where that is another. By id. */
export async function successorsOf(
  manager: EntityManager,
  workItems: readonly Pick<WorkItemRecord, 'id' | 'state' | 'signature'>[],
): Promise<Map<number, string>> {
  const ids = workItems.flatMap(({ id, state, signature }) =>
    state === 'resolved' && signature !== null && id !== null ? [id] : [],
  );
  if (ids.length === 0) return new Map();
  const rows = await manager.query<{ id: number; type: WorkItemType; successorId: number }[]>(
    `SELECT w.id, n.type, n.id AS successorId FROM work_items w
     JOIN signatures s ON s.signature = w.signature JOIN work_items n ON n.id = s.workItemId
     WHERE w.id IN (${placeholders(ids.length)}) AND n.id <> w.id`,
    ids,
  );
  return new Map(rows.map(({ id, type, successorId }) => [id, numberOf({ type, id: successorId })]));
}

/** Inserts new work items and gives each its id. One that follows another new one comes after it. */
export async function insertWorkItems(
  tx: EntityManager,
  workItems: readonly WorkItemRecord[],
  now: Date,
): Promise<void> {
  let waiting = workItems;
  while (waiting.length > 0) {
    const ready = waiting.filter(({ previous }) => previous === null || previous.id !== null);
    await insertReady(tx, ready, now);
    waiting = waiting.filter(({ id }) => id === null);
  }
}

async function insertReady(tx: EntityManager, workItems: readonly WorkItemRecord[], now: Date): Promise<void> {
  const rows = workItems.map((workItem) => allValues(workItem, now));
  if (workItems.length === 1) {
    const target = { table: 'work_items', columns: ALL_COLUMNS };
    (workItems[0] as WorkItemRecord).id = await insertRow(tx, target, rows[0] as SqlValue[]);
    return;
  }
  await insertRows(tx, 'work_items', ALL_COLUMNS, rows);
  await readIds(tx, workItems);
}

/** How the engines count up within one statement is their business (and a cluster's): the ids are read back. */
async function readIds(tx: EntityManager, workItems: readonly WorkItemRecord[]): Promise<void> {
  const openers = [...new Set(workItems.map(({ openedByDeliveryId }) => openedByDeliveryId))];
  const inserted = await tx.query<(Opening & { id: number })[]>(
    `SELECT id, openedByDeliveryId, signature FROM work_items
     WHERE openedByDeliveryId IN (${placeholders(openers.length)})`,
    openers,
  );
  const ids = new Map(inserted.map((row) => [openingOf(row), row.id]));
  for (const workItem of workItems) {
    const id = ids.get(openingOf(workItem));
    if (id === undefined) throw new Error(`The work item of delivery ${workItem.openedByDeliveryId} was not inserted.`);
    workItem.id = id;
  }
}

type Opening = Pick<WorkItemRecord, 'openedByDeliveryId' | 'signature'>;

/** A delivery opens one work item of a signature. */
function openingOf({ openedByDeliveryId, signature }: Opening): string {
  return `${openedByDeliveryId} ${signature}`;
}

/** Writes records that were read under their locks in this transaction. Each is a new version. */
export async function updateWorkItems(
  tx: EntityManager,
  workItems: readonly WorkItemRecord[],
  now: Date,
): Promise<void> {
  const rows = workItems.map((workItem) => [idOf(workItem), ...changingValues(workItem, now)]);
  await updateRows(tx, { table: 'work_items', key: 'id', columns: CHANGING_COLUMNS }, rows);
  const isOther = (each: WorkItemRecord): boolean => each.knownFacets !== null && each.knownFacets !== facetsOf(each);
  await addFacets(tx, workItems.filter(isOther));
}

/**
 * Lets a search find work items of their signatures by what they are now. The slots are locked after the work items where people
 * change these, and before them by alerts: see {@link addSearchText}.
 */
export async function addFacets(tx: EntityManager, workItems: readonly WorkItemRecord[]): Promise<void> {
  const lines = new Map<string, Set<string>>();
  for (const workItem of workItems) {
    if (workItem.signature === null) continue;
    const known = lines.get(workItem.signature) ?? new Set();
    lines.set(workItem.signature, known.add(facetsOf(workItem)));
  }
  // One row a signature: of several that meet in one UPDATE, only one would be written.
  const rows = [...lines]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, facets]) => [key, [...facets].sort().join('')]);
  const target = { table: 'signatures', key: 'signature', columns: ['facets'], merge: { facets: withFacets } };
  await updateRows(tx, target, rows);
}

/** Sets the timers of records whose people-facing part is as it was: they stay the same version. */
export async function updateTimers(tx: EntityManager, workItems: readonly WorkItemRecord[]): Promise<void> {
  const columns = ['reopenUntil', 'dueAt'];
  const rows = workItems.map((each) => [idOf(each), sqlTime(each.reopenUntil), sqlTime(dueAtOf(each))]);
  await updateRows(tx, { table: 'work_items', key: 'id', columns }, rows);
}

/** Points slots at their newest work items; a signature that has none yet gets its slot. */
export async function saveSlots(
  tx: EntityManager,
  slots: readonly { signature: string; workItem: WorkItemRecord | null; isNew: boolean }[],
): Promise<void> {
  const rows = slots.map(({ signature, workItem, isNew }) => ({
    isNew,
    row:
      workItem === null
        ? [signature, null, null, NO_FACETS]
        : [signature, idOf(workItem), searchTextOf(workItem), facetsOf(workItem)],
  }));
  const fresh = rows.filter(({ isNew }) => isNew).map(({ row }) => row as SqlValue[]);
  fresh.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  await insertRows(tx, 'signatures', ['signature', 'workItemId', 'searchText', 'facets'], fresh);
  const moved = rows.filter(({ isNew }) => !isNew).map(({ row }) => row as SqlValue[]);
  const columns = ['workItemId', 'searchText', 'facets'];
  const merge = { searchText: withText, facets: withFacets };
  await updateRows(tx, { table: 'signatures', key: 'signature', columns, merge }, moved);
}

/**
 * Lets `q` find a work item of this signature by a title that a person gave it. The slot is locked after the work item here, and before
 * it by alerts: should the two meet, one of them is run again.
 */
export async function addSearchText(tx: EntityManager, signature: string, title: string): Promise<void> {
  const target = { table: 'signatures', key: 'signature', columns: ['searchText'], merge: { searchText: withText } };
  await updateRows(tx, target, [[signature, title.toLowerCase()]]);
}

/** What a slot's work item may be looked for by, in lower case. */
function searchTextOf({ title, alertRule }: WorkItemRecord): string {
  const isNamed = alertRule === null || title.includes(alertRule);
  return (isNamed ? title : `${title}\n${alertRule}`).toLowerCase().slice(0, MAX_SEARCH_TEXT);
}

const MAX_SEARCH_TEXT = 2_000;

/** The newest text first; what is there already is not said again. */
function withText(own: string, given: string): string {
  const isKnown = `${given} IS NULL OR INSTR(COALESCE(${own}, ''), ${given}) > 0`;
  return `CASE WHEN ${isKnown} THEN ${own} ELSE SUBSTR(CONCAT(${given}, '\n', COALESCE(${own}, '')), 1, ${MAX_SEARCH_TEXT}) END`;
}

const MAX_FACETS = 2_000;
const NO_FACETS = '\n';

/** What is there already is not said again; what grows beyond the column is unknown from then on, and NULL. */
function withFacets(own: string, given: string): string {
  const isUnknown = `${own} IS NULL OR LENGTH(${own}) + LENGTH(${given}) > ${MAX_FACETS}`;
  return `CASE WHEN INSTR(${own}, ${given}) > 0 THEN ${own} WHEN ${isUnknown} THEN NULL ELSE CONCAT(${own}, ${given}) END`;
}

/** Writes timeline entries, in the order given. */
export async function insertTimeline(tx: EntityManager, entries: readonly TimelineDraft[], now: Date): Promise<void> {
  const rows = entries.map((entry) => [
    idOf(entry.workItem),
    entry.kind,
    sqlTime(entry.at),
    sqlTime(now),
    entry.actor,
    entry.summary.slice(0, 500),
    entry.deliveryId,
    entry.detail === null ? null : JSON.stringify(entry.detail),
  ]);
  await insertRows(tx, 'timeline_entries', TIMELINE_COLUMNS, rows);
}

const TIMELINE_COLUMNS = ['workItemId', 'kind', 'at', 'recordedAt', 'actor', 'summary', 'deliveryId', 'detail'];

/** The id of a work item that is in the database. */
export function idOf({ id }: Pick<WorkItemRecord, 'id'>): number {
  if (id === null) throw new Error('A work item is used before it was inserted.');
  return id;
}
