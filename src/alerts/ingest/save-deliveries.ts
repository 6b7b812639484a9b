import type { EntityManager } from 'typeorm';
import type { FieldError } from '../../common/errors';
import { insertRows, placeholders, sqlTime, type SqlValue } from '../../common/sql';
import type { DeliveryStatus } from '../delivery.entity';
import type { Gathered } from './gather';
import type { AcceptedDelivery } from './ingest-state';

/** What every delivery has, whatever it is. */
export type Envelope = Omit<AcceptedDelivery, 'kind' | 'alert'>;

/** A delivery that is JSON but not an alert in the common schema; kept so that an operator can see and replay it. */
export interface RejectedDelivery extends Envelope {
  kind: 'rejected';
  code: 'not_common_schema' | 'invalid_payload' | 'scope_violation';
  errors: FieldError[];
}

/** Which of these deliveries are in the database. */
export async function storedIds(manager: EntityManager, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const sql = `SELECT id FROM deliveries WHERE id IN (${placeholders(ids.length)})`;
  const rows = await manager.query<{ id: string }[]>(sql, [...ids]);
  return new Set(rows.map(({ id }) => id));
}

/** Writes the deliveries of a batch, each with what became of it. */
export async function saveDeliveries(
  tx: EntityManager,
  folded: readonly Gathered[],
  rejected: readonly RejectedDelivery[],
): Promise<void> {
  await insertRows(tx, 'deliveries', COLUMNS, [...folded.map(processedRow), ...rejected.map(rejectedRow)]);
}

/** Writes what became of a delivery whose row is there already, in place of what it said. */
export async function rewriteDelivery(tx: EntityManager, gathered: Gathered): Promise<void> {
  const row = new Map(COLUMNS.map((column, index) => [column, processedRow(gathered)[index] ?? null]));
  await tx.query(
    `UPDATE deliveries SET ${RESULT.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
    [...RESULT, 'id'].map((column) => row.get(column) ?? null),
  );
}

/** Keeps a delivery that the pipeline itself failed on. */
export async function parkDelivery(tx: EntityManager, delivery: Envelope, code: string): Promise<void> {
  await insertRows(tx, 'deliveries', COLUMNS, [
    [...commonValues(delivery), 'parked' satisfies DeliveryStatus, null, code, null, null, null, null, null],
  ]);
}

const COLUMNS = [
  'id',
  'receivedAt',
  'callerAppId',
  'requestId',
  'body',
  'status',
  'outcome',
  'code',
  'dedupKey',
  'duplicateOf',
  'alertId',
  'workItemId',
  'errors',
];

/** What says how it ended. */
const RESULT = ['status', 'outcome', 'code', 'dedupKey', 'duplicateOf', 'alertId', 'workItemId', 'errors'];

function processedRow({ delivery, outcome, duplicateOf, alertId, workItems }: Gathered): SqlValue[] {
  const status: DeliveryStatus = outcome === 'duplicate' ? 'duplicate' : 'processed';
  const dedupKey = outcome === 'duplicate' ? null : delivery.alert.deliveryKey;
  return [
    ...commonValues(delivery),
    status,
    outcome,
    null,
    dedupKey,
    duplicateOf,
    alertId,
    workItems[0]?.id ?? null,
    null,
  ];
}

function rejectedRow(delivery: RejectedDelivery): SqlValue[] {
  const status: DeliveryStatus = 'rejected';
  return [
    ...commonValues(delivery),
    status,
    null,
    delivery.code,
    null,
    null,
    null,
    null,
    JSON.stringify(delivery.errors),
  ];
}

function commonValues(delivery: Envelope): SqlValue[] {
  return [
    delivery.id,
    sqlTime(delivery.receivedAt),
    delivery.callerAppId,
    delivery.requestId.slice(0, 100),
    delivery.body,
  ];
}
