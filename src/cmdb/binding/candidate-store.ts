import type { EntityManager } from 'typeorm';
import { isSqlite, placeholders, readTime, type SqlValue } from '../../common/sql';
import type { Lookups } from './alert-references.rules';
import { HAS_DEPENDENTS } from '../relations/impact-store';
import { slicesOf } from '../../common/slices';
import { contendForKeys } from '../turns';
import { isContainerCi } from '../identity/ci-class.rules';
import { armKeyHash, type LookupKey } from '../identity/ci-keys.rules';
import { type Candidates, type CiCandidate, MAX_TOLD_APART } from './find-ci.rules';
import { groupBy } from '../../common/group-by';

/** What many items may share. */
type SharedKind = Exclude<LookupKey['kind'], 'alias'>;

/** Rows that are read for what many items may share: one tells who it is, two that nobody can tell. */
const FIRST_ROWS = 11;
/** Where the nearest is looked for, or some are not meant, all of them are wanted, and one more tells that there are too many. */
const ALL_ROWS = MAX_TOLD_APART + 1;
/** Rows of a key that are locked. */
const LOCKED_ROWS = 11;
/** SQLite takes 32,766 variables and 500 selects in one statement. */
const KEYS_PER_STATEMENT = 10_000;
const SHARED_PER_STATEMENT = 400;

const COLUMNS =
  'c.id, c.name, c.className, c.resourceId, c.resourceType, c.subscriptionId, c.resourceGroup, c.criticality, ' +
  `c.supportGroup, c.environment, c.tags, c.status, c.stub, c.lastSeenAt, ${HAS_DEPENDENTS} AS hasDependents`;

/** A raw row of the candidate select. */
interface CandidateRow extends Omit<CiCandidate, 'tags' | 'isRetired' | 'isStub' | 'hasDependents' | 'lastSeenAt'> {
  /** The ARM id's hash or the lookup key's hash by which it was found. */
  foundBy: string;
  tags: string;
  status: string;
  stub: number;
  lastSeenAt: Date | string | null;
  hasDependents: number;
}

interface Select {
  sql: string;
  parameters: SqlValue[];
}

/**
 * Loads the items that the lookups of a whole batch find, with one statement; with nothing to look up it sends none. Of a key that
 * many items share the first few are read. Where too few of those are in use to tell, those in use are read with one more
 * statement: ids begin with the time of their making, so that what has retired comes first.
 */
export async function loadCandidates(tx: EntityManager, lookups: readonly Lookups[]): Promise<Candidates> {
  const armIds = new Map(lookups.flatMap(({ arm }) => arm.map((key) => [armKeyHash(key), key])));
  const keys = lookups.flatMap((lookup) => lookup.keys);
  const first = await readSelects(tx, statementsOf([...armIds.keys()], keys));
  const unsettled = slicesOf(unsettledHashes(first, keys), SHARED_PER_STATEMENT);
  const live = await readSelects(tx, unsettled.map(bySharedKeyLive));
  return candidatesOf([...first, ...live], armIds);
}

async function readSelects(tx: EntityManager, selects: readonly Select[]): Promise<CandidateRow[]> {
  let rows: CandidateRow[] = [];
  for (const { sql, parameters } of selects) rows = rows.concat(await tx.query<CandidateRow[]>(sql, parameters));
  return rows;
}

/**
 * Waits until all who are giving an item one of these keys, or are changing an item that is found by its ARM id, have done so or
 * given up: what {@link loadCandidates} finds then misses nothing that was under way. SQLite has one writer at a time anyway.
 */
export async function awaitWriters(tx: EntityManager, lookups: readonly Lookups[]): Promise<void> {
  if (isSqlite(tx)) return;
  const hashes = hashesOf(lookups.flatMap(({ keys }) => keys)).sort();
  const isKey = `(SELECT keyHash FROM ci_keys WHERE keyHash = ? LIMIT ${LOCKED_ROWS} LOCK IN SHARE MODE)`;
  for (const slice of slicesOf(hashes, SHARED_PER_STATEMENT)) {
    await tx.query(slice.map(() => isKey).join(' UNION ALL '), slice);
  }
  const armHashes = [...new Set(lookups.flatMap(({ arm }) => arm.map(armKeyHash)))].sort();
  await contendForKeys(tx, [...hashes, ...armHashes]);
  for (const slice of slicesOf(armHashes, KEYS_PER_STATEMENT)) {
    const isItem = `canonicalKeyHash IN (${placeholders(slice.length)})`;
    await tx.query(`SELECT id FROM configuration_items WHERE ${isItem} LOCK IN SHARE MODE`, slice);
  }
}

/** One statement, unless the batch holds more keys than a driver takes. */
function statementsOf(armHashes: readonly string[], keys: readonly LookupKey[]): Select[] {
  const selects = [
    slicesOf(armHashes, KEYS_PER_STATEMENT).map(byArmId),
    slicesOf(hashesOf(keys.filter(({ kind }) => kind === 'alias')), KEYS_PER_STATEMENT).map(byAlias),
    slicesOf(sharedKeysOf(keys), SHARED_PER_STATEMENT).map(bySharedKey),
  ];
  const count = Math.max(...selects.map((list) => list.length));
  return Array.from({ length: count }, (_, index) => unionOf(selects.flatMap((list) => list[index] ?? [])));
}

function byArmId(hashes: readonly string[]): Select {
  const sql = `SELECT c.canonicalKeyHash AS foundBy, ${COLUMNS} FROM configuration_items c WHERE c.canonicalKeyHash IN (${placeholders(hashes.length)})`;
  return { sql, parameters: [...hashes] };
}

/** Hardly two items have one alias: people can't give it twice. */
function byAlias(hashes: readonly string[]): Select {
  const sql = `SELECT k.keyHash AS foundBy, ${COLUMNS} FROM ci_keys k JOIN configuration_items c ON c.id = k.ciId WHERE k.keyHash IN (${placeholders(hashes.length)})`;
  return { sql, parameters: [...hashes] };
}

/** `vm1` may be the name of thousands, and a subscription may hold as many `default`s: each key reads its first few index entries and no more. */
function bySharedKey(keys: readonly SharedKey[]): Select {
  const first = (key: SharedKey): string =>
    `SELECT * FROM (SELECT keyHash, ciId FROM ci_keys WHERE keyHash = ? LIMIT ${rowsOf(key)}) one`;
  return byKeysOf(
    keys.map(first),
    keys.map(({ hash }) => hash),
  );
}

/**
 * A subquery, as the planner turns a join round where few rows of the table have a status, and reads all of those. What has retired
 * under such a name is walked past, one lookup by primary key each.
 */
function bySharedKeyLive(hashes: readonly string[]): Select {
  const isLive = "(SELECT i.status FROM configuration_items i WHERE i.id = n.ciId) <> 'retired'";
  const live = `SELECT * FROM (SELECT n.keyHash, n.ciId FROM ci_keys n WHERE n.keyHash = ? AND ${isLive} LIMIT ${ALL_ROWS}) one`;
  return byKeysOf(
    hashes.map(() => live),
    hashes,
  );
}

function byKeysOf(selects: readonly string[], hashes: readonly string[]): Select {
  const keys = selects.join(' UNION ALL ');
  const sql = `SELECT k.keyHash AS foundBy, ${COLUMNS} FROM (${keys}) k JOIN configuration_items c ON c.id = k.ciId`;
  return { sql, parameters: [...hashes] };
}

/** The keys of which not all rows were read, and those that were do not tell who it is, or that nobody can tell. */
function unsettledHashes(rows: readonly CandidateRow[], keys: readonly LookupKey[]): string[] {
  const found = groupBy(rows, (row) => row.foundBy);
  return sharedKeysOf(keys).flatMap((key) => {
    const read = found.get(key.hash) ?? [];
    return read.length < rowsOf(key) || isSettled(key, read) ? [] : [key.hash];
  });
}

function rowsOf(key: SharedKey): number {
  return wantsAll(key) ? ALL_ROWS : FIRST_ROWS;
}

function wantsAll({ kind, isSifted }: SharedKey): boolean {
  return kind === 'host' || isSifted === true;
}

function isSettled(key: SharedKey, read: readonly CandidateRow[]): boolean {
  const live = read.filter(({ status }) => status !== 'retired');
  return wantsAll(key) ? live.length === read.length : live.filter((row) => !isContainerCi(row)).length > 1;
}

function unionOf(selects: readonly Select[]): Select {
  return {
    sql: selects.map(({ sql }) => sql).join(' UNION ALL '),
    parameters: selects.flatMap(({ parameters }) => parameters),
  };
}

function candidatesOf(rows: readonly CandidateRow[], armIds: ReadonlyMap<string, string>): Candidates {
  const found = groupBy(rows, (row) => row.foundBy);
  const byArmId = new Map<string, CiCandidate>();
  const byKey = new Map<string, CiCandidate[]>();
  for (const [hash, group] of found) {
    const cis = group.map(candidateOf);
    const armId = armIds.get(hash);
    if (armId === undefined) byKey.set(hash, cis);
    else if (cis[0] !== undefined) byArmId.set(armId, cis[0]);
  }
  return { byArmId, byKey };
}

function candidateOf({ foundBy: _, tags, status, stub, hasDependents, lastSeenAt, ...row }: CandidateRow): CiCandidate {
  return {
    ...row,
    tags: tags === '{}' ? {} : (JSON.parse(tags) as Record<string, string>),
    isRetired: status === 'retired',
    isStub: Boolean(stub),
    lastSeenAt: readTime(lastSeenAt),
    hasDependents: Boolean(hasDependents),
  };
}

type SharedKey = LookupKey & { kind: SharedKind };

/** Of the same key the one that wants more. */
function sharedKeysOf(keys: readonly LookupKey[]): SharedKey[] {
  const shared = keys.filter((key): key is SharedKey => key.kind !== 'alias');
  const [less, more] = [shared.filter((key) => !wantsAll(key)), shared.filter(wantsAll)];
  return [...new Map([...less, ...more].map((key) => [key.hash, key])).values()];
}

function hashesOf(keys: readonly { hash: string }[]): string[] {
  return [...new Set(keys.map((key) => key.hash))];
}
