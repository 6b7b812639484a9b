import type { SqlValue } from '../../common/sql';
import { joined, oneOf, raw, sql, type SqlText } from '../../common/sql-text.rules';
import { forced, straight, type Dialect } from './dialect.rules';
import { combinationsOf, isOfPriorities, type ColumnFilter, type Filter, type TextFilter } from './filters.rules';

/** Looks an entry up in the index of a filter; several values are several look-ups, one of which has to find it. */
export function probe(
  filter: ColumnFilter | Extract<Filter, { kind: 'item' }>,
  alias: string,
  dialect: Dialect,
): { join: SqlText; condition: SqlText | null } {
  if (filter.kind === 'item') {
    const join = sql` ${straight(dialect)} bindings ${raw(alias)}${forced('ix_bindings_item', dialect)}
      ON ${raw(alias)}.ciId = ${filter.ciId} AND ${raw(alias)}.isRemoved = 0 AND ${raw(`${alias}.workItemId = w.id`)}`;
    return { join, condition: null };
  }
  const { priority = [], ...columns } = filter.columns;
  const ofPriorities = isOfPriorities(filter) ? [oneOf('w.priority', priority)] : [];
  const combinations = Object.keys(columns).length === 0 ? [] : combinationsOf(columns);
  const isOnly = combinations.length === 1;
  const joins = combinations.map((combination, place) =>
    lookUp(
      combination,
      { index: filter.index, alias: `${alias}_${place}`, word: isOnly ? straight(dialect) : raw('LEFT JOIN') },
      dialect,
    ),
  );
  const found = combinations.map((_, place) => raw(`${alias}_${place}.id IS NOT NULL`));
  const oneFound = found.length > 1 ? [sql`(${joined(found, ' OR ')})`] : [];
  const conditions = [...ofPriorities, ...oneFound];
  return { join: joined(joins, ''), condition: conditions.length === 0 ? null : joined(conditions, ' AND ') };
}

function lookUp(
  combination: Readonly<Record<string, SqlValue>>,
  { index, alias, word }: { index: string; alias: string; word: SqlText },
  dialect: Dialect,
): SqlText {
  const values = Object.entries(combination).map(([name, value]) => oneOf(`${alias}.${name}`, [value]));
  const same = ['priority', 'openedAt', 'id'].map((name) => raw(`${alias}.${name} = w.${name}`));
  return sql` ${word} work_items ${raw(alias)}${forced(index, dialect)} ON ${joined([...values, ...same], ' AND ')}`;
}

/** The row of an entry, as `r`. */
export function rowOf(of: string, dialect: Dialect): SqlText {
  return sql` ${straight(dialect)} work_items r${forced('PRIMARY', dialect)} ON r.id = ${raw(of)}.id`;
}

/** A filter said of the row itself. */
export function rowCondition(filter: Filter): SqlText {
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
