import { MAX_COUNT } from '../../common/row-estimates';
import { sqlTime, type SqlValue } from '../../common/sql';
import { joined, raw, sql, where, type SqlText } from '../../common/sql-text.rules';
import type { DeliveryStatus } from '../delivery.entity';

/** Which deliveries; what is given must hold. */
export interface DeliveryFilter {
  /** Any of these. */
  status?: readonly DeliveryStatus[];
  outcome?: string;
  code?: string;
  /** Any but this, or none. */
  notCode?: string;
  callerAppId?: string;
  alertId?: string;
  /** At or after this time. */
  receivedAfter?: Date;
  /** Before this time. */
  receivedBefore?: Date;
}

/** A place in the order of arrival. */
export interface DeliveryPosition {
  receivedAt: Date;
  id: string;
}

/** A part of the list of deliveries. */
export interface DeliverySlice {
  order: 'newest' | 'oldest';
  /** Only what comes behind this. */
  after: DeliveryPosition | null;
  limit: number;
}

/**
 * Ids in the order of arrival. Each status is asked for by itself, so that its index gives them in order; of the few that
 * this brings together the first are taken.
 */
export function deliveryIds({ status, ...filter }: DeliveryFilter, { order, after, limit }: DeliverySlice): SqlText {
  const by = raw(order === 'newest' ? 'ORDER BY receivedAt DESC, id DESC' : 'ORDER BY receivedAt, id');
  const last = raw(`LIMIT ${limit}`);
  const shared = [...conditionsOf(filter), ...(after === null ? [] : [behind(after, order)])];
  const select = (conditions: readonly SqlText[]): SqlText =>
    sql`SELECT id, receivedAt FROM deliveries${where(conditions)} ${by} ${last}`;
  const [first, ...others] = [...new Set(status)].map((each) => [sql`status = ${each}`, ...shared]);
  if (first === undefined) return select(shared);
  if (others.length === 0) return select(first);
  const parts = [first, ...others].map(
    (conditions, index) => sql`SELECT id, receivedAt FROM (${select(conditions)}) ${raw(`s${index}`)}`,
  );
  return sql`${joined(parts, ' UNION ALL ')} ${by} ${last}`;
}

/** How many there are behind a place, in the order of arrival; one more than {@link MAX_COUNT} stands for all above that. */
export function countBehind({ status, ...filter }: DeliveryFilter, after: DeliveryPosition): SqlText {
  const statuses = joined(
    [...new Set(status)].map((each) => sql`${each}`),
    ', ',
  );
  const ofStatus = statuses.values.length === 0 ? [] : [sql`status IN (${statuses})`];
  const conditions = [...ofStatus, ...conditionsOf(filter), behind(after, 'oldest')];
  return sql`SELECT COUNT(*) AS count FROM (SELECT 1 FROM deliveries${where(conditions)} LIMIT ${raw(`${MAX_COUNT + 1}`)}) x`;
}

function conditionsOf(filter: Omit<DeliveryFilter, 'status'>): SqlText[] {
  const { outcome, code, notCode, callerAppId, alertId, receivedAfter, receivedBefore } = filter;
  const equals = Object.entries({ outcome, code, callerAppId, alertId }).flatMap(([column, value]) =>
    value === undefined ? [] : [sql`${raw(column)} = ${value as SqlValue}`],
  );
  return [
    ...equals,
    ...(notCode === undefined ? [] : [sql`(code IS NULL OR code <> ${notCode})`]),
    ...(receivedAfter === undefined ? [] : [sql`receivedAt >= ${sqlTime(receivedAfter)}`]),
    ...(receivedBefore === undefined ? [] : [sql`receivedAt < ${sqlTime(receivedBefore)}`]),
  ];
}

/** The first condition is what an index can begin at. */
function behind({ receivedAt, id }: DeliveryPosition, order: DeliverySlice['order']): SqlText {
  const time = sqlTime(receivedAt);
  return order === 'newest'
    ? sql`receivedAt <= ${time} AND (receivedAt < ${time} OR id < ${id})`
    : sql`receivedAt >= ${time} AND (receivedAt > ${time} OR id > ${id})`;
}
