import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { describeOnServer, freshDatabase, type TestDatabase } from '../support/database';
import { buildService } from '../support/server-process';
import { Scene } from './scene';

/** The service gives up a connection on which the server says nothing for 30 seconds. */
const TIMEOUT_MS = 240_000;

beforeAll(buildService, 120_000);

describeOnServer('a network that swallows packets', () => {
  let database: TestDatabase;
  let scene: Scene;

  beforeEach(async () => {
    database = await freshDatabase('server');
  });
  afterEach(async () => {
    await scene.close();
    await database.drop();
  });

  it(
    'is given up within a bound: nothing waits for ever on connections that nobody answers any more',
    async () => {
      scene = await Scene.start({ databaseUrl: database.url, spool: true, env: { DATABASE_POOL_SIZE: '3' } });
      const load = scene.load();
      await load.untilMore(60);
      scene.proxy?.forget();
      await load.untilMoreOf(202, 40);
      await load.untilMoreOf(200, 40);
      expect(await scene.settle(load)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'is given up by the server, too: what transactions have locked there, though nobody comes back for it, is free again',
    async () => {
      scene = await Scene.start({ databaseUrl: database.url, spool: true, env: { DATABASE_POOL_SIZE: '3' } });
      const load = scene.load();
      await load.untilMore(60);
      const holder = (await scene.database()).createQueryRunner();
      try {
        while (!(await holdsWhatIsWanted(holder))) await sleep(20);
        scene.proxy?.forget();
        // The locks are given to sessions that only the server still knows.
        await holder.rollbackTransaction();
      } finally {
        await holder.dataSource.destroy();
      }
      await load.untilMoreOf(200, 40);
      expect(await scene.settle(load)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['a spool', true],
    ['no spool', false],
  ])(
    'does not keep the service from an orderly end, with %s',
    async (_name, spool) => {
      scene = await Scene.start({ databaseUrl: database.url, spool });
      const load = scene.load();
      await load.untilMore(60);
      scene.proxy?.stall();
      await load.untilMoreOf(spool ? 202 : 503, 10);
      expect(await scene.stopService('SIGTERM')).toBe(0);
      scene.proxy?.flow();
      await scene.startService();
      expect(await scene.settle(load)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

/** Whether it holds all slots and somebody waits for one. It may lose a deadlock on the way there, and nobody may want the old ones. */
async function holdsWhatIsWanted(holder: QueryRunner): Promise<boolean> {
  await holder.startTransaction();
  try {
    await holder.query('SELECT signature FROM signatures FOR UPDATE');
    for (let turn = 0; turn < 50; turn += 1) {
      if ((await lockWaits(holder)) > 0) return true;
      await sleep(20);
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'ER_LOCK_DEADLOCK') throw error;
  }
  await holder.rollbackTransaction();
  return false;
}

async function lockWaits({ dataSource }: QueryRunner): Promise<number> {
  const rows = await dataSource.query<unknown[]>(
    `SELECT t.trx_id FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
     WHERE t.trx_state = 'LOCK WAIT' AND p.DB = DATABASE()`,
  );
  return rows.length;
}
