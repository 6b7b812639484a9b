import type { EntityManager } from 'typeorm';
import { isSqlite, placeholders, readTime, type SqlValue } from '../../common/sql';
import type { Lookups } from './alert-references.rules';
import { HAS_DEPENDENTS } from '../relations/impact-store';
import { slicesOf } from '../../common/slices';
import { contendForKeys } from '../turns';
import { armKeyHash } from '../identity/ci-keys.rules';
import type { Candidates, CiCandidate } from './find-ci.rules';
import { groupBy } from '../../common/group-by';

/** Rows that are read for a name that is looked up everywhere: one tells who it is, two that nobody can tell. */
const NAME_LIMIT = 11;
/** SQLite takes 32,766 variables and 500 selects in one statement. */
const KEYS_PER_STATEMENT = 10_000;
const NAMES_PER_STATEMENT = 200;

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

/** Loads every item that any of the lookups of a whole batch finds, with one statement; with nothing to look up it sends none. */
export async function loadCandidates(tx: EntityManager, lookups: readonly Lookups[]): Promise<Candidates> {
  const armIds = new Map(lookups.flatMap(({ arm }) => arm.map((key) => [armKeyHash(key), key])));
  let rows: CandidateRow[] = [];
  for (const { sql, parameters } of statementsOf([...armIds.keys()], lookups)) {
    rows = rows.concat(await tx.query<CandidateRow[]>(sql, parameters));
  }
  return candidatesOf(rows, armIds);
}

/**
 * Waits until all who are giving an item one of these keys, or are changing an item that is found by its ARM id, have done so or
 * given up: what {@link loadCandidates} finds then misses nothing that was under way. SQLite has one writer at a time anyway.
 */
export async function awaitWriters(tx: EntityManager, lookups: readonly Lookups[]): Promise<void> {
  if (isSqlite(tx)) return;
  const hashes = hashesOf(lookups.flatMap(({ keys }) => keys)).sort();
  const isKey = `(SELECT keyHash FROM ci_keys WHERE keyHash = ? LIMIT ${NAME_LIMIT} LOCK IN SHARE MODE)`;
  for (const slice of slicesOf(hashes, NAMES_PER_STATEMENT)) {
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
function statementsOf(armHashes: readonly string[], lookups: readonly Lookups[]): Select[] {
  const keys = lookups.flatMap((lookup) => lookup.keys);
  const names = hashesOf(keys.filter((key) => key.kind === 'name'));
  const selects = [
    slicesOf(armHashes, KEYS_PER_STATEMENT).map(byArmId),
    slicesOf(hashesOf(keys.filter((key) => key.kind !== 'name')), KEYS_PER_STATEMENT).map(byKey),
    slicesOf(names, NAMES_PER_STATEMENT).map(byName),
  ];
  const count = Math.max(...selects.map((list) => list.length));
  return Array.from({ length: count }, (_, index) => unionOf(selects.flatMap((list) => list[index] ?? [])));
}

function byArmId(hashes: readonly string[]): Select {
  const sql = `SELECT c.canonicalKeyHash AS foundBy, ${COLUMNS} FROM configuration_items c WHERE c.canonicalKeyHash IN (${placeholders(hashes.length)})`;
  return { sql, parameters: [...hashes] };
}

function byKey(hashes: readonly string[]): Select {
  const sql = `SELECT k.keyHash AS foundBy, ${COLUMNS} FROM ci_keys k JOIN configuration_items c ON c.id = k.ciId WHERE k.keyHash IN (${placeholders(hashes.length)})`;
  return { sql, parameters: [...hashes] };
}

/** `vm1` may be the name of thousands: each name reads its first few index entries and no more. */
function byName(hashes: readonly string[]): Select {
  const first = `SELECT * FROM (SELECT keyHash, ciId FROM ci_keys WHERE keyHash = ? LIMIT ${NAME_LIMIT}) one`;
  const keys = hashes.map(() => first).join(' UNION ALL ');
  const sql = `SELECT k.keyHash AS foundBy, ${COLUMNS} FROM (${keys}) k JOIN configuration_items c ON c.id = k.ciId`;
  return { sql, parameters: [...hashes] };
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

function hashesOf(keys: readonly { hash: string }[]): string[] {
  return [...new Set(keys.map((key) => key.hash))];
}
