import type { EntityManager } from 'typeorm';
import type { FieldError } from '../../common/errors';
import { newId } from '../../common/ids';
import { insertRows, sqlTime } from '../../common/sql';
import { oneLine } from '../../common/text.rules';
import { DeliveryAttemptEntity, type AttemptKind } from '../delivery-attempt.entity';
import type { DeliveryEntity } from '../delivery.entity';

/** One try at processing a delivery. */
export type Attempt = Pick<
  DeliveryAttemptEntity,
  'deliveryId' | 'at' | 'actor' | 'actorName' | 'kind' | 'outcome' | 'code' | 'error'
>;

/** What a row tells of its first attempt, as long as no other was made. */
export type AttemptedRow = Pick<DeliveryEntity, 'id' | 'receivedAt' | 'status' | 'outcome' | 'code' | 'errors'>;

const COLUMNS = ['id', 'deliveryId', 'at', 'actor', 'actorName', 'kind', 'outcome', 'code', 'error'];

/** Writes attempts down, in their order. */
export async function saveAttempts(tx: EntityManager, attempts: readonly Attempt[]): Promise<void> {
  const rows = attempts.map(({ deliveryId, at, actor, actorName, kind, outcome, code, error }) => {
    return [newId(), deliveryId, sqlTime(at), actor, actorName, kind, outcome, code, error];
  });
  await insertRows(tx, 'delivery_attempts', COLUMNS, rows);
}

/** The attempts of a delivery, the oldest first; its row stands for the one that was not written down. */
export async function attemptsOf(manager: EntityManager, row: AttemptedRow): Promise<Attempt[]> {
  const kept = await manager.find(DeliveryAttemptEntity, { where: { deliveryId: row.id }, order: { id: 'ASC' } });
  return kept.length > 0 ? kept : [firstAttemptOf(row)];
}

/** What became of a delivery when it came. */
export function firstAttemptOf({ id, receivedAt, status, outcome, code, errors }: AttemptedRow): Attempt {
  const by = { actor: 'system', actorName: null, kind: 'first' satisfies AttemptKind } as const;
  return { deliveryId: id, at: receivedAt, ...by, outcome: outcome ?? status, code, error: faultsOf(errors) };
}

/** Faults in one bounded line; null for none. */
export function faultsOf(errors: readonly FieldError[] | null): string | null {
  if (errors === null || errors.length === 0) return null;
  return oneLine(errors.map(({ path, message }) => `${path}: ${message}`).join('; '), 1_000);
}
