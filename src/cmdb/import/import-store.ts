import type { EntityManager } from 'typeorm';
import { placeholders, sqlTime } from '../../common/sql';
import type { ArmId } from '../identity/arm-id.rules';
import { aliasKey, armKeyHash, comparableOf } from '../identity/ci-keys.rules';
import type { ItemRecord } from '../items/configuration-item.entity';
import { nameKeyOf } from '../items/item-changes.rules';
import { lockItems, readItems, saveItems } from '../items/item-store';
import { LOOKED_UP, readAll, slicesOf } from '../../common/slices';
import { takeTurn } from '../turns';
import type { ImportRow } from './import-row';
import { type KnownItems, nameOf } from './known-items.rules';
import type { ImportPlan } from './plan-import.rules';

/** Items that records of a chunk may be about, or lie in; `isLocked` = under their locks, in one order on every instance. */
export async function loadKnownItems(
  tx: EntityManager,
  { rows, ancestors, isLocked }: { rows: readonly ImportRow[]; ancestors: readonly ArmId[]; isLocked: boolean },
): Promise<KnownItems> {
  const named = rows.filter(({ read }) => read.armId === null);
  if (isLocked) await takeTurn(tx, TURN);
  const ids = await idsOf(tx, { rows, ancestors, named });
  const byId = await (isLocked ? lockItems(tx, ids) : readItems(tx, ids));
  return knownItemsOf([...byId.values()]);
}

/** Writes what a chunk came to. */
export async function savePlan(tx: EntityManager, plan: ImportPlan, now: Date): Promise<void> {
  await giveUpArmIds(tx, plan.rekeyed);
  await saveItems(tx, { inserted: plan.inserted, updated: plan.updated, now });
  await markSeen(tx, plan.seen, now);
}

async function idsOf(
  tx: EntityManager,
  { rows, ancestors, named }: { rows: readonly ImportRow[]; ancestors: readonly ArmId[]; named: readonly ImportRow[] },
): Promise<string[]> {
  const armIds = [...rows.flatMap(({ read }) => read.armId ?? []), ...ancestors];
  const hashes = [...armIds.map(({ key }) => armKeyHash(key)), ...rows.flatMap((row) => row.previousKeyHash ?? [])];
  const byArmId = await select(
    tx,
    'SELECT id, canonicalKeyHash AS foundBy FROM configuration_items WHERE canonicalKeyHash',
    hashes,
  );
  const found = new Set(byArmId.map(({ foundBy }) => foundBy));
  const missing = armIds.filter(({ key }) => !found.has(armKeyHash(key)));
  const aliases = missing.map(({ key }) => aliasKey(key).hash);
  const unique = rows.flatMap(({ uniqueIdHash }) => uniqueIdHash ?? []);
  const names = named.map(({ read }) => nameKeyOf(read.said.name ?? ''));
  const others = [
    ...(await select(tx, 'SELECT ciId AS id, keyHash AS foundBy FROM ci_keys WHERE keyHash', aliases)),
    ...(await select(tx, 'SELECT id, uniqueIdHash AS foundBy FROM configuration_items WHERE uniqueIdHash', unique)),
    ...(await select(
      tx,
      'SELECT id, nameKey AS foundBy FROM configuration_items WHERE canonicalKeyHash IS NULL AND nameKey',
      names,
    )),
  ];
  return [...new Set([...byArmId, ...others].map(({ id }) => id))];
}

/** `column IN (…)` at the end of a statement, for any number of values. */
function select(
  tx: EntityManager,
  statement: string,
  values: readonly string[],
): Promise<{ id: string; foundBy: string }[]> {
  return readAll(slicesOf([...new Set(values)], LOOKED_UP), (slice) =>
    tx.query<{ id: string; foundBy: string }[]>(`${statement} IN (${placeholders(slice.length)})`, slice),
  );
}

/** By what the items say under their locks: another one may have changed them since they were found. */
function knownItemsOf(items: readonly ItemRecord[]): KnownItems {
  const known: KnownItems = {
    byId: new Map(items.map((item) => [item.id, item])),
    byArmId: new Map(),
    byFormerArmId: new Map(),
    byUniqueId: new Map(),
    byName: new Map(),
  };
  for (const item of items.filter(({ mergedIntoId }) => mergedIntoId === null)) {
    if (item.uniqueIdHash !== null) known.byUniqueId.set(item.uniqueIdHash, item.id);
    for (const key of formerArmIdsOf(item)) known.byFormerArmId.set(armKeyHash(key), item.id);
    if (item.canonicalKeyHash !== null) known.byArmId.set(item.canonicalKeyHash, item.id);
    else known.byName.set(nameOf(item), [...(known.byName.get(nameOf(item)) ?? []), item.id]);
  }
  return known;
}

/** An ARM id that a person gives a service as an alias is that of a resource still, and not one that the service has had. */
function formerArmIdsOf({ aliases }: ItemRecord): string[] {
  const moved = aliases.filter(({ source }) => source === 'moved');
  return moved.map(({ value }) => comparableOf(value));
}

/** An ARM id is unique: before one item takes it, the other must have given it up. */
async function giveUpArmIds(tx: EntityManager, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    `UPDATE configuration_items SET canonicalKeyHash = NULL WHERE id IN (${placeholders(ids.length)})`,
    ids.toSorted(),
  );
}

async function markSeen(tx: EntityManager, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  const time = sqlTime(now);
  await tx.query(
    `UPDATE configuration_items SET lastSeenAt = ?, firstSeenAt = COALESCE(firstSeenAt, ?) WHERE id IN (${placeholders(ids.length)})`,
    [time, time, ...ids.toSorted()],
  );
}

/**
 * Chunks of imports come after one another: two imports of the same resources would lose races all the time, and no key keeps
 * two items without an ARM id from having one name.
 */
const TURN = 'cmdb-import';

/** Everything of a chunk that `ancestorsOf` names, each once. */
export function ancestorsOfRows(rows: readonly ImportRow[], ancestorsOf: (armId: ArmId) => readonly ArmId[]): ArmId[] {
  const all = rows.flatMap(({ read }) => (read.armId === null ? [] : ancestorsOf(read.armId)));
  return [...new Map(all.map((armId) => [armId.key, armId])).values()];
}
