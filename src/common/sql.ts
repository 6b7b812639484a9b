import type { EntityManager } from 'typeorm';

/** What a statement takes as a parameter on every driver: better-sqlite3 binds neither Date nor boolean. */
export type SqlValue = string | number | null;

/** UTC `YYYY-MM-DD HH:MM:SS.mmm`, as `datetime(3)` is written on every driver (SQLite keeps it as text that sorts). */
export function sqlTime(time: Date): string;
export function sqlTime(time: Date | null): string | null;
export function sqlTime(time: Date | null): string | null {
  if (time === null) return null;
  const iso = time.toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}`;
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

/** SQLite takes 32,766 variables a statement and MySQL 65,535. */
const MAX_VARIABLES = 30_000;

/** SQLite joins at most so many SELECTs by UNION. */
const MAX_UNION = 500;

/** Writes many rows of one table with as few statements as the drivers allow; with no rows it sends nothing. */
export async function insertRows(
  tx: EntityManager,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const perStatement = Math.floor(MAX_VARIABLES / columns.length);
  for (let start = 0; start < rows.length; start += perStatement) {
    const { sql, values } = insertStatement({ table, columns }, rows.slice(start, start + perStatement));
    await tx.query(sql, values);
  }
}

/** Writes one row of a table that counts up by itself, and answers its id: that of a single row is exact on every engine. */
export async function insertRow(tx: EntityManager, target: InsertTarget, row: readonly SqlValue[]): Promise<number> {
  const { sql, values } = insertStatement(target, [row]);
  const result: unknown = await tx.query(sql, values);
  return Number(isSqlite(tx) ? result : (result as { insertId: number }).insertId);
}

interface InsertTarget {
  table: string;
  columns: readonly string[];
}

/**
 * What is NULL in every row is not said; of a new work item that is a third. A column that takes NULL has no other default here, and for one
 * that takes none no caller has NULL: where that has a default, it would be taken.
 */
function insertStatement(
  { table, columns }: InsertTarget,
  rows: readonly (readonly SqlValue[])[],
): { sql: string; values: SqlValue[] } {
  const said = [...columns.keys()].filter((index) => rows.some((row) => row[index] !== null));
  const names = said.map((index) => columns[index]).join(', ');
  const row = `(${placeholders(said.length)})`;
  const sql = `INSERT INTO ${table} (${names}) VALUES ${new Array<string>(rows.length).fill(row).join(', ')}`;
  return { sql, values: valuesOf(rows.map((values) => said.map((index) => values[index] as SqlValue))) };
}

/**
 * Updates many rows of one table in one statement, each to its own values, by a join with them on the primary key.
 * `rows[i]` holds the key first and then a value for each of `columns`.
 */
export async function updateRows(
  tx: EntityManager,
  target: UpdateTarget,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const perStatement = Math.min(MAX_UNION, Math.floor(MAX_VARIABLES / (target.columns.length + 1)));
  for (let start = 0; start < rows.length; start += perStatement) {
    const chunk = rows.slice(start, start + perStatement);
    await tx.query(updateStatement(tx, target, chunk.length), valuesOf(chunk));
  }
}

/** Which table, by which primary key, which columns. */
export interface UpdateTarget {
  table: string;
  key: string;
  columns: readonly string[];
  /** How a column's new value follows from its own and the given one, where it is not the given one. */
  merge?: Readonly<Record<string, (own: string, given: string) => string>>;
}

function updateStatement(tx: EntityManager, { table, key, columns, merge }: UpdateTarget, count: number): string {
  const named = [key, ...columns].map((column) => `? AS ${column}`).join(', ');
  const further = ` UNION ALL SELECT ${placeholders(columns.length + 1)}`.repeat(count - 1);
  const values = `(SELECT ${named}${further}) v`;
  const given = (column: string, own: string): string => merge?.[column]?.(own, `v.${column}`) ?? `v.${column}`;
  if (isSqlite(tx)) {
    const sets = columns.map((column) => `${column} = ${given(column, `${table}.${column}`)}`).join(', ');
    return `UPDATE ${table} SET ${sets} FROM ${values} WHERE ${table}.${key} = v.${key}`;
  }
  const sets = columns.map((column) => `t.${column} = ${given(column, `t.${column}`)}`).join(', ');
  return `UPDATE ${table} t JOIN ${values} ON t.${key} = v.${key} SET ${sets}`;
}

/** All values in one list; `flat` takes forty times as long. */
function valuesOf(rows: readonly (readonly SqlValue[])[]): SqlValue[] {
  return ([] as SqlValue[]).concat(...rows);
}

/** ` FOR UPDATE` where rows can be locked; SQLite has one writer at a time anyway. */
export function forUpdate(tx: EntityManager): string {
  return isSqlite(tx) ? '' : ' FOR UPDATE';
}

/** An expression: seconds (with a fraction) from one `datetime(3)` to another. */
export function secondsBetween(tx: EntityManager, from: string, to: string): string {
  if (isSqlite(tx)) return `((JULIANDAY(${to}) - JULIANDAY(${from})) * 86400.0)`;
  return `(TIMESTAMPDIFF(MICROSECOND, ${from}, ${to}) / 1000000)`;
}

/** The engine is SQLite: it has one writer at a time, no row locks, and its own words for some things. */
export function isSqlite(tx: Pick<EntityManager, 'dataSource'>): boolean {
  return tx.dataSource.options.type === 'better-sqlite3';
}
