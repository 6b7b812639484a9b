import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';
import { locksAreLocal } from '../common/service-data-source';
import { underClusterLock } from './cluster-lock';
import { patiently } from './server-connections';

const LOCK_NAME = 'secure-export:migrate';
const LOCK_WAIT_SECONDS = 120;

/**
 * Brings the schema up to date, under a lock that belongs to the connection: several instances may start at once, and the
 * lock of one that dies is gone with its connection. On a cluster, whose nodes don't know of each other's locks, it is a row with an end.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type === 'better-sqlite3') return migrateFile(dataSource);
  const runner = dataSource.createQueryRunner();
  try {
    const run = async (): Promise<void> => {
      // On the connection that holds the lock: a pool may have only one.
      const executor = new MigrationExecutor(dataSource, runner);
      executor.transaction = 'each';
      await executor.executePendingMigrations();
    };
    await patiently(runner, () =>
      locksAreLocal({ dataSource }) ? underClusterLock(dataSource, LOCK_WAIT_SECONDS, run) : underLock(runner, run),
    );
  } finally {
    await runner.release();
  }
}

/** Takes the write lock of the file before it looks what is to be done; a second process waits for it there. */
async function migrateFile(dataSource: DataSource): Promise<void> {
  await dataSource.query('BEGIN IMMEDIATE');
  try {
    await dataSource.runMigrations({ transaction: 'none' });
    await dataSource.query('COMMIT');
  } catch (error) {
    await dataSource.query('ROLLBACK');
    throw error;
  }
}

async function underLock(runner: QueryRunner, work: () => Promise<void>): Promise<void> {
  const name = `${LOCK_NAME}:${runner.dataSource.options.database as string}`.slice(0, 64);
  const [row] = (await runner.query('SELECT GET_LOCK(?, ?) AS locked', [name, LOCK_WAIT_SECONDS])) as {
    locked: number | null;
  }[];
  if (Number(row?.locked) !== 1)
    throw new Error(`Another instance has held the migration lock for ${LOCK_WAIT_SECONDS} seconds.`);
  try {
    await work();
  } finally {
    await runner.query('SELECT RELEASE_LOCK(?)', [name]);
  }
}
