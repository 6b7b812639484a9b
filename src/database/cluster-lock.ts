import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { newId } from '../common/ids';
import { isLostRace } from '../common/transactions';

const LEASE_SECONDS = 300;
const RENEW_EVERY_MS = 20_000;
const TRY_EVERY_MS = 250;

/*
 * GET_LOCK holds on one node of a Galera cluster alone. A row holds on all: of two nodes that write it at once, one fails. It lies in
 * a table of its own, made by the one statement of the kind that may run on every node at once.
 */
const TABLE = `CREATE TABLE IF NOT EXISTS migration_lock (
  id tinyint NOT NULL PRIMARY KEY, holder char(36) NOT NULL, expiresAt datetime(3) NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;
const ROW = "INSERT INTO migration_lock VALUES (1, '', '2000-01-01') ON DUPLICATE KEY UPDATE id = id";
const TAKE = `UPDATE migration_lock SET holder = ?, expiresAt = UTC_TIMESTAMP(3) + INTERVAL ${LEASE_SECONDS} SECOND
  WHERE id = 1 AND (holder = ? OR expiresAt <= UTC_TIMESTAMP(3))`;
const HOLDER = 'SELECT holder FROM migration_lock WHERE id = 1';
const RELEASE = "UPDATE migration_lock SET expiresAt = '2000-01-01' WHERE id = 1 AND holder = ?";

/**
 * Runs `work` on one instance of a cluster at a time, and waits for the others so long at the most. One that is killed at it keeps the
 * others waiting for up to five minutes.
 */
export async function underClusterLock(
  dataSource: DataSource,
  waitSeconds: number,
  work: () => Promise<void>,
): Promise<void> {
  const holder = newId();
  await untilTaken(dataSource, { holder, deadline: Date.now() + waitSeconds * 1_000 });
  const renewal = setInterval(() => void take(dataSource, holder).catch(() => undefined), RENEW_EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(renewal);
    await dataSource.query(RELEASE, [holder]);
  }
}

async function untilTaken(
  dataSource: DataSource,
  { holder, deadline }: { holder: string; deadline: number },
): Promise<void> {
  while (!(await tryToTake(dataSource, holder))) {
    if (Date.now() > deadline) throw new Error('Another instance on the cluster holds the migration lock.');
    await sleep(TRY_EVERY_MS);
  }
}

async function tryToTake(dataSource: DataSource, holder: string): Promise<boolean> {
  try {
    await dataSource.query(TABLE);
    await dataSource.query(ROW);
    return await take(dataSource, holder);
  } catch (error) {
    if (isLostRace(error)) return false;
    throw error;
  }
}

/** Takes the lock, or renews it. */
async function take(dataSource: DataSource, holder: string): Promise<boolean> {
  await dataSource.query(TAKE, [holder, holder]);
  const [row] = await dataSource.query<{ holder: string }[]>(HOLDER);
  return row?.holder === holder;
}
