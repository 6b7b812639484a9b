import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { newId } from '../../src/common/ids';

/** A database of its own for one test file. */
export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

export type Engine = 'sqlite' | 'server';

/** For `describe.each`: SQLite always, and besides the MySQL or MariaDB server that `TEST_DATABASE_URL` names. */
export const ENGINES: Engine[] = process.env.TEST_DATABASE_URL ? ['sqlite', 'server'] : ['sqlite'];

/** For what only a server can show: several connections at once. Jest skips the block where there is none. */
export const describeOnServer = process.env.TEST_DATABASE_URL ? describe : describe.skip;

export async function freshDatabase(engine: Engine): Promise<TestDatabase> {
  return engine === 'sqlite' ? freshFile() : freshOnServer(process.env.TEST_DATABASE_URL as string);
}

function freshFile(): TestDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'secure-export-'));
  return {
    url: `sqlite:${join(directory, 'test.sqlite')}`,
    drop: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function freshOnServer(serverUrl: string): Promise<TestDatabase> {
  const name = `secure_export_${newId().replaceAll('-', '')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => onServer(serverUrl, `DROP DATABASE ${name}`) };
}

async function onServer(serverUrl: string, sql: string): Promise<void> {
  const { hostname, port, username, password } = new URL(serverUrl);
  const connection = await createConnection({
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  });
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
