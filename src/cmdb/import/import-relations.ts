import type { EntityManager } from 'typeorm';
import { newId } from '../../common/ids';
import { locksAreLocal } from '../../common/service-data-source';
import { isSqlite, placeholders } from '../../common/sql';
import { parseArmId } from '../identity/arm-id.rules';
import { newStub } from '../items/item-changes.rules';
import { contendForArmIds } from '../items/item-store';
import { deleteRelations, insertRelations, linkTargets, updateRelations } from '../relations/relation-store';
import { LOOKED_UP, readAll, slicesOf } from '../../common/slices';
import type { RelationClaims } from './import-row';
import type { KnownItems } from './known-items.rules';
import type { ImportPlan } from './plan-import.rules';
import {
  planRelations,
  type RelationChanges,
  type ThereRelation,
  type WantedRelation,
  wantedRelations,
} from './plan-relations.rules';

/** What a chunk tells of relations, and what of that is new. Reads, and writes nothing. */
export async function planImportedRelations(
  tx: EntityManager,
  plan: Pick<ImportPlan, 'claims' | 'containments'>,
  known: KnownItems,
): Promise<RelationChanges> {
  const { claims } = plan;
  const wanted = wantedRelations(claims, plan.containments);
  const there = await relationsThere(tx, wanted, claims);
  const targetIds = await targetIdsOf(tx, wanted, known);
  return planRelations(wanted, there, {
    claims,
    sourceOf: (id) => parseArmId(known.byId.get(id)?.resourceId ?? ''),
    targetIdOf: (hash) => targetIds.get(hash) ?? null,
  });
}

/** Writes it. */
export async function saveRelationChanges(
  tx: EntityManager,
  { inserted, updated, deleted }: RelationChanges,
  { by, now }: { by: string | null; now: Date },
): Promise<void> {
  await deleteRelations(tx, deleted);
  await updateRelations(tx, updated);
  const origin = { setBy: 'import', createdBy: by, createdAt: now } as const;
  await insertRelations(
    tx,
    inserted.map((relation) => ({ ...relation, ...origin, id: newId() })),
  );
  await linkWhatCameMeanwhile(
    tx,
    inserted.filter(({ targetId }) => targetId === null),
    now,
  );
}

const COLUMNS = 'id, relationKey, sourceId, type, targetId, targetResourceId, redundancyGroup, setBy';

async function relationsThere(
  tx: EntityManager,
  wanted: ReadonlyMap<string, WantedRelation>,
  claims: ReadonlyMap<string, RelationClaims>,
): Promise<ThereRelation[]> {
  const owners = [...claims].filter(([, { speaksOf }]) => speaksOf !== 'nothing');
  const ids = owners.map(([id]) => id);
  const own = await select(tx, `setBy = 'import' AND type <> 'contains' AND sourceId`, ids);
  const containers = owners.filter(([, each]) => each.speaksOf === 'all' || each.relations.some(isContainment));
  const contained = await select(
    tx,
    `setBy = 'import' AND type = 'contains' AND sourceId`,
    containers.map(([id]) => id),
  );
  const found = new Set([...own, ...contained].map(({ relationKey }) => relationKey));
  const others = await select(
    tx,
    'relationKey',
    [...wanted.keys()].filter((key) => !found.has(key)),
  );
  return [...own, ...contained, ...others];
}

function isContainment({ type }: { type: string }): boolean {
  return type === 'contains';
}

function select(tx: EntityManager, condition: string, values: readonly string[]): Promise<ThereRelation[]> {
  return readAll(slicesOf(values, LOOKED_UP), (slice) =>
    tx.query<ThereRelation[]>(
      `SELECT ${COLUMNS} FROM ci_relations WHERE ${condition} IN (${placeholders(slice.length)})`,
      slice,
    ),
  );
}

async function targetIdsOf(
  tx: EntityManager,
  wanted: ReadonlyMap<string, WantedRelation>,
  { byArmId }: KnownItems,
): Promise<Map<string, string>> {
  const ids = new Map(byArmId);
  const hashes = new Set([...wanted.values()].map(({ targetKeyHash }) => targetKeyHash));
  const unknown = [...hashes].filter((hash) => !ids.has(hash));
  for (const { id, canonicalKeyHash } of await itemsOf(tx, unknown, '')) ids.set(canonicalKeyHash, id);
  return ids;
}

/**
 * An item that another transaction is just bringing in: whoever writes it looks for relations that wait for it, and may not
 * have seen ours. Under a lock, one of both sees what the other wrote; where locks end at the node, one of both has to fail.
 */
async function linkWhatCameMeanwhile(
  tx: EntityManager,
  waiting: readonly Pick<WantedRelation, 'targetKeyHash' | 'targetResourceId'>[],
  now: Date,
): Promise<void> {
  if (isSqlite(tx)) return;
  const resourceIds = new Map(waiting.map(({ targetKeyHash, targetResourceId }) => [targetKeyHash, targetResourceId]));
  const items = await itemsOf(tx, [...resourceIds.keys()].sort(), ' LOCK IN SHARE MODE');
  await linkTargets(tx, items);
  if (!locksAreLocal(tx)) return;
  for (const { canonicalKeyHash } of items) resourceIds.delete(canonicalKeyHash);
  const armIds = [...resourceIds.values()].flatMap((resourceId) => parseArmId(resourceId) ?? []);
  await contendForArmIds(
    tx,
    armIds.map((armId) => newStub(armId, { now, newId })),
  );
}

function itemsOf(
  tx: EntityManager,
  hashes: readonly string[],
  lock: string,
): Promise<{ id: string; canonicalKeyHash: string }[]> {
  return readAll(slicesOf(hashes, LOOKED_UP), (slice) =>
    tx.query<{ id: string; canonicalKeyHash: string }[]>(
      `SELECT id, canonicalKeyHash FROM configuration_items WHERE canonicalKeyHash IN (${placeholders(slice.length)})${lock}`,
      slice,
    ),
  );
}
