import type { EntityManager } from 'typeorm';
import {
  forUpdate,
  insertRow,
  insertRows,
  placeholders,
  readTime,
  sqlTime,
  updateRows,
  type SqlValue,
} from '../common/sql';
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
  const rows = await tx.query<(WorkItemRow & { slot: string })[]>(
    `SELECT s.signature AS slot, ${READ_COLUMNS} FROM signatures s LEFT JOIN work_items w ON w.id = s.workItemId
     WHERE s.signature IN (${placeholders(signatures.length)}) ORDER BY s.signature${forUpdate(tx)}`,
    [...signatures].sort(),
  );
  return new Map(rows.map(({ slot, ...row }) => [slot, row.id === null ? null : recordOf(row)]));
}

/** The work items of these ids, locked until the transaction ends. */
export async function lockWorkItems(tx: EntityManager, ids: readonly number[]): Promise<Map<number, WorkItemRecord>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<WorkItemRow[]>(
    `SELECT ${READ_COLUMNS} FROM work_items w WHERE w.id IN (${placeholders(ids.length)}) ORDER BY w.id${forUpdate(tx)}`,
    [...ids],
  );
  return new Map(rows.map((row) => [Number(row.id), recordOf(row)]));
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
  const columns = [...CHANGING_COLUMNS, ...FIXED_COLUMNS];
  const rows = workItems.map((workItem) => [...changingValues(workItem, now), ...fixedValues(workItem, now)]);
  if (workItems.length === 1) {
    (workItems[0] as WorkItemRecord).id = await insertRow(tx, { table: 'work_items', columns }, rows[0] as SqlValue[]);
    return;
  }
  await insertRows(tx, 'work_items', columns, rows);
  await readIds(tx, workItems);
}

/** How the engines count up within one statement is their business (and a cluster's): the ids are read back. */
async function readIds(tx: EntityManager, workItems: readonly WorkItemRecord[]): Promise<void> {
  const openers = workItems.map(({ openedByDeliveryId }) => openedByDeliveryId);
  const inserted = await tx.query<{ id: number; openedByDeliveryId: string }[]>(
    `SELECT id, openedByDeliveryId FROM work_items WHERE openedByDeliveryId IN (${placeholders(openers.length)})`,
    openers,
  );
  const ids = new Map(inserted.map((row) => [row.openedByDeliveryId, row.id]));
  for (const workItem of workItems) {
    const id = ids.get(workItem.openedByDeliveryId);
    if (id === undefined) throw new Error(`The work item of delivery ${workItem.openedByDeliveryId} was not inserted.`);
    workItem.id = id;
  }
}

/** Writes what alerts change; what only people set is left alone. */
export async function updateWorkItems(
  tx: EntityManager,
  workItems: readonly WorkItemRecord[],
  now: Date,
): Promise<void> {
  const rows = workItems.map((workItem) => [idOf(workItem), ...changingValues(workItem, now)]);
  await updateRows(tx, { table: 'work_items', key: 'id', columns: CHANGING_COLUMNS }, rows);
}

/** Points slots at their newest work items; a signature that has none yet gets its slot. */
export async function saveSlots(
  tx: EntityManager,
  slots: readonly { signature: string; workItem: WorkItemRecord | null; isNew: boolean }[],
): Promise<void> {
  const rows = slots.map(({ signature, workItem, isNew }) => ({
    isNew,
    row: [signature, workItem === null ? null : idOf(workItem)],
  }));
  const fresh = rows.filter(({ isNew }) => isNew).map(({ row }) => row as SqlValue[]);
  fresh.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  await insertRows(tx, 'signatures', ['signature', 'workItemId'], fresh);
  const moved = rows.filter(({ isNew }) => !isNew).map(({ row }) => row as SqlValue[]);
  await updateRows(tx, { table: 'signatures', key: 'signature', columns: ['workItemId'] }, moved);
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

const CHANGING_COLUMNS = [
  'state',
  'title',
  'description',
  'impact',
  'urgency',
  'priority',
  'priorityReason',
  'openedAt',
  'resolvedAt',
  'resolvedBy',
  'resolutionCode',
  'resolutionNotes',
  'reopenCount',
  'alertCount',
  'firingCount',
  'lastResolvedAt',
  'alertRule',
  'subscriptionId',
  'leadKey',
  'version',
  'updatedAt',
];

const FIXED_COLUMNS = [
  'type',
  'source',
  'previousWorkItemId',
  'signature',
  'monitoringService',
  'openedByDeliveryId',
  'createdAt',
];

const READ_COLUMNS = [...CHANGING_COLUMNS, ...FIXED_COLUMNS, 'id', 'assignee']
  .map((name) => `w.${name} AS ${name}`)
  .join(', ');

function changingValues(workItem: WorkItemRecord, now: Date): SqlValue[] {
  return [
    workItem.state,
    workItem.title.slice(0, 255),
    workItem.description,
    workItem.impact,
    workItem.urgency,
    workItem.priority,
    workItem.priorityReason,
    sqlTime(workItem.openedAt),
    sqlTime(workItem.resolvedAt),
    workItem.resolvedBy,
    workItem.resolutionCode,
    workItem.resolutionNotes,
    workItem.reopenCount,
    workItem.alertCount,
    workItem.firingCount,
    sqlTime(workItem.lastResolvedAt),
    workItem.alertRule?.slice(0, 500) ?? null,
    workItem.subscriptionId?.slice(0, 64) ?? null,
    workItem.leadKey,
    workItem.version + 1,
    sqlTime(now),
  ];
}

function fixedValues(workItem: WorkItemRecord, now: Date): SqlValue[] {
  return [
    workItem.type,
    'azure-monitor',
    workItem.previous?.id ?? null,
    workItem.signature,
    workItem.monitoringService.slice(0, 100),
    workItem.openedByDeliveryId,
    sqlTime(now),
  ];
}

/** A row as the driver reads it; `id` is null where a slot has no work item. */
interface WorkItemRow extends Omit<WorkItemRecord, 'openedAt' | 'resolvedAt' | 'lastResolvedAt' | 'previous'> {
  openedAt: Date | string;
  resolvedAt: Date | string | null;
  lastResolvedAt: Date | string | null;
  previousWorkItemId: number | null;
}

function recordOf({ previousWorkItemId, ...row }: WorkItemRow): WorkItemRecord {
  return {
    ...row,
    openedAt: readTime(row.openedAt),
    resolvedAt: readTime(row.resolvedAt),
    lastResolvedAt: readTime(row.lastResolvedAt),
    previous: previousWorkItemId === null ? null : { id: previousWorkItemId },
  };
}

/** The id of a work item that is in the database. */
export function idOf({ id }: Pick<WorkItemRecord, 'id'>): number {
  if (id === null) throw new Error('A work item is used before it was inserted.');
  return id;
}
