import type { EntityManager } from 'typeorm';
import { newId } from '../common/ids';
import { insertRows, placeholders, sqlTime, type SqlValue } from '../common/sql';
import type { Lookups } from './alert-references.rules';
import type { ArmId } from './arm-id.rules';
import { compareText } from './binding-evidence.rules';
import { classOf } from './ci-class.rules';
import { armKeyHash } from './ci-keys.rules';
import type { Candidates, CiCandidate } from './find-ci.rules';
import { groupBy } from './group-by';

/** Rows that are read for a name that is looked up everywhere: one tells who it is, two that nobody can tell. */
const NAME_LIMIT = 11;
/** SQLite takes 32,766 variables and 500 selects in one statement. */
const KEYS_PER_STATEMENT = 10_000;
const NAMES_PER_STATEMENT = 200;

const COLUMNS =
  'c.id, c.name, c.className, c.resourceId, c.resourceType, c.subscriptionId, c.resourceGroup, c.criticality, ' +
  'c.supportGroup, c.environment, c.tags, c.status, c.stub';

/** A raw row of the candidate select. */
interface CandidateRow extends Omit<CiCandidate, 'tags' | 'isRetired' | 'isStub'> {
  /** The ARM id's hash or the lookup key's hash by which it was found. */
  foundBy: string;
  tags: string;
  status: string;
  stub: number;
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

/** An item as the CMDB makes it for an ARM id that it did not know. */
export interface NewStub extends CiCandidate {
  armId: ArmId;
}

/** A stub for an ARM id, not yet stored. */
export function stubOf(armId: ArmId): NewStub {
  return {
    armId,
    id: newId(),
    name: armId.name,
    className: classOf(armId.resourceType),
    resourceId: armId.path,
    resourceType: armId.resourceType.slice(0, 255),
    subscriptionId: armId.subscriptionId,
    resourceGroup: armId.resourceGroup,
    criticality: null,
    supportGroup: null,
    environment: null,
    tags: {},
    isRetired: false,
    isStub: true,
  };
}

/** Stores stubs, in one order on every instance, so that two of them wait for one another instead of deadlocking. */
export async function insertStubs(tx: EntityManager, stubs: readonly NewStub[], now: Date): Promise<void> {
  const time = sqlTime(now);
  const rows = stubs
    .map((stub) => ({ stub, hash: armKeyHash(stub.armId.key) }))
    .sort((left, right) => compareText(left.hash, right.hash))
    .map(({ stub, hash }) => stubRow(stub, hash, time));
  await insertRows(tx, 'configuration_items', STUB_COLUMNS, rows);
}

const STUB_COLUMNS = [
  'id',
  'name',
  'nameKey',
  'className',
  'resourceId',
  'canonicalKeyHash',
  'resourceType',
  'subscriptionId',
  'resourceGroup',
  'status',
  'stub',
  'tags',
  'aliases',
  'version',
  'createdAt',
  'updatedAt',
];

function stubRow(stub: NewStub, hash: string, time: string): SqlValue[] {
  const { id, name, className, resourceId, resourceType, subscriptionId, resourceGroup } = stub;
  const identity = [id, name, name.toLowerCase().slice(0, 255), className, resourceId, hash];
  return [...identity, resourceType, subscriptionId, resourceGroup, 'operational', 1, '{}', '[]', 1, time, time];
}

/** One statement, unless the batch holds more keys than a driver takes. */
function statementsOf(armHashes: readonly string[], lookups: readonly Lookups[]): Select[] {
  const keys = lookups.flatMap((lookup) => lookup.keys);
  const names = hashesOf(keys.filter((key) => key.kind === 'name'));
  const selects = [
    chunks(armHashes, KEYS_PER_STATEMENT).map(byArmId),
    chunks(hashesOf(keys.filter((key) => key.kind !== 'name')), KEYS_PER_STATEMENT).map(byKey),
    chunks(names, NAMES_PER_STATEMENT).map(byName),
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

function candidateOf({ foundBy: _, tags, status, stub, ...row }: CandidateRow): CiCandidate {
  return {
    ...row,
    tags: tags === '{}' ? {} : (JSON.parse(tags) as Record<string, string>),
    isRetired: status === 'retired',
    isStub: Boolean(stub),
  };
}

function hashesOf(keys: readonly { hash: string }[]): string[] {
  return [...new Set(keys.map((key) => key.hash))];
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  const count = Math.ceil(values.length / size);
  return Array.from({ length: count }, (_, index) => values.slice(index * size, (index + 1) * size));
}
