import { LessThanOrEqual, type EntityManager } from 'typeorm';
import { AuthRejectionEntity } from './auth-rejection.entity';

/** Deletes all refused calls but the newest ones, so that a flood that lasts for days does not fill the database. */
export async function trimRejections(tx: EntityManager, keep: number): Promise<void> {
  const [surplus] = await tx.find(AuthRejectionEntity, {
    select: { id: true },
    order: { id: 'DESC' },
    skip: keep,
    take: 1,
  });
  if (surplus !== undefined) await tx.delete(AuthRejectionEntity, { id: LessThanOrEqual(surplus.id) });
}
