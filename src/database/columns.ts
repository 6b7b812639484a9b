import type { TableColumnOptions } from 'typeorm';

/**
 * The column kinds that SQLite, MySQL and MariaDB share, for migrations. All are NOT NULL unless wrapped in
 * {@link nullable}.
 */
export const column = {
  /** Counts up by itself and is never reused. */
  serial: (name: string): TableColumnOptions => ({
    name,
    type: 'integer',
    isPrimary: true,
    isGenerated: true,
    generationStrategy: 'increment',
  }),
  id: (name: string): TableColumnOptions => ({ name, type: 'char', length: '36' }),
  hash: (name: string): TableColumnOptions => ({ name, type: 'char', length: '64' }),
  text: (name: string, length: number): TableColumnOptions => ({ name, type: 'varchar', length: String(length) }),
  longText: (name: string): TableColumnOptions => ({ name, type: 'longtext' }),
  integer: (name: string): TableColumnOptions => ({ name, type: 'integer' }),
  small: (name: string): TableColumnOptions => ({ name, type: 'tinyint' }),
  flag: (name: string): TableColumnOptions => ({ name, type: 'boolean' }),
  /** UTC with milliseconds. */
  time: (name: string): TableColumnOptions => ({ name, type: 'datetime', precision: 3 }),
};

/** The column is the key of its table, or a part of it. */
export function primary(options: TableColumnOptions): TableColumnOptions {
  return { ...options, isPrimary: true };
}

/** The column may hold NULL. */
export function nullable(options: TableColumnOptions): TableColumnOptions {
  return { ...options, isNullable: true };
}

/** What the rows that are there already get, and those whose writer does not say. */
export function withDefault(options: TableColumnOptions, value: number): TableColumnOptions {
  return { ...options, default: value };
}
