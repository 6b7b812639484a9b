import type { SqlValue } from '../../common/sql';
import type { WorkItemType } from '../lifecycle.rules';
import { FACETS, facetLine, type Facet } from '../facets.rules';
import { parseNumber } from '../number.rules';
import type { WorkItemsQuery } from './work-items-query.dto';

/** A filter by columns that an index begins with, any of the values of each. The last one is `priority`; the index goes on by `openedAt`. */
export interface ColumnFilter {
  kind: 'columns';
  index: string;
  columns: Readonly<Record<string, readonly SqlValue[]>>;
}

/** Bound to a configuration item. */
export interface ItemFilter {
  kind: 'item';
  ciId: string;
}

/** Signatures that alone have had all that is asked for; what was opened by hand has none, and is looked through besides if it can be meant. */
export interface ClusterFilter {
  kind: 'cluster';
  signatures: readonly string[];
  withByHand: boolean;
}

/** What `q` asks for, and where the text was found. */
export interface TextFilter {
  kind: 'text';
  /** For LIKE with `!` as the escape, in lower case. */
  pattern: string;
  numbers: NumberRange | null;
  /** Signatures whose texts have it; null = too many to name. */
  signatures: readonly string[] | null;
  /** Configuration items whose names have it; null = too many. */
  ciIds: readonly string[] | null;
  /** Work items without a signature that have it; null = too many. */
  byHand: readonly number[] | null;
  /** Looked for in those of one priority only, where the list is read so. */
  ofPriority?: number;
}

export type Filter = ColumnFilter | ItemFilter | TextFilter;

/** Where entries can be taken from. */
export type SourceFilter = Filter | ClusterFilter;

/** Both ends are outside. */
export interface OpenedWindow {
  after: Date | null;
  before: Date | null;
}

/** All that a list asks for but its order; every filter must hold. */
export interface Search {
  filters: readonly Filter[];
  opened: OpenedWindow;
}

export const ALL_PRIORITIES = [1, 2, 3, 4, 5];

/** Each filter's index. */
const INDEXES = {
  state: 'ix_work_items_state',
  type: 'ix_work_items_type',
  assignmentGroup: 'ix_work_items_group',
  assignee: 'ix_work_items_assignee',
  subscriptionId: 'ix_work_items_subscription',
  monitoringService: 'ix_work_items_service',
  signature: 'ix_work_items_signature',
} as const;

/** The filters of a query; that of its text has been looked up before. */
export function searchOf(query: Filters, text: TextFilter | null): Search {
  const filters: Filter[] = columnFilters(query);
  if (query.configurationItemId !== undefined)
    filters.push({ kind: 'item', ciId: query.configurationItemId.toLowerCase() });
  if (text !== null) filters.push(text);
  return { filters, opened: { after: query.openedAfter ?? null, before: query.openedBefore ?? null } };
}

type ColumnName = keyof typeof INDEXES;
type Filters = Pick<WorkItemsQuery, 'priority' | 'configurationItemId' | 'openedAfter' | 'openedBefore' | ColumnName>;

/** Every index has the priority besides, so that a filter by priority needs one of its own only where there is no other. */
function columnFilters(query: Filters): ColumnFilter[] {
  const priority = [...new Set(query.priority ?? ALL_PRIORITIES)];
  const filters = (Object.entries(INDEXES) as [ColumnName, string][]).flatMap(([name, index]): ColumnFilter[] => {
    const values = valuesOf(query, name);
    return values === undefined
      ? []
      : [{ kind: 'columns', index, columns: { [name]: [...new Set(values)], priority } }];
  });
  const isAlone = filters.length === 0 && query.priority !== undefined;
  return isAlone ? [{ kind: 'columns', index: 'ix_work_items_priority', columns: { priority } }] : filters;
}

/** Stands in a filter by a person or a group for those that nobody has. */
const NONE = 'none';

/** null = it has none. */
function valuesOf(query: Filters, name: ColumnName): readonly SqlValue[] | undefined {
  const canBeNone = name === 'assignmentGroup' || name === 'assignee';
  return canBeNone ? query[name]?.map((value) => (value === NONE ? null : value)) : query[name];
}

/** Whether a filter lets through some priorities only. */
export function isOfPriorities({ columns: { priority = [] } }: ColumnFilter): boolean {
  return priority.length < ALL_PRIORITIES.length;
}

/** Of a longer list, the signatures are not asked: each value is looked for in all of them. */
const MAX_FACET_VALUES = 20;

/** Lines of which the facets of a signature must have one of each list, to have a work item that the filters let through. */
export function facetLinesOf(filters: readonly Filter[]): string[][] {
  const lists = new Map<Facet, readonly SqlValue[]>();
  for (const filter of filters) {
    if (filter.kind !== 'columns') continue;
    for (const [name, values] of Object.entries(filter.columns)) if (isFacet(name)) lists.set(name, values);
  }
  const narrowing = [...lists].filter(
    ([name, values]) => values.length <= (name === 'priority' ? ALL_PRIORITIES.length - 1 : MAX_FACET_VALUES),
  );
  return narrowing.map(([name, values]) => values.map((value) => facetLine(name, value)));
}

function isFacet(name: string): name is Facet {
  return name in FACETS;
}

/** Every combination of one value for each of the columns. */
export function combinationsOf(columns: ColumnFilter['columns']): Record<string, SqlValue>[] {
  return Object.entries(columns).reduce<Record<string, SqlValue>[]>(
    (combinations, [name, values]) =>
      combinations.flatMap((combination) => values.map((value) => ({ ...combination, [name]: value }))),
    [{}],
  );
}

/** How many {@link combinationsOf} there are of those columns that are not `ordered`. */
export function combinationCount({ columns }: ColumnFilter, ordered: readonly string[] = []): number {
  const fixed = Object.entries(columns).filter(([name]) => !ordered.includes(name));
  return fixed.reduce((count, [, values]) => count * values.length, 1);
}

/** A statement takes so many texts and so many ids without growing too long. */
export const MAX_NAMED = { texts: 200, ids: 5_000 };

/** Whether all places where the text was found can be named. */
export function isNamed({ signatures, ciIds, byHand, numbers }: TextFilter): boolean {
  const count = numbers === null ? 0 : numbers.to - numbers.from + 1;
  return signatures !== null && ciIds !== null && byHand !== null && count <= MAX_NAMED.ids;
}

/** Whether a search has a text of which only the rows can tell where it is. */
export function isFrequent({ filters }: Search): boolean {
  return filters.some((filter) => filter.kind === 'text' && !isNamed(filter));
}

/** Whether a search has a text that is in no work item. */
export function isFoundNowhere({ filters }: Search): boolean {
  return filters.some(
    (filter) =>
      filter.kind === 'text' &&
      filter.numbers === null &&
      [filter.signatures, filter.ciIds, filter.byHand].every((places) => places?.length === 0),
  );
}

/** Whether the signatures tell of a filter: of a text where it may be, of facets which of them ever had them. */
export function isKnownBySignature(filter: Filter): boolean {
  return filter.kind === 'text' || (filter.kind === 'columns' && Object.keys(filter.columns).every(isFacet));
}

/** What a work item has from its alerts alone: all of one signature have the same, and one opened by hand has none. */
const OF_ALERTS: ReadonlySet<string> = new Set<ColumnName>(['monitoringService', 'subscriptionId', 'signature']);

/** Whether a filter asks for what alerts tell, which neither people nor rules change. */
export function isOfAlerts(filter: Filter): filter is ColumnFilter {
  return filter.kind === 'columns' && Object.keys(filter.columns).some((name) => OF_ALERTS.has(name));
}

/** The priorities that a search lets through. */
export function prioritiesOf({ filters }: Search): readonly number[] {
  const columns = filters.find((filter) => filter.kind === 'columns')?.columns;
  return (columns?.priority as readonly number[] | undefined) ?? ALL_PRIORITIES;
}

/** The part of a search that is of one priority. */
export function ofPriority({ filters, opened }: Search, priority: number): Search {
  const narrowed = filters.map((filter): Filter => {
    if (filter.kind === 'columns') return { ...filter, columns: { ...filter.columns, priority: [priority] } };
    return filter.kind === 'text' ? { ...filter, ofPriority: priority } : filter;
  });
  const isSaid = filters.some(({ kind }) => kind === 'columns');
  const own: ColumnFilter = { kind: 'columns', index: 'ix_work_items_priority', columns: { priority: [priority] } };
  return { filters: isSaid ? narrowed : [own, ...narrowed], opened };
}

/** Ids of work items, both ends inside; of one type only where the prefix was given. */
export interface NumberRange {
  type: WorkItemType | null;
  from: number;
  to: number;
}

/** Digits of a number that is not filled up. */
const DIGITS = 7;

/** The numbers that a text means: a whole one, digits alone (`42`), or the beginning of one (`INC00001`). */
export function numbersOf(text: string): NumberRange | null {
  const whole = parseNumber(text);
  if (whole !== null) return { type: whole.type, from: whole.id, to: whole.id };
  const [, prefix, digits] = /^([a-z]{3})?(\d{1,10})$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  if (prefix === undefined) return { type: null, from: Number(digits), to: Number(digits) };
  const one = parseNumber(prefix + '1'.padStart(DIGITS, '0'));
  if (one === null || digits.length >= DIGITS) return null;
  const from = Number(digits.padEnd(DIGITS, '0'));
  return { type: one.type, from, to: from + 10 ** (DIGITS - digits.length) - 1 };
}

/** The pattern of a text that may be anywhere. */
export function patternOf(text: string): string {
  return `%${text.toLowerCase().replace(/[!%_]/g, '!$&')}%`;
}
