import { In, type EntityManager } from 'typeorm';
import { forUpdate, insertRows, placeholders, sqlTime, updateRows } from '../../common/sql';
import { LOOKED_UP, readAll, slicesOf } from '../../common/slices';
import { CiRelation } from './ci-relation.entity';
import { relationKeyOf } from './relation-key.rules';

/** A relation without the class. */
export type RelationRecord = { [Field in keyof CiRelation]: CiRelation[Field] };

const COLUMNS = [
  ...['id', 'relationKey', 'sourceId', 'type', 'targetId', 'targetKeyHash', 'targetResourceId'],
  ...['redundancyGroup', 'setBy', 'createdBy', 'createdAt'],
];

/** Writes new relations; one that is there already is a duplicate key. In one order on every instance. */
export async function insertRelations(tx: EntityManager, relations: readonly RelationRecord[]): Promise<void> {
  const sorted = relations.toSorted((one, other) => (one.relationKey < other.relationKey ? -1 : 1));
  await insertRows(
    tx,
    'ci_relations',
    COLUMNS,
    sorted.map((relation) => [
      ...[relation.id, relation.relationKey, relation.sourceId, relation.type, relation.targetId],
      ...[relation.targetKeyHash, relation.targetResourceId, relation.redundancyGroup],
      ...[relation.setBy, relation.createdBy, sqlTime(relation.createdAt)],
    ]),
  );
}

/** Gives relations another target item or another group; nothing else of a relation changes. */
export async function updateRelations(
  tx: EntityManager,
  relations: readonly Pick<RelationRecord, 'id' | 'targetId' | 'redundancyGroup'>[],
): Promise<void> {
  await updateRows(
    tx,
    { table: 'ci_relations', key: 'id', columns: ['targetId', 'redundancyGroup'] },
    relations.map(({ id, targetId, redundancyGroup }) => [id, targetId, redundancyGroup]),
  );
}

/** Takes relations away, by id. */
export async function deleteRelations(tx: EntityManager, ids: readonly string[]): Promise<void> {
  for (const slice of slicesOf(ids.toSorted(), LOOKED_UP)) {
    await tx.query(`DELETE FROM ci_relations WHERE id IN (${placeholders(slice.length)})`, slice);
  }
}

/** What of an item its relations follow. */
export interface RelatedItem {
  id: string;
  resourceId: string | null;
  canonicalKeyHash: string | null;
  mergedIntoId: string | null;
}

/**
 * Lets relations follow the items that have just been written: those that waited for an item of this ARM id get it, those of a
 * stub go over to the item that it turned out to be, and those to an item that has another ARM id than before name it by that.
 */
export async function followItems(
  tx: EntityManager,
  { inserted, updated }: { inserted: readonly RelatedItem[]; updated: readonly RelatedItem[] },
): Promise<void> {
  await handOver(
    tx,
    updated.filter(({ mergedIntoId }) => mergedIntoId !== null),
  );
  await renameTargets(tx, updated);
  await linkTargets(tx, [...inserted, ...updated]);
}

/** Gives relations their target that were set before there was an item of its ARM id; answers which items have got some. */
export async function linkTargets(
  tx: EntityManager,
  items: readonly Pick<RelatedItem, 'id' | 'canonicalKeyHash'>[],
): Promise<Set<string>> {
  const linked = new Set<string>();
  const idOf = new Map(items.flatMap(({ id, canonicalKeyHash }) => (canonicalKeyHash ? [[canonicalKeyHash, id]] : [])));
  for (const slice of slicesOf([...idOf.keys()].sort(), LOOKED_UP)) {
    const rows = await tx.query<{ id: string; targetKeyHash: string }[]>(
      `SELECT id, targetKeyHash FROM ci_relations WHERE targetKeyHash IN (${placeholders(slice.length)}) AND targetId IS NULL ORDER BY id${forUpdate(tx)}`,
      slice,
    );
    await updateRows(
      tx,
      { table: 'ci_relations', key: 'id', columns: ['targetId'] },
      rows.map(({ id, targetKeyHash }) => [id, idOf.get(targetKeyHash) ?? null]),
    );
    for (const { targetKeyHash } of rows) linked.add(idOf.get(targetKeyHash) ?? '');
  }
  return linked;
}

async function handOver(tx: EntityManager, stubs: readonly RelatedItem[]): Promise<void> {
  if (stubs.length === 0) return;
  const heirOf = new Map(stubs.map(({ id, mergedIntoId }) => [id, mergedIntoId ?? id]));
  const heir = <Id extends string | null>(id: Id): Id => (id === null ? id : ((heirOf.get(id) ?? id) as Id));
  const relations = await relationsAt(tx, 'sourceId', [...heirOf.keys()]);
  const others = await relationsAt(tx, 'targetId', [...heirOf.keys()]);
  await rewrite(tx, [...new Map([...relations, ...others].map((each) => [each.id, each])).values()], (relation) => ({
    ...relation,
    sourceId: heir(relation.sourceId),
    targetId: heir(relation.targetId),
  }));
}

/** Where it lies follows from the ARM id: an import says anew what contains an item that has moved. */
async function renameTargets(tx: EntityManager, items: readonly RelatedItem[]): Promise<void> {
  const byId = new Map(items.map((item) => [item.id, item]));
  const stale = await relationsAt(tx, 'id', await staleTargets(tx, [...byId.keys()]));
  await rewrite(tx, stale, (relation) => {
    if (relation.type === 'contains' && relation.setBy === 'import') return null;
    const target = byId.get(relation.targetId ?? '');
    return {
      ...relation,
      targetKeyHash: target?.canonicalKeyHash ?? null,
      targetResourceId: target?.resourceId ?? null,
    };
  });
}

/** Ids of relations that name their target by another ARM id than it has now, or by none. */
async function staleTargets(tx: EntityManager, itemIds: readonly string[]): Promise<string[]> {
  const rows = await readAll(slicesOf(itemIds, LOOKED_UP), (slice) =>
    tx.query<{ id: string }[]>(
      `SELECT r.id FROM configuration_items c JOIN ci_relations r ON r.targetId = c.id
       WHERE c.id IN (${placeholders(slice.length)}) AND c.canonicalKeyHash IS NOT NULL
       AND (r.targetKeyHash IS NULL OR r.targetKeyHash <> c.canonicalKeyHash)`,
      slice,
    ),
  );
  return rows.map(({ id }) => id);
}

/**
 * Replaces relations by what they are now; null and what leads to itself goes, and what is there already is there once: as a
 * person has set it, if one has.
 */
async function rewrite(
  tx: EntityManager,
  relations: readonly RelationRecord[],
  change: (relation: RelationRecord) => RelationRecord | null,
): Promise<void> {
  if (relations.length === 0) return;
  const changed = relations.flatMap((relation) => change(relation) ?? []);
  const keyed = new Map<string, RelationRecord>();
  for (const relation of changed.filter(({ sourceId, targetId }) => sourceId !== targetId)) {
    const relationKey = relationKeyOf(relation);
    if (keyed.get(relationKey)?.setBy !== 'person') keyed.set(relationKey, { ...relation, relationKey });
  }
  await deleteRelations(
    tx,
    relations.map(({ id }) => id),
  );
  const there = await relationsAt(tx, 'relationKey', [...keyed.keys()]);
  const yielding = there.filter(
    (known) => known.setBy === 'import' && keyed.get(known.relationKey)?.setBy === 'person',
  );
  await deleteRelations(
    tx,
    yielding.map(({ id }) => id),
  );
  const staying = new Set(there.filter((known) => !yielding.includes(known)).map(({ relationKey }) => relationKey));
  await insertRelations(
    tx,
    [...keyed.values()].filter(({ relationKey }) => !staying.has(relationKey)),
  );
}

function relationsAt(
  tx: EntityManager,
  column: 'id' | 'relationKey' | 'sourceId' | 'targetId',
  values: readonly string[],
): Promise<RelationRecord[]> {
  return readAll(slicesOf(values, LOOKED_UP), (slice) => tx.find(CiRelation, { where: { [column]: In(slice) } }));
}
