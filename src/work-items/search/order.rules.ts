import { DomainError } from '../../common/errors';
import { decodeCursor } from '../../common/pagination';
import { readTime, sqlTime, type SqlValue } from '../../common/sql';
import { joined, raw, sql, type SqlText } from '../../common/sql-text.rules';
import type { WorkItemSort } from './work-items-query.dto';

type SortKey = 'priority' | 'openedAt' | 'updatedAt' | 'id';

/**
 * The order of a list. Its last column makes it unambiguous, and its index has just these columns: it is walked, not sorted.
 * That of the last change begins with the age class, and is walked in each class.
 */
export interface Order {
  sort: WorkItemSort;
  index: string;
  columns: readonly SortKey[];
  isDescending: boolean;
}

export const ORDERS: Readonly<Record<WorkItemSort, Order>> = {
  '-openedAt': order('-openedAt', 'ix_work_items_opened', ['openedAt', 'id']),
  openedAt: order('openedAt', 'ix_work_items_opened', ['openedAt', 'id']),
  priority: order('priority', 'ix_work_items_priority', ['priority', 'openedAt', 'id']),
  '-updatedAt': order('-updatedAt', 'ix_work_items_updated_by_class', ['updatedAt', 'openedAt', 'priority', 'id']),
};

function order(sort: WorkItemSort, index: string, columns: readonly SortKey[]): Order {
  return { sort, index, columns, isDescending: sort.startsWith('-') };
}

/** The sort columns of a work item as a driver reads them. */
export type SortKeys = Partial<Record<Exclude<SortKey, 'id'>, Date | string | number>> & { id: number };

/** A place in a list: the values of its order's columns. */
export type Position = readonly (string | number)[];

export function positionOf({ columns }: Order, keys: SortKeys): Position {
  return columns.map((column) => {
    const value = keys[column] as Date | string | number;
    return typeof value === 'number' ? value : sqlTime(readTime(value));
  });
}

/** Which of two places comes first in a list: below 0 for `one`. */
export function comparePositions({ isDescending }: Order, one: Position, other: Position): number {
  const index = one.findIndex((value, place) => value !== other[place]);
  if (index < 0) return 0;
  const isLess = (one[index] as string | number) < (other[index] as string | number);
  return isLess === isDescending ? 1 : -1;
}

/** What a cursor holds: the sort that it was made for, and the place of the last row. */
export function cursorValues(order: Order, position: Position): readonly (string | number)[] {
  return [order.sort, ...position];
}

/** The place that a cursor says; 400 `invalid_cursor` for one that was made for another sort, or by hand. */
export function positionAfter(order: Order, cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  const [sort, ...values] = decodeCursor(cursor, order.columns.length + 1);
  const isOurs = sort === order.sort && values.every((value, index) => fits(value, order.columns[index]));
  if (isOurs) return values as Position;
  throw new DomainError(400, 'invalid_cursor', 'The cursor is not one of this list and sort; start again without it.');
}

function fits(value: SqlValue, column: SortKey | undefined): boolean {
  if (column === 'id' || column === 'priority') return Number.isInteger(value);
  return typeof value === 'string' && TIME.test(value) && isTime(value);
}

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/;

/** MySQL refuses to compare with what is none, such as the 30th of February. */
function isTime(text: string): boolean {
  const time = readTime(text);
  return !Number.isNaN(time.getTime()) && sqlTime(time) === text;
}

interface Columns {
  alias: string;
  isSqlite: boolean;
}

/** What comes after a place. */
export function beyond(order: Order, position: Position, columns: Columns): SqlText {
  return compared(order, position, { ...columns, operator: order.isDescending ? '<' : '>', last: '' });
}

/** What comes before a place, and the place itself. */
export function upTo(order: Order, position: Position, columns: Columns): SqlText {
  return compared(order, position, { ...columns, operator: order.isDescending ? '>' : '<', last: '=' });
}

/**
 * Compares rows as ranges of the order's index: those that differ by the first column, those that are equal there and
 * differ by the next one, and so on. SQLite finds the range by comparing rows, the others only by spelling it out.
 */
function compared(
  { columns }: Order,
  position: Position,
  { alias, isSqlite, operator, last }: Columns & { operator: string; last: string },
): SqlText {
  const names = columns.map((column) => raw(`${alias}.${column}`));
  const values = position.map((value) => sql`${value}`);
  if (isSqlite) return sql`(${joined(names, ', ')}) ${raw(operator + last)} (${joined(values, ', ')})`;
  const ranges = names.map((name, index) => {
    const equal = names.slice(0, index).map((before, place) => sql`${before} = ${values[place] ?? raw('')}`);
    const isLast = index === names.length - 1;
    return joined(
      [...equal, sql`${name} ${raw(isLast ? operator + last : operator)} ${values[index] ?? raw('')}`],
      ' AND ',
    );
  });
  return sql`(${joined(ranges, ' OR ')})`;
}

/** `ORDER BY …` of an order. */
export function ordered({ columns, isDescending }: Order, alias: string): SqlText {
  const direction = isDescending ? 'DESC' : 'ASC';
  return raw(`ORDER BY ${columns.map((column) => `${alias}.${column} ${direction}`).join(', ')}`);
}
