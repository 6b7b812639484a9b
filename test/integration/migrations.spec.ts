import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DataSource } from 'typeorm';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { ENTITIES } from '../../src/database/entities';
import { migrate } from '../../src/database/migrate';
import { MIGRATIONS } from '../../src/database/migrations';
import { describeOnServer, ENGINES, freshDatabase, type TestDatabase } from '../support/database';

const INSTANCES = 5;
/** What TypeORM and SQLite keep for themselves. */
const OWN_TABLES = ['migrations', 'sqlite_sequence'];
const NAMES = MIGRATIONS.map(({ name }) => name);

describe.each(ENGINES)('the migrations on %s', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeEach(async () => {
    database = await freshDatabase(engine);
    dataSource = await open(database.url);
  });

  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('make exactly the tables that the entities describe', async () => {
    await migrate(dataSource);
    expect(await driftOf(dataSource)).toEqual([]);
    expect(await tablesOf(dataSource)).toEqual(expect.arrayContaining(entityTables(dataSource)));
  });

  it('give no column that takes NULL another default: what is NULL is left out of an INSERT', async () => {
    await migrate(dataSource);
    const runner = dataSource.createQueryRunner();
    const tables = await runner.getTables(entityTables(dataSource));
    await runner.release();
    expect(tables.flatMap(({ columns }) => columns.filter(({ isNullable }) => isNullable))).not.toEqual([]);
    const others = tables.flatMap(({ name, columns }) =>
      columns
        .filter((column) => column.isNullable && ((column.default as unknown) ?? 'NULL') !== 'NULL')
        .map((column) => `${name}.${column.name} = ${String(column.default)}`),
    );
    expect(others).toEqual([]);
  });

  it('can be taken back one by one, leave nothing behind, and can be run again', async () => {
    await migrate(dataSource);
    for (const name of NAMES.toReversed()) {
      expect((await appliedOf(dataSource)).at(-1)).toBe(name);
      await dataSource.undoLastMigration({ transaction: 'each' });
    }
    expect(await appliedOf(dataSource)).toEqual([]);
    expect((await tablesOf(dataSource)).filter((name) => !OWN_TABLES.includes(name))).toEqual([]);

    await migrate(dataSource);
    expect(await driftOf(dataSource)).toEqual([]);
  });

  it('do nothing to a database that is up to date', async () => {
    await migrate(dataSource);
    expect(await dataSource.runMigrations()).toEqual([]);
    await migrate(dataSource);
    expect(await appliedOf(dataSource)).toEqual(NAMES);
  });
});

describeOnServer('the columns on the server', () => {
  it('compare byte by byte, whatever the server makes of a new database', async () => {
    const database = await freshDatabase('server');
    const dataSource = await open(database.url);
    try {
      await migrate(dataSource);
      const columns = await dataSource.query<unknown[]>(
        `SELECT TABLE_NAME, COLUMN_NAME, COLLATION_NAME FROM information_schema.COLUMNS
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME <> 'migrations' AND COLLATION_NAME <> 'utf8mb4_bin'`,
      );
      expect(columns).toEqual([]);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});

describe.each(ENGINES)('several instances that start at once on a fresh database on %s', (engine) => {
  it('run each migration once, and all of them come up', async () => {
    const database = await freshDatabase(engine);
    try {
      await Promise.all(Array.from({ length: INSTANCES }, () => startInstance(database.url)));
      const dataSource = await open(database.url);
      expect(await appliedOf(dataSource)).toEqual(NAMES);
      expect(await driftOf(dataSource)).toEqual([]);
      await dataSource.destroy();
    } finally {
      await database.drop();
    }
  });
});

describeOnServer('an instance that may hold one connection only', () => {
  it('migrates like any other', async () => {
    const database = await freshDatabase('server');
    const dataSource = await open(database.url, 1);
    try {
      await migrate(dataSource);
      expect(await appliedOf(dataSource)).toEqual(NAMES);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});

function open(databaseUrl: string, databasePoolSize = 4): Promise<DataSource> {
  return connect(createDataSource(dataSourceOptions({ databaseUrl, databasePoolSize }, ENTITIES, MIGRATIONS)));
}

/** Rejects with what the process said if it fails. */
async function startInstance(databaseUrl: string): Promise<void> {
  if (!existsSync(join(__dirname, '../../dist/main.js'))) throw new Error('This test needs the build: npm run build');
  await promisify(execFile)(process.execPath, [join(__dirname, 'migrate-once.cjs'), databaseUrl]);
}

/** The statements that would make the tables what the entities say. */
async function driftOf(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

async function appliedOf(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations ORDER BY id');
  return rows.map(({ name }) => name);
}

async function tablesOf(dataSource: DataSource): Promise<string[]> {
  const sql =
    dataSource.options.type === 'better-sqlite3'
      ? `SELECT name FROM sqlite_master WHERE type = 'table'`
      : 'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()';
  const rows = await dataSource.query<{ name: string }[]>(sql);
  return rows.map(({ name }) => name);
}

function entityTables(dataSource: DataSource): string[] {
  return dataSource.entityMetadatas.map(({ tableName }) => tableName);
}
