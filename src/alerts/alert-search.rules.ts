import type { SqlValue } from '../common/sql';
import { joined, oneOf, raw, sql, where, type SqlText } from '../common/sql-text.rules';
import type { AlertsQuery } from './alert.dto';

/** A filter of alerts, and the index that finds what it lets through. */
export interface AlertFilter {
  index: string;
  /** Any of these; the index has the order of the ids within each, unless it says otherwise. */
  values: readonly SqlValue[];
  column: string;
  isOrdered: boolean;
}

/** What the list asks for. */
export interface AlertSearch {
  filters: readonly AlertFilter[];
  condition: AlertsQuery['condition'];
}

export interface WantedAlerts {
  /** Older than this one. */
  after: string | null;
  limit: number;
  isSqlite: boolean;
}

/** So many ordered lists are merged; more are sorted. */
const MAX_BRANCHES = 60;

export function alertSearchOf(query: Partial<AlertsQuery>): AlertSearch {
  const { condition, monitoringService, signature, subscriptionId } = query;
  const filters: AlertFilter[] = [];
  if (condition === 'fired') filters.push(filterBy('resolvedAt', 'ix_alerts_resolved', [null]));
  if (signature !== undefined)
    filters.push({ ...filterBy('signature', 'ix_alerts_signature', signature), isOrdered: false });
  if (subscriptionId !== undefined) filters.push(filterBy('subscriptionId', 'ix_alerts_subscription', subscriptionId));
  if (monitoringService !== undefined)
    filters.push(filterBy('monitoringService', 'ix_alerts_service', monitoringService));
  return { filters, condition };
}

/** The alerts of a work item. */
export function alertsOfWorkItem(id: number): AlertSearch {
  return { filters: [filterBy('workItemId', 'ix_alerts_work_item', [id])], condition: undefined };
}

function filterBy(column: string, index: string, values: readonly SqlValue[]): AlertFilter {
  return { column, index, values: [...new Set(values)], isOrdered: true };
}

/** All that follows the columns of a SELECT of what a filter lets through. */
export function sourceOf({ index, column, values }: AlertFilter, isSqlite: boolean): SqlText {
  return sql`FROM alerts a${forced(index, isSqlite)} WHERE ${oneOf(`a.${column}`, values)}`;
}

/**
 * The ids of a page, the newest first: along the index of `drive`, checking each entry by the indexes of the other filters
 * or by its row. Without a drive it goes along all alerts, which is no detour for what nearly all of them have.
 */
export function alertIds(search: AlertSearch, drive: AlertFilter | null, wanted: WantedAlerts): SqlText {
  const others = search.filters.filter((filter) => filter !== drive);
  const lists = drive === null ? [null] : listsOf(drive);
  const branches = lists.map((values) => branchOf({ ...search, filters: others }, { drive, values, wanted }));
  const [only] = branches;
  if (branches.length === 1 && only !== undefined) return only;
  const all = joined(
    branches.map((branch, index) => sql`SELECT * FROM (${branch}) b${raw(String(index))}`),
    ' UNION ALL ',
  );
  return sql`SELECT * FROM (${all}) a ORDER BY a.id DESC LIMIT ${wanted.limit}`;
}

function listsOf({ values, isOrdered }: AlertFilter): (readonly SqlValue[])[] {
  return isOrdered && values.length <= MAX_BRANCHES ? values.map((value) => [value]) : [values];
}

function branchOf(
  { filters, condition }: AlertSearch,
  { drive, values, wanted }: { drive: AlertFilter | null; values: readonly SqlValue[] | null; wanted: WantedAlerts },
): SqlText {
  const { isSqlite, after, limit } = wanted;
  const isProbed = ({ isOrdered, values: { length } }: AlertFilter): boolean => isOrdered && length === 1;
  const probes = filters.filter(isProbed).map((filter, place) => probe(filter, `p${place}`, isSqlite));
  const rows = [
    ...filters.filter((filter) => !isProbed(filter)).map((filter) => oneOf(`r.${filter.column}`, filter.values)),
    ...conditionOf(condition),
  ];
  const row = rows.length === 0 ? raw('') : rowOf(isSqlite);
  const conditions = [
    ...(drive === null || values === null ? [] : [oneOf(`a.${drive.column}`, values)]),
    ...(after === null ? [] : [sql`a.id < ${after}`]),
    ...rows,
  ];
  const index = forced(drive?.index ?? 'PRIMARY', isSqlite);
  return sql`SELECT a.id FROM alerts a${index}${joined(probes, '')}${row}${where(conditions)} ORDER BY a.id DESC LIMIT ${limit}`;
}

/**
 * The same for a configuration item: the alerts of the work items that it is bound to, and has not been taken off. They are
 * found by two indexes alone and then sorted.
 */
export function alertIdsOfItem(ciId: string, condition: AlertsQuery['condition'], wanted: WantedAlerts): SqlText {
  const { isSqlite, after, limit } = wanted;
  const probes = alertSearchOf({ condition }).filters.map((filter, place) => probe(filter, `p${place}`, isSqlite));
  const rows = conditionOf(condition);
  const conditions = [
    sql`b.ciId = ${ciId}`,
    raw('b.isRemoved = 0'),
    ...(after === null ? [] : [sql`a.id < ${after}`]),
    ...rows,
  ];
  const alerts = sql`${straight(isSqlite)} alerts a${forced('ix_alerts_work_item', isSqlite)} ON a.workItemId = b.workItemId`;
  const joins = joined([...probes, rows.length === 0 ? raw('') : rowOf(isSqlite)], '');
  return sql`SELECT a.id FROM bindings b${forced('ix_bindings_item', isSqlite)} ${alerts}${joins}${where(conditions)} ORDER BY a.id DESC LIMIT ${limit}`;
}

function rowOf(isSqlite: boolean): SqlText {
  return sql` ${straight(isSqlite)} alerts r${forced('PRIMARY', isSqlite)} ON r.id = a.id`;
}

function probe({ column, index, values }: AlertFilter, alias: string, isSqlite: boolean): SqlText {
  const same = raw(`${alias}.id = a.id`);
  return sql` ${straight(isSqlite)} alerts ${raw(alias)}${forced(index, isSqlite)} ON ${oneOf(`${alias}.${column}`, values)} AND ${same}`;
}

/** What only the row tells: an alert of which no occurrence is known does not fire, whatever its times say. */
function conditionOf(condition: AlertsQuery['condition']): SqlText[] {
  if (condition === undefined) return [];
  return [raw(condition === 'fired' ? 'r.occurrences > 0' : '(r.occurrences = 0 OR r.resolvedAt IS NOT NULL)')];
}

function forced(index: string, isSqlite: boolean): SqlText {
  return raw(isSqlite ? '' : ` FORCE INDEX (${index})`);
}

function straight(isSqlite: boolean): SqlText {
  return raw(isSqlite ? 'CROSS JOIN' : 'STRAIGHT_JOIN');
}
