import { randomBytes } from 'node:crypto';
import type { PlainSql, Row, Rows, Value } from './plain-sql';

/** Rows of a table that the service wrote, and how many of them it writes for one alert. */
interface TablePlan {
  table: string;
  perAlert: number;
  columns: string[];
  templates: Row[];
  /** Rows made so far, in the floor's count of alerts. */
  made: number;
}

const TEMPLATES = 10;
/** A delivery's key begins with its time: the newest lie together. */
const TIME_DIGITS = 8;

/** How many rows each table holds. */
export async function countRows(sql: PlainSql): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of await sql.tables()) {
    const [row] = await sql.query(`SELECT COUNT(*) AS count FROM ${table}`);
    counts.set(table, Number(row?.count));
  }
  return counts;
}

/**
 * What the service writes for an alert, learnt from what it wrote: how many rows in which tables, and copies of the last
 * ones. Rows made from it are as many and as long, with fresh keys, and so cost the database the same.
 */
export class RowPlan {
  private alerts = 0;
  private lastWorkItemId = 0;
  private readonly fresh = new FreshKeys();

  private constructor(private readonly tables: TablePlan[]) {}

  static async learn(
    sql: PlainSql,
    { before, alerts }: { before: ReadonlyMap<string, number>; alerts: number },
  ): Promise<RowPlan> {
    const tables: TablePlan[] = [];
    for (const [table, count] of await countRows(sql)) {
      const written = count - (before.get(table) ?? 0);
      if (written > 0) tables.push(await tablePlan(sql, table, written / alerts));
    }
    return new RowPlan(tables);
  }

  /** Goes on after what the service has written meanwhile. */
  async continueAfter(sql: PlainSql): Promise<void> {
    const [row] = await sql.query('SELECT MAX(id) AS id FROM work_items');
    this.lastWorkItemId = Number(row?.id ?? 0);
  }

  /** Rows for one alert, by table. */
  get perAlert(): Record<string, number> {
    return Object.fromEntries(this.tables.map(({ table, perAlert }) => [table, perAlert]));
  }

  /** The rows of so many further alerts. */
  rowsFor(alerts: number): Rows[] {
    this.alerts += alerts;
    return this.tables
      .map((plan) => ({ table: plan.table, columns: plan.columns, rows: this.rowsOf(plan) }))
      .filter(({ rows }) => rows.length > 0);
  }

  private rowsOf(plan: TablePlan): Value[][] {
    const first = plan.made;
    plan.made = Math.floor(this.alerts * plan.perAlert);
    return Array.from({ length: plan.made - first }, (_, index) => {
      const template = plan.templates[(first + index) % plan.templates.length] as Row;
      if (plan.table === 'work_items') this.lastWorkItemId += 1;
      return plan.columns.map((column) => this.valueOf(column, template[column] ?? null));
    });
  }

  private valueOf(column: string, value: Value): Value {
    if (typeof value === 'string') {
      const fresh = this.fresh.like(value);
      return column === 'dedupKey' ? value.slice(0, TIME_DIGITS) + fresh.slice(TIME_DIGITS) : fresh;
    }
    return column === 'id' || column === 'workItemId' ? this.lastWorkItemId : value;
  }
}

/** Counted ids are left to the database, but for work items': other rows name them. What is always NULL is not said, as in the service. */
async function tablePlan(sql: PlainSql, table: string, perAlert: number): Promise<TablePlan> {
  const templates = await lastRows(sql, table);
  const columns = Object.entries(templates[0] ?? {})
    .filter(([name, value]) => name !== 'id' || typeof value === 'string' || table === 'work_items')
    .map(([name]) => name)
    .filter((name) => templates.some((row) => row[name] !== null));
  return { table, perAlert, columns, templates, made: 0 };
}

async function lastRows(sql: PlainSql, table: string): Promise<Row[]> {
  const [any] = await sql.query(`SELECT * FROM ${table} LIMIT 1`);
  const order = ['id', 'createdAt', 'workItemId'].find((column) => any !== undefined && column in any);
  return sql.query(`SELECT * FROM ${table} ${order ? `ORDER BY ${order} DESC` : ''} LIMIT ${TEMPLATES}`);
}

const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const HASH = /^(.{0,16})[0-9a-f]{64}$/s;

/** Keys that nobody has used: ids in order, hashes without order, at next to no cost. */
class FreshKeys {
  private readonly prefix = `${randomBytes(4).toString('hex')}-0000-7000-8000-`;
  private readonly noise = randomBytes(32_768).toString('hex');
  private count = 0;

  like(value: string): string {
    if (value.length < 36 || value.length > 80) return value;
    if (GUID.test(value)) return `${this.prefix}${this.digits()}`;
    const prefix = HASH.exec(value)?.[1];
    if (prefix === undefined) return value;
    const start = Math.floor(Math.random() * (this.noise.length - 52));
    return `${prefix}${this.noise.slice(start, start + 52)}${this.digits()}`;
  }

  private digits(): string {
    this.count += 1;
    return this.count.toString(16).padStart(12, '0');
  }
}
