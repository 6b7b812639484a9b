import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { AUTH_ENTITIES } from '../../src/auth/auth.entities';
import { CMDB_ENTITIES } from '../../src/cmdb/cmdb.entities';
import { newId } from '../../src/common/ids';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { Auth1764000001000 } from '../../src/database/migrations/1764000001000-auth';
import { Cmdb1764000002000 } from '../../src/database/migrations/1764000002000-cmdb';

/** A database of its own, with the tables of the CMDB and of what it stands on. */
export interface TestDatabase {
  dataSource: DataSource;
  close(): Promise<void>;
}

/** Rows for `describe.each`: SQLite always, and the server that `TEST_DATABASE_URL` names. */
export function testDatabaseUrls(): [engine: string, url: string][] {
  const server = process.env.TEST_DATABASE_URL?.startsWith('sqlite:') ? undefined : process.env.TEST_DATABASE_URL;
  return [['sqlite', 'sqlite:'], ...(server ? [[new URL(server).protocol, server] as [string, string]] : [])];
}

/** Opens a fresh database on the engine of `url` and migrates it. */
export async function openDatabase(url: string): Promise<TestDatabase> {
  return url.startsWith('sqlite:') ? openFile() : openOnServer(url);
}

async function openFile(): Promise<TestDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'cmdb-'));
  const dataSource = await migrated(`sqlite:${join(directory, 'test.sqlite')}`);
  return {
    dataSource,
    close: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function openOnServer(serverUrl: string): Promise<TestDatabase> {
  const name = `cmdb_${newId().replaceAll('-', '')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const dataSource = await migrated(url.toString());
  return {
    dataSource,
    close: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await onServer(serverUrl, `DROP DATABASE ${name}`);
    },
  };
}

async function migrated(databaseUrl: string): Promise<DataSource> {
  const options = dataSourceOptions(
    { databaseUrl, databasePoolSize: 4 },
    [...CMDB_ENTITIES, ...AUTH_ENTITIES],
    [Auth1764000001000, Cmdb1764000002000],
  );
  const dataSource = await connect(createDataSource(options));
  await dataSource.runMigrations({ transaction: 'each' });
  return dataSource;
}

async function onServer(serverUrl: string, sql: string): Promise<void> {
  const url = new URL(serverUrl);
  url.pathname = '/mysql';
  const dataSource = await connect(
    createDataSource(dataSourceOptions({ databaseUrl: url.toString(), databasePoolSize: 1 }, [], [])),
  );
  await dataSource.query(sql);
  await dataSource.destroy();
}
