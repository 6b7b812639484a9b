import type { EntityManager } from 'typeorm';
import { notFound } from '../../common/errors';
import { isId } from '../../common/ids';
import { isSqlite } from '../../common/sql';
import type { WorkItemState, WorkItemType } from '../../work-items/lifecycle.rules';
import { numberOf } from '../../work-items/number.rules';
import { saveAttempts, firstAttemptOf, type Attempt } from '../deliveries/attempts';
import { DeliveryAttemptEntity } from '../delivery-attempt.entity';
import { DeliveryEntity } from '../delivery.entity';

/** A work item as it is told of. */
export interface ToldWorkItem {
  number: string;
  type: WorkItemType;
  state: WorkItemState;
}

/** A delivery, locked until the transaction ends; 404 if there is none. */
export async function lockDelivery(tx: EntityManager, id: string): Promise<DeliveryEntity> {
  const lock = isSqlite(tx) ? undefined : ({ mode: 'pessimistic_write' } as const);
  const row = isId(id) ? await tx.findOne(DeliveryEntity, { where: { id: id.toLowerCase() }, lock }) : null;
  if (row === null) throw notFound(`delivery ${id.slice(0, 40)}`);
  return row;
}

/** Adds an attempt to those of a delivery; the first one of all is written down by what the row says of it. */
export async function addAttempt(tx: EntityManager, row: DeliveryEntity, attempt: Attempt): Promise<void> {
  const isFirst = !(await tx.existsBy(DeliveryAttemptEntity, { deliveryId: row.id }));
  await saveAttempts(tx, isFirst ? [firstAttemptOf(row), attempt] : [attempt]);
}

/** The work item of a delivery; null for none, or where it is gone. */
export async function toldWorkItem(manager: EntityManager, id: number | null): Promise<ToldWorkItem | null> {
  if (id === null) return null;
  const [row] = await manager.query<{ id: number; type: WorkItemType; state: WorkItemState }[]>(
    'SELECT id, type, state FROM work_items WHERE id = ?',
    [id],
  );
  return row === undefined ? null : { number: numberOf(row), type: row.type, state: row.state };
}
