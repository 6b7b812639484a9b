import { sqlTime } from '../../common/sql';
import { joined, oneOf, raw, sql, where, type SqlText } from '../../common/sql-text.rules';
import { AGE_CLASSES, changedBefore, FIRST_AGE_CLASS } from '../age-class.rules';
import type { Checks } from './checks.rules';
import { probe, rowCondition, rowOf } from './check-statements.rules';
import { forced, straight, type Dialect } from './dialect.rules';
import {
  ALL_PRIORITIES,
  combinationsOf,
  type ColumnFilter,
  type OpenedWindow,
  type SourceFilter,
} from './filters.rules';
import { beyond, ordered, upTo, type Order, type Position } from './order.rules';
import type { Plan } from './plan.rules';
import { SORT_KEYS, sourcesOf, windowOf } from './sources.rules';

/** The part of a list that a statement is to find. */
export interface Wanted {
  order: Order;
  opened: OpenedWindow;
  /** After this place. */
  after: Position | null;
  /** Up to this place and no further. */
  until: Position | null;
  limit: number;
  /** In the order of the last change: of these age classes alone; absent = of all. */
  ageClasses?: readonly number[];
}

/** Keeps an engine from merging a table that is made first into the rest of the statement. */
const ALL = raw('LIMIT 1000000000');

/** The sort keys of the work items that a plan finds, in order. */
export function statementOf(plan: Plan, wanted: Wanted, dialect: Dialect): SqlText {
  return plan.kind === 'walk' ? walk(plan, wanted, dialect) : gather(plan, wanted, dialect);
}

/** The place that lies `entries` ahead in the index of the order; of the order by the last change, in that of most work items. */
export function boundaryOf(wanted: Wanted, entries: number, dialect: Dialect): SqlText {
  const { order, opened } = wanted;
  const isByUpdate = order.columns[0] === 'updatedAt';
  const met = isByUpdate ? ofAgeClass(FIRST_AGE_CLASS, wanted) : [...allPriorities(order), ...windowOf(opened, 'w')];
  const conditions = where([...met, ...placesOf(wanted, 'w', dialect)]);
  return sql`SELECT ${keysOf(order, 'w')} FROM work_items w${forced(order.index, dialect)}${conditions}
    ${ordered(order, 'w')} LIMIT 1 OFFSET ${entries}`;
}

function walk({ drive, checks }: Extract<Plan, { kind: 'walk' }>, wanted: Wanted, dialect: Dialect): SqlText {
  const branches = branchesOf(drive, wanted).map((conditions) =>
    walkOne({ index: drive?.index ?? wanted.order.index, conditions, checks }, wanted, dialect),
  );
  const [only] = branches;
  if (branches.length === 1 && only !== undefined) return only;
  const all = joined(
    branches.map((branch, index) => sql`SELECT * FROM (${branch}) b${raw(String(index))}`),
    ' UNION ALL ',
  );
  return sql`SELECT * FROM (${all}) w ${ordered(wanted.order, 'w')} LIMIT ${wanted.limit}`;
}

/** An index has the order within each combination of the values before it; what is part of the order itself may be a list. */
function branchesOf(drive: ColumnFilter | null, wanted: Wanted): SqlText[][] {
  const { columns } = wanted.order;
  if (drive === null && columns[0] === 'updatedAt') {
    return (wanted.ageClasses ?? AGE_CLASSES).map((each) => ofAgeClass(each, wanted));
  }
  if (drive === null) return [allPriorities({ columns })];
  const isOrdered = (name: string): boolean => (columns as readonly string[]).includes(name);
  const entries = Object.entries(drive.columns);
  const lists = entries.filter(([name]) => isOrdered(name)).map(([name, values]) => oneOf(`w.${name}`, values));
  const fixed = Object.fromEntries(entries.filter(([name]) => !isOrdered(name)));
  return combinationsOf(fixed).map((combination) => [
    ...Object.entries(combination).map(([name, value]) => oneOf(`w.${name}`, [value])),
    ...lists,
  ]);
}

/**
 * The work items of an age class that can have been opened in time: of most of them, the last change tells. A page that begins later
 * than that begins at its own place: of two bounds, SQLite may go by the wrong one.
 */
function ofAgeClass(ageClass: number, { opened, after }: Wanted): SqlText[] {
  const isClass = sql`w.ageClass = ${ageClass}`;
  const latest = opened.before === null ? null : changedBefore(ageClass, opened.before);
  if (latest === null || (after !== null && String(after[0]) <= sqlTime(latest))) return [isClass];
  return [isClass, sql`w.updatedAt < ${sqlTime(latest)}`];
}

/** Named one by one, each is a range of its own, and a window of times a part of each. */
function allPriorities({ columns }: Pick<Order, 'columns'>): SqlText[] {
  return columns[0] === 'priority' ? [oneOf('w.priority', ALL_PRIORITIES)] : [];
}

function walkOne(
  { index, conditions, checks: { probes, rows } }: { index: string; conditions: readonly SqlText[]; checks: Checks },
  wanted: Wanted,
  dialect: Dialect,
): SqlText {
  const found = probes.map((filter, place) => probe(filter, `p${place}`, dialect));
  const joins = [...found.map(({ join }) => join), ...(rows.length === 0 ? [] : [rowOf('w', dialect)])];
  const all = [
    ...conditions,
    ...windowOf(wanted.opened, 'w'),
    ...placesOf(wanted, 'w', dialect),
    ...found.flatMap(({ condition }) => condition ?? []),
    ...rows.map((filter) => rowCondition(filter)),
  ];
  return sql`SELECT ${keysOf(wanted.order, 'w')} FROM work_items w${forced(index, dialect)}${joined(joins, '')}${where(all)}
    ${ordered(wanted.order, 'w')} LIMIT ${wanted.limit}`;
}

function gather(
  { from, checks: { probes, rows } }: Extract<Plan, { kind: 'gather' }>,
  wanted: Wanted,
  dialect: Dialect,
): SqlText {
  const found = probes.map((filter, place) => probe(filter, `p${place}`, dialect));
  const { entries, keys, of } = gathered(from, wanted, dialect);
  const conditions = [
    ...windowOf(wanted.opened, 'w'),
    ...placesOf(wanted, of, dialect),
    ...found.flatMap(({ condition }) => condition ?? []),
  ];
  const joins = joined([...found.map(({ join }) => join), keys], '');
  const all = sql`SELECT ${keysOf(wanted.order, of)} FROM ${entries}${joins}${where(conditions)}`;
  if (rows.length === 0) return sql`${all} ${ordered(wanted.order, of)} LIMIT ${wanted.limit}`;
  // Rows are read in the order of the list, and no more of them than it takes.
  return sql`SELECT ${keysOf(wanted.order, 'g')} FROM (${all} ${ALL}) g${rowOf('g', dialect)}${where(
    rows.map((filter) => rowCondition(filter)),
  )} ${ordered(wanted.order, 'g')} LIMIT ${wanted.limit}`;
}

/** All that a filter lets through, as `w`, to be checked, and what is joined then; `of` has the sort keys. */
interface Gathered {
  entries: SqlText;
  keys: SqlText;
  of: string;
}

/** But for the time of the last change, the indexes of most filters have the sort keys; that is looked up last, of what is left. */
function gathered(from: SourceFilter | null, { order, opened }: Wanted, dialect: Dialect): Gathered {
  const sources = sourcesOf(from, opened, dialect);
  if (sources.every(({ hasKeys }) => hasKeys)) {
    const parts = sources.map(({ rest }) => sql`SELECT w.id, w.priority, w.openedAt ${rest}`);
    const entries = sql`(${joined(parts, ' UNION ')} ${ALL}) w`;
    if (order.columns[0] !== 'updatedAt') return { entries, keys: raw(''), of: 'w' };
    return { entries, keys: sortKeys('k', 'w', dialect), of: 'k' };
  }
  const ids = sources.map(({ ids: column, rest }) => sql`SELECT ${column} AS id ${rest}`);
  const entries = sql`(${joined(ids, ' UNION ')} ${ALL}) s${sortKeys('w', 's', dialect)}`;
  return { entries, keys: raw(''), of: 'w' };
}

function sortKeys(alias: string, of: string, dialect: Dialect): SqlText {
  return sql` ${straight(dialect)} work_items ${raw(alias)}${forced(SORT_KEYS, dialect)} ON ${raw(`${alias}.id = ${of}.id`)}`;
}

function placesOf({ order, after, until }: Wanted, alias: string, { isSqlite }: Dialect): SqlText[] {
  const start = after === null ? [] : [beyond(order, after, { alias, isSqlite })];
  return until === null ? start : [...start, upTo(order, until, { alias, isSqlite })];
}

function keysOf({ columns }: Order, alias: string): SqlText {
  return raw(columns.map((column) => `${alias}.${column}`).join(', '));
}
