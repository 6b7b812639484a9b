import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import type { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver';
import { ServiceDataSource } from '../common/service-data-source';
import { ServerConnections, type ConnectionPool, type ServerConnection } from './server-connections';

/** Which database, and how many connections a process may hold to it (MySQL and MariaDB). */
export interface DatabaseSettings {
  databaseUrl: string;
  databasePoolSize: number;
}

type Classes = (new () => object)[];

/** How long a connection attempt may take before the database counts as away. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The one set of TypeORM options: for the application, the command line (`ormconfig.ts`), and the tests. */
export function dataSourceOptions(
  settings: DatabaseSettings,
  entities: Classes,
  migrations: Classes,
): DataSourceOptions {
  const shared = { entities, migrations, migrationsRun: false, synchronize: false, logging: false } as const;
  if (settings.databaseUrl.startsWith('sqlite:')) {
    return {
      ...shared,
      type: 'better-sqlite3',
      database: settings.databaseUrl.slice('sqlite:'.length),
      prepareDatabase: prepareSqlite,
    };
  }
  const url = new URL(settings.databaseUrl);
  return {
    ...shared,
    type: url.protocol === 'mariadb:' ? 'mariadb' : 'mysql',
    host: url.hostname,
    port: Number(url.port || 3306),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ssl: url.searchParams.get('ssl') === 'true' ? {} : undefined,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    poolSize: settings.databasePoolSize,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A stack trace for each statement, in case it fails, costs more than building the statement.
    trace: false,
  };
}

/**
 * A data source that speaks our dialect on every engine. Entities name their columns as MySQL does; SQLite takes any type
 * name (`char` and `longtext` have TEXT affinity), only TypeORM has to be told so.
 */
export function createDataSource(options: DataSourceOptions): DataSource {
  const dataSource = new ServiceDataSource(options);
  if (options.type === 'better-sqlite3') {
    if (options.database !== ':memory:') mkdirSync(dirname(options.database), { recursive: true });
    dataSource.driver.supportedDataTypes.push('char' as never, 'longtext' as never);
    dataSource.driver.withLengthColumnTypes.push('char' as never);
  }
  return dataSource;
}

/** The part of TypeORM's data source that `initialize` does after it has connected. */
interface Describable {
  buildMetadatas(): Promise<void>;
}

/** Lets repositories and query builders be made before the database is reached; what they send fails until then. */
export async function prepare(dataSource: DataSource): Promise<DataSource> {
  await (dataSource as unknown as Describable).buildMetadatas();
  return dataSource;
}

/** Connects; every connection of a MySQL or MariaDB pool, now and later, is what {@link ServerConnections} makes of it. */
export async function connect(dataSource: DataSource): Promise<DataSource> {
  await dataSource.initialize();
  if (dataSource.options.type === 'better-sqlite3') return dataSource;
  const connections = new ServerConnections((dataSource.driver as MysqlDriver).pool as ConnectionPool);
  const runner = dataSource.createQueryRunner();
  try {
    connections.prepare((await runner.connect()) as ServerConnection);
    const isGalera = await isGaleraNode(runner);
    if (dataSource instanceof ServiceDataSource) {
      dataSource.locksAreLocal = isGalera;
      dataSource.hurry = () => connections.hurry();
    }
  } finally {
    await runner.release();
  }
  return dataSource;
}

/** MariaDB has the variable, off, where there is no cluster; MySQL has none of that name. */
async function isGaleraNode(runner: QueryRunner): Promise<boolean> {
  const [row] = (await runner.query("SHOW VARIABLES LIKE 'wsrep_on'")) as { Value: string }[];
  return row?.Value === 'ON';
}

/** The part of better-sqlite3 that is used here. */
interface SqliteDatabase {
  pragma(text: string): void;
  function(name: string, options: { deterministic: boolean }, implementation: (value: unknown) => unknown): void;
}

/**
 * WAL with an fsync at each commit: readers never wait for the writer, and what was answered survives `kill -9` and power
 * loss. LOWER knows all letters, as on the servers; SQLite's own knows A to Z.
 */
function prepareSqlite(database: unknown): void {
  const sqlite = database as SqliteDatabase;
  sqlite.function('lower', { deterministic: true }, (value) =>
    typeof value === 'string' ? value.toLowerCase() : value,
  );
  for (const setting of ['journal_mode = WAL', 'synchronous = FULL', 'busy_timeout = 5000', 'foreign_keys = ON']) {
    sqlite.pragma(setting);
  }
}
