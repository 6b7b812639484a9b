import type { DataSource, QueryRunner } from 'typeorm';

const LOCK_NAME = 'secure-export:migrate';
const LOCK_WAIT_SECONDS = 120;

/**
 * Brings the schema up to date, under a lock that belongs to the connection: several instances may start at once, and the
 * lock of one that dies is gone with its connection. On SQLite the write lock of the file does that.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type === 'better-sqlite3') {
    await dataSource.runMigrations({ transaction: 'each' });
    return;
  }
  const runner = dataSource.createQueryRunner();
  try {
    await underLock(runner, async () => {
      await dataSource.runMigrations({ transaction: 'each' });
    });
  } finally {
    await runner.release();
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
