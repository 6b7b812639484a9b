import { In, type EntityManager } from 'typeorm';
import { insertRows, isSqlite, placeholders, sqlTime, type SqlValue, updateRows } from '../../common/sql';
import { keysOf } from '../identity/ci-keys.rules';
import { followItems, linkTargets } from '../relations/relation-store';
import { LOOKED_UP, readAll, slicesOf } from '../../common/slices';
import { checkTasksOf } from '../triage/waiting-task-store';
import { contendForKeys } from '../turns';
import { ConfigurationItem, type ItemRecord } from './configuration-item.entity';

/** As many as one statement names. */
const SLICE = 1_000;

type Column = [name: string, value: (item: ItemRecord) => SqlValue];

const COLUMNS: readonly Column[] = [
  ['name', (item) => item.name],
  ['nameKey', (item) => item.nameKey],
  ['searchText', searchTextOf],
  ['className', (item) => item.className],
  ['resourceId', (item) => item.resourceId],
  ['canonicalKeyHash', (item) => item.canonicalKeyHash],
  ['resourceType', (item) => item.resourceType],
  ['subscriptionId', (item) => item.subscriptionId],
  ['resourceGroup', (item) => item.resourceGroup],
  ['location', (item) => item.location],
  ['environment', (item) => item.environment],
  ['criticality', (item) => item.criticality],
  ['owner', (item) => item.owner],
  ['supportGroup', (item) => item.supportGroup],
  ['status', (item) => item.status],
  ['stub', (item) => Number(item.stub)],
  ['tags', (item) => JSON.stringify(item.tags)],
  ['aliases', (item) => JSON.stringify(item.aliases)],
  ['refusedAliases', ({ refusedAliases }) => (refusedAliases === null ? null : JSON.stringify(refusedAliases))],
  ['fieldSources', (item) => JSON.stringify(item.fieldSources)],
  ['firstSeenAt', (item) => sqlTime(item.firstSeenAt)],
  ['lastSeenAt', (item) => sqlTime(item.lastSeenAt)],
  ['uniqueIdHash', (item) => item.uniqueIdHash],
  ['mergedIntoId', (item) => item.mergedIntoId],
  ['mergeDueAt', (item) => sqlTime(item.mergeDueAt)],
  ['version', (item) => item.version],
  ['createdAt', (item) => sqlTime(item.createdAt)],
  ['updatedAt', (item) => sqlTime(item.updatedAt)],
];

const NAMES = COLUMNS.map(([name]) => name);

/**
 * Writes new items and what changed of others, with a few statements for any number of them, makes them findable by what they
 * are called now, lets their relations follow, and has the binding tasks looked at again that may have their answer now: what is
 * called so no longer may leave only one that is. The caller holds the locks of what it changes ({@link lockItems}).
 */
export async function saveItems(
  tx: EntityManager,
  { updated, now, ...written }: { inserted: readonly ItemRecord[]; updated: readonly ItemRecord[]; now: Date },
): Promise<void> {
  const inserted = inOneOrder(written.inserted);
  await updateRows(tx, { table: 'configuration_items', key: 'id', columns: NAMES }, updated.map(rowOf));
  await insertItems(tx, inserted);
  const former = await keyHashesOf(tx, updated);
  await deleteKeys(tx, updated);
  const findable = [...inserted, ...updated].filter(({ mergedIntoId }) => mergedIntoId === null);
  const keys = findable.flatMap((item) => keysOf(item).map((key) => ({ ...key, ciId: item.id })));
  await insertRows(
    tx,
    'ci_keys',
    ['keyHash', 'ciId', 'kind'],
    keys.map(({ hash, ciId, kind }) => [hash, ciId, kind]),
  );
  const own = [...keys.map(({ hash }) => hash), ...findable.flatMap((item) => item.canonicalKeyHash ?? [])];
  const hashes = [...new Set([...former, ...own])];
  await contendForKeys(tx, [...hashes, ...updated.map(({ id }) => id)]);
  await followItems(tx, { inserted, updated });
  await checkTasksOf(tx, hashes, now);
}

/**
 * Writes stubs, with one statement and without the keys that would find them by their name: see `keysOf`. Relations that waited
 * for them get them; answers which stubs have got some.
 */
export async function insertStubs(tx: EntityManager, stubs: readonly ItemRecord[]): Promise<Set<string>> {
  await insertItems(tx, inOneOrder(stubs));
  return linkTargets(tx, stubs);
}

/**
 * Writes items and takes them back, so that of two transactions on two nodes of a cluster that write an item of the same ARM id
 * only one can commit, and the other one, run again, sees what it wrote.
 */
export async function contendForArmIds(tx: EntityManager, items: readonly ItemRecord[]): Promise<void> {
  await insertItems(tx, inOneOrder(items));
  const ids = items.map(({ id }) => id);
  for (const slice of slicesOf(ids, LOOKED_UP)) {
    await tx.query(`DELETE FROM configuration_items WHERE id IN (${placeholders(slice.length)})`, slice);
  }
}

/** So that two instances that write the same items wait for one another instead of deadlocking. */
function inOneOrder(items: readonly ItemRecord[]): ItemRecord[] {
  const orderOf = ({ canonicalKeyHash, id }: ItemRecord): string => canonicalKeyHash ?? id;
  return items.toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
}

async function insertItems(tx: EntityManager, items: readonly ItemRecord[]): Promise<void> {
  await insertRows(tx, 'configuration_items', ['id', ...NAMES], items.map(rowOf));
}

/** Items by id, locked in one order on every instance. */
export async function lockItems(tx: EntityManager, ids: readonly string[]): Promise<Map<string, ItemRecord>> {
  return locked(tx, 'id', ids);
}

/** Items by id, as they are now. */
export async function readItems(manager: EntityManager, ids: readonly string[]): Promise<Map<string, ItemRecord>> {
  const items = await readAll(slicesOf(ids, SLICE), (slice) => manager.findBy(ConfigurationItem, { id: In(slice) }));
  return new Map(items.map((item) => [item.id, item]));
}

/** Items by the hash of their ARM id's canonical key, locked. */
export async function lockItemsOfArmIds(
  tx: EntityManager,
  hashes: readonly string[],
): Promise<Map<string, ItemRecord>> {
  return locked(tx, 'canonicalKeyHash', hashes);
}

async function locked(
  tx: EntityManager,
  column: 'id' | 'canonicalKeyHash',
  values: readonly string[],
): Promise<Map<string, ItemRecord>> {
  const sorted = [...new Set(values)].sort();
  const items = await readAll(slicesOf(sorted, SLICE), (slice) => {
    const select = tx
      .createQueryBuilder(ConfigurationItem, 'item')
      .where(`item.${column} IN (:...slice)`, { slice })
      .orderBy(`item.${column}`);
    if (!isSqlite(tx)) select.setLock('pessimistic_write');
    return select.getMany();
  });
  return new Map(items.map((item) => [item[column] ?? '', item]));
}

/** The keys that find items until now. */
async function keyHashesOf(tx: EntityManager, items: readonly ItemRecord[]): Promise<string[]> {
  const ids = items.map(({ id }) => id);
  const rows = await readAll(slicesOf(ids, LOOKED_UP), (slice) =>
    tx.query<{ keyHash: string }[]>(`SELECT keyHash FROM ci_keys WHERE ciId IN (${placeholders(slice.length)})`, slice),
  );
  return rows.map(({ keyHash }) => keyHash);
}

async function deleteKeys(tx: EntityManager, items: readonly ItemRecord[]): Promise<void> {
  const ids = items.map(({ id }) => id);
  for (const slice of slicesOf(ids, SLICE)) {
    await tx.query(`DELETE FROM ci_keys WHERE ciId IN (${placeholders(slice.length)})`, slice);
  }
}

function searchTextOf({ name, resourceId, aliases }: ItemRecord): string {
  return [name, resourceId ?? '', ...aliases.map(({ value }) => value)].join('\n').toLowerCase();
}

function rowOf(item: ItemRecord): SqlValue[] {
  return [item.id, ...COLUMNS.map(([, value]) => value(item))];
}
