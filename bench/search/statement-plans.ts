import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { PlainSql } from '../plain-sql';
import type { Client } from './client';
import type { Variant } from './requests';

/** A statement that reads many rows, and how the server goes about it. */
export interface ScanningStatement {
  /** The first of the requests that it was sent for. */
  variant: string;
  text: string;
  rowsRead: number;
  /** The lines of EXPLAIN. */
  plan: string[];
}

/** From so many rows and index entries on, a statement is shown, unless another number is given. */
const MANY = 5_000;

/**
 * Sends a request of each kind to a service that records its statements, and runs each kind of statement again to see how
 * many rows it reads. `SHOW STATUS` counts them exactly, on every server.
 */
export async function scanningStatements(
  { client, sql, file, many = MANY }: { client: Client; sql: PlainSql; file: string; many?: number },
  variants: readonly Variant[],
): Promise<ScanningStatement[]> {
  const seen = new Set<string>();
  const found: ScanningStatement[] = [];
  for (const variant of variants) {
    rmSync(file, { force: true });
    for (const turn of [0, 5]) await client.get(variant.path(turn));
    for (const statement of recorded(file)) {
      const shape = shapeOf(statement);
      if (seen.has(shape) || !/^\s*SELECT/i.test(statement)) continue;
      seen.add(shape);
      const rowsRead = await rowsReadBy(sql, statement);
      if (rowsRead < many) continue;
      const name = `${variant.name}${variant.sort === '' ? '' : ` by ${variant.sort}`}`;
      found.push({ variant: name, text: shape, rowsRead, plan: await planOf(sql, statement) });
    }
  }
  return found.sort((one, other) => other.rowsRead - one.rowsRead);
}

function recorded(file: string): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as string);
}

/** The statement without its values, and with its lists cut short. */
function shapeOf(statement: string): string {
  return statement
    .replace(/'(?:[^'\\]|\\.|'')*'/gs, '?')
    .replace(/\b\d+\b/g, '?')
    .replace(/\s+/g, ' ')
    .replace(/\?(?:, \?)+/g, '?, …')
    .trim();
}

async function rowsReadBy(sql: PlainSql, statement: string): Promise<number> {
  await sql.query('FLUSH STATUS');
  await sql.query(statement);
  const counters = await sql.query(`SHOW SESSION STATUS LIKE 'Handler_read_%'`);
  const isRow = (name: string): boolean => /_(?:next|prev|rnd_next|key)$/.test(name);
  return counters.reduce((sum, row) => {
    const [name, value] = Object.values(row);
    return sum + (isRow(String(name)) ? Number(value) : 0);
  }, 0);
}

async function planOf(sql: PlainSql, statement: string): Promise<string[]> {
  const rows = await sql.query(`EXPLAIN ${statement}`);
  return rows.map(({ id, select_type: kind, table, type, key, rows: count, Extra: extra }) =>
    [id, kind, table, type, key, `${count} rows`, extra].map((cell) => cell ?? '-').join(' · '),
  );
}
