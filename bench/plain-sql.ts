import Sqlite, { type Statement } from 'better-sqlite3';
import { createConnection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';

export type Value = string | number | null;
export type Row = Record<string, Value>;

/** Rows of one table, each in the order of `columns`. */
export interface Rows {
  table: string;
  columns: string[];
  rows: Value[][];
}

/** A database without TypeORM between: what the floor is measured with. */
export interface PlainSql {
  /** Such as `MariaDB 10.11.19 with 128 MB of buffer pool`. */
  readonly label: string;
  tables(): Promise<string[]>;
  query(sql: string): Promise<Row[]>;
  /** Inserts all of it in one transaction. */
  insert(batch: readonly Rows[]): Promise<void>;
  close(): Promise<void>;
}

/** Multi-row INSERTs, one for each table. */
export async function openServer(options: ConnectionOptions): Promise<PlainSql> {
  const connection = await createConnection({ ...options, dateStrings: true, charset: 'utf8mb4_bin' });
  const query = async (sql: string): Promise<Row[]> => (await connection.query<RowDataPacket[]>(sql))[0];
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  const [server] = await query('SELECT VERSION() AS version, @@innodb_buffer_pool_size AS bufferPool');
  const version = String(server?.version);
  const name = version.includes('MariaDB') ? `MariaDB ${version.split('-')[0]}` : `MySQL ${version}`;
  return {
    label: `${name} with ${Math.round(Number(server?.bufferPool) / 2 ** 20)} MB of buffer pool`,
    query,
    tables: async () => (await query('SHOW TABLES')).map((row) => String(Object.values(row)[0])),
    insert: async (batch) => {
      await connection.beginTransaction();
      for (const { table, columns, rows } of batch)
        await connection.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ?`, [rows]);
      await connection.commit();
    },
    close: () => connection.end(),
  };
}

/** One prepared INSERT for each table, run for each row: nothing is faster within one process. */
export function openSqlite(path: string): PlainSql {
  const database = new Sqlite(path);
  for (const setting of ['journal_mode = WAL', 'synchronous = FULL', 'busy_timeout = 5000']) database.pragma(setting);
  const statements = new Map<string, Statement>();
  const statementOf = ({ table, columns }: Rows): Statement => {
    const known = statements.get(table);
    if (known !== undefined) return known;
    const values = columns.map(() => '?').join(', ');
    const statement = database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values})`);
    statements.set(table, statement);
    return statement;
  };
  const insertAll = database.transaction((batch: readonly Rows[]) => {
    for (const rows of batch) for (const row of rows.rows) statementOf(rows).run(row);
  });
  const query = async (sql: string): Promise<Row[]> => database.prepare(sql).all() as Row[];
  return {
    label: `SQLite ${(database.prepare('SELECT sqlite_version() AS version').get() as Row).version}`,
    query,
    tables: async () =>
      (await query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)).map(
        ({ name }) => String(name),
      ),
    insert: async (batch) => insertAll(batch),
    close: async () => database.close(),
  };
}
