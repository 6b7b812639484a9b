import type { EntityManager } from 'typeorm';

/** What a statement takes as a parameter on every driver: better-sqlite3 binds neither Date nor boolean. */
export type SqlValue = string | number | null;

/** UTC `YYYY-MM-DD HH:MM:SS.mmm`, as `datetime(3)` is written on every driver (SQLite keeps it as text that sorts). */
export function sqlTime(time: Date): string;
export function sqlTime(time: Date | null): string | null;
export function sqlTime(time: Date | null): string | null {
  return time === null ? null : time.toISOString().replace('T', ' ').slice(0, 23);
}

/** Reads a `datetime(3)` of a raw row: mysql2 answers a Date, better-sqlite3 the text that {@link sqlTime} wrote. */
export function readTime(value: Date | string): Date;
export function readTime(value: Date | string | null): Date | null;
export function readTime(value: Date | string | null): Date | null {
  return typeof value === 'string' ? new Date(`${value.replace(' ', 'T')}Z`) : value;
}

/** `?, ?, ?` for an `IN (…)` list of so many values. */
export function placeholders(count: number): string {
  return new Array<string>(count).fill('?').join(', ');
}

/** SQLite takes 32,766 variables a statement and MySQL 65,535; a row count that stays below for every table here. */
const MAX_VARIABLES = 30_000;

/** Writes many rows of one table with as few statements as the drivers allow; with no rows it sends nothing. */
export async function insertRows(
  tx: EntityManager,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const perStatement = Math.floor(MAX_VARIABLES / columns.length);
  for (let start = 0; start < rows.length; start += perStatement) {
    const chunk = rows.slice(start, start + perStatement);
    const row = `(${placeholders(columns.length)})`;
    await tx.query(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${new Array<string>(chunk.length).fill(row).join(', ')}`,
      chunk.flat(),
    );
  }
}

/**
 * Updates many rows of one table in one statement, each to its own values: `CASE id WHEN … THEN …`, which SQLite, MySQL
 * and MariaDB all run by primary key. `rows[i]` holds the key first and then a value for each of `columns`.
 */
export async function updateRows(
  tx: EntityManager,
  target: { table: string; key: string; columns: readonly string[] },
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const perStatement = Math.floor(MAX_VARIABLES / (target.columns.length * 2 + 1));
  for (let start = 0; start < rows.length; start += perStatement) {
    await updateChunk(tx, target, rows.slice(start, start + perStatement));
  }
}

async function updateChunk(
  tx: EntityManager,
  { table, key, columns }: { table: string; key: string; columns: readonly string[] },
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const keys = rows.map((row) => row[0] as SqlValue);
  if (rows.length === 1) {
    const sets = columns.map((column) => `${column} = ?`).join(', ');
    await tx.query(`UPDATE ${table} SET ${sets} WHERE ${key} = ?`, [...(rows[0] as SqlValue[]).slice(1), ...keys]);
    return;
  }
  const cases = columns
    .map((column) => `${column} = CASE ${key} ${'WHEN ? THEN ? '.repeat(rows.length)}END`)
    .join(', ');
  const values = columns.flatMap((_, index) => rows.flatMap((row) => [row[0] as SqlValue, row[index + 1] as SqlValue]));
  await tx.query(`UPDATE ${table} SET ${cases} WHERE ${key} IN (${placeholders(keys.length)})`, [...values, ...keys]);
}

/** ` FOR UPDATE` where rows can be locked; SQLite has one writer at a time anyway. */
export function forUpdate(tx: EntityManager): string {
  return tx.dataSource.options.type === 'better-sqlite3' ? '' : ' FOR UPDATE';
}
