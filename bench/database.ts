import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createConnection, type ConnectionOptions } from 'mysql2/promise';
import { databaseServerPid } from './process-stats';
import { openServer, openSqlite, type PlainSql } from './plain-sql';

/** The database of one run, made for it and gone after it. */
export interface BenchDatabase {
  url: string;
  isServer: boolean;
  /** Process of the server, where it runs on this machine and can be told. */
  serverPid(sql: PlainSql): Promise<number | null>;
  create(): Promise<void>;
  /** A connection of its own, past the service. The service must have made the tables. */
  open(): Promise<PlainSql>;
  drop(): Promise<void>;
}

/** On the server that the URL names, else in a file in `directory`, which goes with it. */
export function databaseAt(url: string | undefined, directory: string): BenchDatabase {
  return url === undefined || url.startsWith('sqlite:') ? inFile(directory) : onServer(url);
}

function inFile(directory: string): BenchDatabase {
  const path = join(directory, 'bench.sqlite');
  return {
    url: `sqlite:${path}`,
    isServer: false,
    serverPid: async () => null,
    create: async () => undefined,
    open: async () => openSqlite(path),
    drop: async () => undefined,
  };
}

function onServer(serverUrl: string): BenchDatabase {
  const url = new URL(serverUrl);
  const name = `secure_export_bench_${randomBytes(6).toString('hex')}`;
  url.pathname = `/${name}`;
  const server = connectionOptions(url);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return {
    url: url.toString(),
    isServer: true,
    serverPid: async (sql) => {
      const [row] = await sql.query('SELECT @@pid_file AS pidFile');
      return isLocal ? databaseServerPid(String(row?.pidFile)) : null;
    },
    create: () => run(server, `CREATE DATABASE ${name}`),
    open: () => openServer({ ...server, database: name }),
    drop: () => run(server, `DROP DATABASE IF EXISTS ${name}`),
  };
}

function connectionOptions({ hostname, port, username, password, searchParams }: URL): ConnectionOptions {
  return {
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ssl: searchParams.get('ssl') === 'true' ? {} : undefined,
  };
}

async function run(options: ConnectionOptions, sql: string): Promise<void> {
  const connection = await createConnection(options);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
