import { sqlTime, type SqlValue } from '../../common/sql';
import { joined, oneOf, raw, sql, where, type SqlText } from '../../common/sql-text.rules';
import type { Checks } from './checks.rules';
import {
  ALL_PRIORITIES,
  combinationsOf,
  type ColumnFilter,
  type Filter,
  type OpenedWindow,
  type TextFilter,
} from './filters.rules';
import { beyond, ordered, upTo, type Order, type Position } from './order.rules';
import type { Plan } from './plan.rules';

/** How the engine is told which index to use, and to join in the order in which the tables stand. */
export interface Dialect {
  isSqlite: boolean;
}

/** The part of a list that a statement is to find. */
export interface Wanted {
  order: Order;
  opened: OpenedWindow;
  /** After this place. */
  after: Position | null;
  /** Up to this place and no further. */
  until: Position | null;
  limit: number;
}

/** Keeps an engine from merging a table that is made first into the rest of the statement. */
const ALL = raw('LIMIT 1000000000');

/** The sort keys of the work items that a plan finds, in order. */
export function statementOf(plan: Plan, wanted: Wanted, dialect: Dialect): SqlText {
  return plan.kind === 'walk' ? walk(plan, wanted, dialect) : gather(plan, wanted, dialect);
}

/** The place that lies `entries` ahead in the index of the order. */
export function boundaryOf(wanted: Wanted, entries: number, dialect: Dialect): SqlText {
  const { order, opened } = wanted;
  const met = order.columns[0] === 'updatedAt' ? [] : [...allPriorities(order), ...windowOf(opened, 'w')];
  const conditions = where([...met, ...placesOf(wanted, 'w', dialect)]);
  return sql`SELECT ${keysOf(order, 'w')} FROM work_items w${forced(order.index, dialect)}${conditions}
    ${ordered(order, 'w')} LIMIT 1 OFFSET ${entries}`;
}

function walk({ drive, checks }: Extract<Plan, { kind: 'walk' }>, wanted: Wanted, dialect: Dialect): SqlText {
  const branches = branchesOf(drive, wanted.order).map((conditions) =>
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
function branchesOf(drive: ColumnFilter | null, { columns }: Order): SqlText[][] {
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
  const conditions = [
    ...windowOf(wanted.opened, 'w'),
    ...placesOf(wanted, 'w', dialect),
    ...found.flatMap(({ condition }) => condition ?? []),
  ];
  const all = sql`SELECT ${keysOf(wanted.order, 'w')} FROM (${idsOf(from, wanted, dialect)}) s
    ${straight(dialect)} work_items w${forced('ix_work_items_sort_keys', dialect)} ON w.id = s.id${joined(
      found.map(({ join }) => join),
      '',
    )}${where(conditions)}`;
  if (rows.length === 0) return sql`${all} ${ordered(wanted.order, 'w')} LIMIT ${wanted.limit}`;
  // Rows are read in the order of the list, and no more of them than it takes.
  return sql`SELECT ${keysOf(wanted.order, 'g')} FROM (${all} ${ordered(wanted.order, 'w')} ${ALL}) g${rowOf('g', dialect)}${where(
    rows.map((filter) => rowCondition(filter)),
  )} ${ordered(wanted.order, 'g')} LIMIT ${wanted.limit}`;
}

/** Ids of all that a filter lets through, from its index alone. */
function idsOf(from: Filter | null, { opened }: Wanted, dialect: Dialect): SqlText {
  const parts = sourcesOf(from, opened, dialect).map(({ ids, rest }) => sql`SELECT ${ids} AS id ${rest}`);
  return sql`${joined(parts, ' UNION ')} ${ALL}`;
}

/** Where the entries of a filter are: which column has the ids, and all that follows it in a SELECT. */
export interface Source {
  ids: SqlText;
  rest: SqlText;
}

/** What a filter lets through, from its index alone; several sources are added up. Null = the window of times. */
export function sourcesOf(filter: Filter | null, opened: OpenedWindow, dialect: Dialect): Source[] {
  if (filter === null) return [entries('ix_work_items_opened', windowOf(opened, 'w'), dialect)];
  switch (filter.kind) {
    case 'columns': {
      const lists = Object.entries(filter.columns).map(([name, values]) => oneOf(`w.${name}`, values));
      return [entries(filter.index, [...lists, ...windowOf(opened, 'w')], dialect)];
    }
    case 'item':
      return [bound([filter.ciId], dialect)];
    case 'text':
      return textSources(filter, opened, dialect);
  }
}

function textSources(filter: TextFilter, opened: OpenedWindow, dialect: Dialect): Source[] {
  const { pattern, signatures, ciIds, byHand, numbers } = filter;
  const window = windowOf(opened, 'w');
  const sources: Source[] = [];
  if (numbers !== null)
    sources.push(entries('PRIMARY', [sql`w.id BETWEEN ${numbers.from} AND ${numbers.to}`], dialect));
  if (byHand === null)
    sources.push(entries('ix_work_items_signature', [raw('w.signature IS NULL'), ...window], dialect));
  else if (byHand.length > 0) sources.push(entries('PRIMARY', [oneOf('w.id', byHand)], dialect));
  if (signatures === null) sources.push(ofSignaturesWith(pattern, window, dialect));
  else if (signatures.length > 0)
    sources.push(entries('ix_work_items_signature', [oneOf('w.signature', signatures), ...window], dialect));
  if (ciIds === null) sources.push(ofItemsNamed(pattern, dialect));
  else if (ciIds.length > 0) sources.push(bound(ciIds, dialect));
  return sources.length > 0 ? sources : [entries('PRIMARY', [raw('1 = 0')], dialect)];
}

function ofSignaturesWith(pattern: string, window: readonly SqlText[], dialect: Dialect): Source {
  const conditions = where([textHas(pattern), ...window]);
  return {
    ids: raw('w.id'),
    rest: sql`FROM signatures s ${straight(dialect)} work_items w${forced('ix_work_items_signature', dialect)}
      ON w.signature = s.signature${conditions}`,
  };
}

function ofItemsNamed(pattern: string, dialect: Dialect): Source {
  return {
    ids: raw('b.workItemId'),
    rest: sql`FROM configuration_items c ${straight(dialect)} bindings b${forced('ix_bindings_item', dialect)}
      ON b.ciId = c.id AND b.isRemoved = 0 WHERE c.nameKey LIKE ${pattern} ESCAPE '!'`,
  };
}

/** A text of this length has been cut off: what it lacks, only the rows tell. */
const FULL_TEXT = 2_000;

/** The signature has had a work item with this text, or perhaps had. */
export function textHas(pattern: string): SqlText {
  return sql`(s.searchText LIKE ${pattern} ESCAPE '!' OR LENGTH(s.searchText) >= ${FULL_TEXT})`;
}

function entries(index: string, conditions: readonly SqlText[], dialect: Dialect): Source {
  return { ids: raw('w.id'), rest: sql`FROM work_items w${forced(index, dialect)}${where(conditions)}` };
}

function bound(ciIds: readonly string[], dialect: Dialect): Source {
  const conditions = where([oneOf('b.ciId', ciIds), raw('b.isRemoved = 0')]);
  return { ids: raw('b.workItemId'), rest: sql`FROM bindings b${forced('ix_bindings_item', dialect)}${conditions}` };
}

/** Looks an entry up in the index of a filter; several values are several look-ups, one of which has to find it. */
function probe(
  filter: ColumnFilter | Extract<Filter, { kind: 'item' }>,
  alias: string,
  dialect: Dialect,
): { join: SqlText; condition: SqlText | null } {
  if (filter.kind === 'item') {
    const join = sql` ${straight(dialect)} bindings ${raw(alias)}${forced('ix_bindings_item', dialect)}
      ON ${raw(alias)}.ciId = ${filter.ciId} AND ${raw(alias)}.isRemoved = 0 AND ${raw(`${alias}.workItemId = w.id`)}`;
    return { join, condition: null };
  }
  const combinations = combinationsOf(filter.columns);
  const [only] = combinations;
  if (combinations.length === 1 && only !== undefined)
    return {
      join: lookUp(only, { index: filter.index, alias, word: straight(dialect) }, dialect),
      condition: null,
    };
  const joins = combinations.map((combination, place) =>
    lookUp(combination, { index: filter.index, alias: `${alias}_${place}`, word: raw('LEFT JOIN') }, dialect),
  );
  const found = combinations.map((_, place) => raw(`${alias}_${place}.id IS NOT NULL`));
  return { join: joined(joins, ''), condition: sql`(${joined(found, ' OR ')})` };
}

function lookUp(
  combination: Readonly<Record<string, SqlValue>>,
  { index, alias, word }: { index: string; alias: string; word: SqlText },
  dialect: Dialect,
): SqlText {
  const values = Object.entries(combination).map(([name, value]) => oneOf(`${alias}.${name}`, [value]));
  const same = raw(`${alias}.openedAt = w.openedAt AND ${alias}.id = w.id`);
  return sql` ${word} work_items ${raw(alias)}${forced(index, dialect)} ON ${joined([...values, same], ' AND ')}`;
}

function rowOf(of: string, dialect: Dialect): SqlText {
  return sql` ${straight(dialect)} work_items r${forced('PRIMARY', dialect)} ON r.id = ${raw(of)}.id`;
}

/** A filter said of the row itself. */
function rowCondition(filter: Filter): SqlText {
  switch (filter.kind) {
    case 'columns':
      return joined(
        Object.entries(filter.columns).map(([name, values]) => oneOf(`r.${name}`, values)),
        ' AND ',
      );
    case 'item':
      return boundTo(sql`b.ciId = ${filter.ciId}`);
    case 'text':
      return textCondition(filter);
  }
}

function textCondition({ pattern, numbers, ciIds }: TextFilter): SqlText {
  const texts = ['title', 'alertRule'].map((name) => sql`LOWER(${raw(`r.${name}`)}) LIKE ${pattern} ESCAPE '!'`);
  if (numbers !== null) {
    const ofType = numbers.type === null ? raw('') : sql` AND r.type = ${numbers.type}`;
    texts.push(sql`(r.id BETWEEN ${numbers.from} AND ${numbers.to}${ofType})`);
  }
  if (ciIds === null) texts.push(boundTo(sql`c.nameKey LIKE ${pattern} ESCAPE '!'`, NAMED_ITEMS));
  else if (ciIds.length > 0) texts.push(boundTo(oneOf('b.ciId', ciIds)));
  return sql`(${joined(texts, ' OR ')})`;
}

const NAMED_ITEMS = raw(' JOIN configuration_items c ON c.id = b.ciId');

/** Counted, as an EXISTS may be made a table of all bindings first. */
function boundTo(condition: SqlText, join = raw('')): SqlText {
  return sql`(SELECT COUNT(*) FROM bindings b${join} WHERE b.workItemId = r.id AND b.isRemoved = 0 AND ${condition}) > 0`;
}

function windowOf({ after, before }: OpenedWindow, alias: string): SqlText[] {
  const column = raw(`${alias}.openedAt`);
  const from = after === null ? [] : [sql`${column} > ${sqlTime(after)}`];
  return before === null ? from : [...from, sql`${column} < ${sqlTime(before)}`];
}

function placesOf({ order, after, until }: Wanted, alias: string, { isSqlite }: Dialect): SqlText[] {
  const start = after === null ? [] : [beyond(order, after, { alias, isSqlite })];
  return until === null ? start : [...start, upTo(order, until, { alias, isSqlite })];
}

function keysOf({ columns }: Order, alias: string): SqlText {
  return raw(columns.map((column) => `${alias}.${column}`).join(', '));
}

/** Names the index to be used, where an engine would think of another one. */
export function forced(index: string, { isSqlite }: Dialect): SqlText {
  return raw(isSqlite ? '' : ` FORCE INDEX (${index})`);
}

/** Joins in the order given. SQLite takes CROSS JOIN for that, and only there it means it. */
function straight({ isSqlite }: Dialect): SqlText {
  return raw(isSqlite ? 'CROSS JOIN' : 'STRAIGHT_JOIN');
}
