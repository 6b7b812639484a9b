import { sqlTime } from '../../common/sql';
import { joined, oneOf, raw, sql, where, type SqlText } from '../../common/sql-text.rules';
import { FACETS, facetLine } from '../facets.rules';
import { WORK_ITEM_TYPES } from '../lifecycle.rules';
import { bytesOf, forced, straight, type Dialect } from './dialect.rules';
import {
  isOfPriorities,
  type ClusterFilter,
  type ColumnFilter,
  type OpenedWindow,
  type SourceFilter,
  type TextFilter,
} from './filters.rules';

/** A slim copy of the table, by id. */
export const SORT_KEYS = 'ix_work_items_sort_keys';

/** Where the entries of a filter are: which column has the ids, and all that follows it in a SELECT. */
export interface Source {
  ids: SqlText;
  rest: SqlText;
  /** Its index tells the priority and the time of opening as well. */
  hasKeys: boolean;
}

/** What a filter lets through, from its index alone; several sources are added up. Null = the window of times. */
export function sourcesOf(filter: SourceFilter | null, opened: OpenedWindow, dialect: Dialect): Source[] {
  if (filter === null) return [entries('ix_work_items_opened', windowOf(opened, 'w'), dialect)];
  switch (filter.kind) {
    case 'columns': {
      return [entries(filter.index, [...listsOf(filter, opened), ...windowOf(opened, 'w')], dialect)];
    }
    case 'item':
      return [bound([filter.ciId], dialect)];
    case 'cluster':
      return clusterSources(filter, windowOf(opened, 'w'), dialect);
    case 'text':
      return textSources(filter, opened, dialect);
  }
}

/** All priorities are named only where a window of times is a part of each: fewer ranges are estimated better. */
function listsOf(filter: ColumnFilter, opened: OpenedWindow): SqlText[] {
  const isWindowed = opened.after !== null || opened.before !== null;
  const columns = Object.entries(filter.columns).filter(
    ([name]) => name !== 'priority' || isWindowed || isOfPriorities(filter),
  );
  return columns.map(([name, values]) => oneOf(`w.${name}`, values));
}

function clusterSources(
  { signatures, withByHand }: ClusterFilter,
  window: readonly SqlText[],
  dialect: Dialect,
): Source[] {
  const sources: Source[] = [];
  if (withByHand) sources.push(openedByHand(window, dialect));
  if (signatures.length > 0) sources.push(ofSignatures(signatures, window, dialect));
  return sources.length > 0 ? sources : [nothing(dialect)];
}

function textSources(filter: TextFilter, opened: OpenedWindow, dialect: Dialect): Source[] {
  const { pattern, signatures, ciIds, byHand, numbers } = filter;
  const ofPriority = filter.ofPriority === undefined ? [] : [sql`w.priority = ${filter.ofPriority}`];
  const window = [...ofPriority, ...windowOf(opened, 'w')];
  const sources: Source[] = [];
  if (numbers !== null)
    sources.push(entries(SORT_KEYS, [sql`w.id BETWEEN ${numbers.from} AND ${numbers.to}`], dialect));
  if (byHand === null) sources.push(openedByHand(window, dialect));
  else if (byHand.length > 0) sources.push(entries(SORT_KEYS, [oneOf('w.id', byHand)], dialect));
  if (signatures === null) sources.push(ofSignaturesWith(pattern, window, dialect));
  else if (signatures.length > 0) sources.push(ofSignatures(signatures, window, dialect));
  if (ciIds === null) sources.push(ofItemsNamed(pattern, dialect));
  else if (ciIds.length > 0) sources.push(bound(ciIds, dialect));
  return sources.length > 0 ? sources : [nothing(dialect)];
}

function openedByHand(window: readonly SqlText[], dialect: Dialect): Source {
  return entries('ix_work_items_signature', [raw('w.signature IS NULL'), ...window], dialect);
}

function ofSignatures(signatures: readonly string[], window: readonly SqlText[], dialect: Dialect): Source {
  return entries('ix_work_items_signature', [oneOf('w.signature', signatures), ...window], dialect);
}

function ofSignaturesWith(pattern: string, window: readonly SqlText[], dialect: Dialect): Source {
  const conditions = where([textHas(pattern, dialect), ...window]);
  return {
    ids: raw('w.id'),
    rest: sql`FROM signatures s ${straight(dialect)} work_items w${forced('ix_work_items_signature', dialect)}
      ON w.signature = s.signature${conditions}`,
    hasKeys: true,
  };
}

function ofItemsNamed(pattern: string, dialect: Dialect): Source {
  return {
    ids: raw('b.workItemId'),
    rest: sql`FROM configuration_items c ${straight(dialect)} bindings b${forced('ix_bindings_item', dialect)}
      ON b.ciId = c.id AND b.isRemoved = 0 WHERE c.nameKey LIKE ${pattern} ESCAPE '!'`,
    hasKeys: false,
  };
}

/** A text of this length has been cut off: what it lacks, only the rows tell. */
const FULL_TEXT = 2_000;

/** The signature has had a work item with this text, or perhaps had. */
export function textHas(pattern: string, dialect: Dialect): SqlText {
  return sql`(${bytesOf('s.searchText', dialect)} LIKE ${pattern} ESCAPE '!' OR LENGTH(s.searchText) >= ${FULL_TEXT})`;
}

/** The signature has had a work item of each of these facets, or perhaps had. */
export function facetsHave(lists: readonly (readonly string[])[], dialect: Dialect): SqlText[] {
  return lists.map((lines) => {
    const one = joined(
      lines.map((line) => facetsHaveLine(line, dialect)),
      ' OR ',
    );
    return sql`(s.facets IS NULL OR ${one})`;
  });
}

/** Versions before wrote of a work item without a group its type, and no group behind that. */
function facetsHaveLine(line: string, dialect: Dialect): SqlText {
  const facets = bytesOf('s.facets', dialect);
  const hasLine = sql`INSTR(${facets}, ${`\n${line}\n`}) > 0`;
  if (line !== NO_GROUP) return hasLine;
  const others = WORK_ITEM_TYPES.reduce(
    (left, type) => sql`REPLACE(${left}, ${`\n${facetLine('type', type)}\n${NO_GROUP}`}, '')`,
    facets,
  );
  return sql`${hasLine} OR INSTR(${others}, ${`\n${FACETS.type}=`}) > 0`;
}

const NO_GROUP = facetLine('assignmentGroup', null);

function entries(index: string, conditions: readonly SqlText[], dialect: Dialect): Source {
  return { ids: raw('w.id'), rest: sql`FROM work_items w${forced(index, dialect)}${where(conditions)}`, hasKeys: true };
}

function nothing(dialect: Dialect): Source {
  return entries(SORT_KEYS, [raw('1 = 0')], dialect);
}

function bound(ciIds: readonly string[], dialect: Dialect): Source {
  const conditions = where([oneOf('b.ciId', ciIds), raw('b.isRemoved = 0')]);
  const rest = sql`FROM bindings b${forced('ix_bindings_item', dialect)}${conditions}`;
  return { ids: raw('b.workItemId'), rest, hasKeys: false };
}

/** The conditions of a window of times. */
export function windowOf({ after, before }: OpenedWindow, alias: string): SqlText[] {
  const column = raw(`${alias}.openedAt`);
  const from = after === null ? [] : [sql`${column} > ${sqlTime(after)}`];
  return before === null ? from : [...from, sql`${column} < ${sqlTime(before)}`];
}
