import { LessThanOrEqual, type EntityManager } from 'typeorm';
import { AuthRejectionEntity } from './auth-rejection.entity';

/** How many rows stay, by whether the token was good: a flood without good tokens deletes only its own kind. */
export interface Keep {
  verified: number;
  unverified: number;
}

/** Deletes all refused calls but the newest ones of either kind, so that a flood that lasts for days does not fill the database. */
export async function trimRejections(tx: EntityManager, keep: Keep): Promise<void> {
  await trimKind(tx, true, keep.verified);
  await trimKind(tx, false, keep.unverified);
}

async function trimKind(tx: EntityManager, verified: boolean, keep: number): Promise<void> {
  const [surplus] = await tx.find(AuthRejectionEntity, {
    select: { id: true },
    where: { verified },
    order: { id: 'DESC' },
    skip: keep,
    take: 1,
  });
  if (surplus !== undefined) await tx.delete(AuthRejectionEntity, { verified, id: LessThanOrEqual(surplus.id) });
}
