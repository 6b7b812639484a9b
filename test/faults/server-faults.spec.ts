import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import { describeOnPrivateServer, PrivateMariaDb } from '../support/private-mariadb';
import { buildService } from '../support/server-process';
import type { AlertLoad } from './alert-load';
import { Scene } from './scene';

/** Azure gives up on a call after some 10 seconds. */
const PATIENCE_MS = 10_000;
const FAULT_TIMEOUT_MS = 240_000;

beforeAll(buildService, 120_000);

describeOnPrivateServer('a fault of the database server under load', () => {
  let server: PrivateMariaDb;
  let databaseUrl: string;
  let scene: Scene;
  let load: AlertLoad;
  const holders: Connection[] = [];

  beforeAll(async () => {
    server = await PrivateMariaDb.start();
  }, 60_000);
  afterAll(() => server.remove());
  beforeEach(async () => {
    databaseUrl = await server.freshDatabase();
  });
  afterEach(async () => {
    for (const holder of holders.splice(0)) holder.destroy();
    await scene.close();
  });

  async function begin({ spool }: { spool: boolean }): Promise<void> {
    scene = await Scene.start({ databaseUrl, spool });
    load = scene.load();
    await load.untilMore(50);
  }

  /** A session of somebody else on the service's database. */
  async function somebodyElse(): Promise<Connection> {
    const holder = await server.connect();
    holders.push(holder);
    await holder.query(`USE ${new URL(databaseUrl).pathname.slice(1)}`);
    return holder;
  }

  /** The fault is over; all is as if it had never been. */
  async function expectNoTrace(): Promise<void> {
    await load.untilMoreOf(200, 50);
    expect(await scene.settle(load)).toEqual([]);
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'the server is ended by %s and started again: what comes meanwhile is spooled',
    async (signal) => {
      await begin({ spool: true });
      await server.stop(signal);
      await load.untilMoreOf(202, 40);
      await server.startAgain();
      await expectNoTrace();
      expect(load.countOf(503)).toBe(0);
    },
    FAULT_TIMEOUT_MS,
  );

  it(
    'the server is ended and there is no spool: senders are told to come back, and do',
    async () => {
      await begin({ spool: false });
      await server.stop('SIGKILL');
      await load.untilMoreOf(503, 20);
      await server.startAgain();
      await expectNoTrace();
      expect(load.countOf(202)).toBe(0);
    },
    FAULT_TIMEOUT_MS,
  );

  it.each([
    ['a spool', true, 202],
    ['no spool', false, 503],
  ] as const)(
    'connections are killed in the middle of transactions, and there is %s',
    async (_name, spool, status) => {
      await begin({ spool });
      const target = load.countOf(status) + 20;
      while (load.countOf(status) < target) {
        await server.killConnections();
        await sleep(20);
      }
      await expectNoTrace();
    },
    FAULT_TIMEOUT_MS,
  );

  it(
    'the server is read-only for a while, as in a failover',
    async () => {
      await begin({ spool: true });
      await server.setReadOnly(true);
      try {
        await load.untilMoreOf(202, 40);
        expect(scene.log).toContain('the database takes no deliveries now');
        expect(scene.log).toContain('ER_OPTION_PREVENTS_STATEMENT');
      } finally {
        await server.setReadOnly(false);
      }
      await expectNoTrace();
      expect(scene.log).toContain('the database takes deliveries again');
    },
    FAULT_TIMEOUT_MS,
  );

  it(
    'somebody else holds the rows for longer than the service waits for a lock',
    async () => {
      await begin({ spool: true });
      const holder = await somebodyElse();
      while (!(await holdsAllSlots(holder))) await sleep(20);
      await load.untilMoreOf(202, 40);
      await holder.query('ROLLBACK');
      await expectNoTrace();
      expect(load.slowestMs).toBeLessThan(PATIENCE_MS);
    },
    FAULT_TIMEOUT_MS,
  );

  it(
    'commits hang, for a backup holds the global read lock',
    async () => {
      await begin({ spool: true });
      const backup = await somebodyElse();
      await backup.query('FLUSH TABLES WITH READ LOCK');
      await load.untilMoreOf(202, 40);
      await backup.query('UNLOCK TABLES');
      await expectNoTrace();
      expect(load.slowestMs).toBeLessThan(PATIENCE_MS);
    },
    FAULT_TIMEOUT_MS,
  );

  it(
    'the service loses deadlocks against somebody who takes the same rows the other way round',
    async () => {
      await begin({ spool: true });
      const other = await somebodyElse();
      await other.query('CREATE TABLE ballast (id int AUTO_INCREMENT PRIMARY KEY, text varchar(40))');
      let [own, all] = [0, 0];
      const before = await deadlocks();
      const deadline = Date.now() + 120_000;
      while (all - own < 3 && Date.now() < deadline) {
        own += (await deadlockAgainst(other)) ? 1 : 0;
        all = (await deadlocks()) - before;
      }
      expect(all - own).toBeGreaterThanOrEqual(3);
      await expectNoTrace();
    },
    FAULT_TIMEOUT_MS,
  );

  /** Whether it does now; it may be the one that loses a deadlock on the way there. */
  async function holdsAllSlots(holder: Connection): Promise<boolean> {
    await holder.query('START TRANSACTION');
    return holder.query('SELECT signature FROM signatures FOR UPDATE').then(
      () => true,
      (error: unknown) => !lostToDeadlock(error),
    );
  }

  async function deadlocks(): Promise<number> {
    const [row] = await server.run<{ Value: string }>(`SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'`);
    return Number(row?.Value);
  }

  /** Locks work items before slots, as alerts never do, with so many changes that InnoDB gives up the other one. Whether this one was. */
  async function deadlockAgainst(other: Connection): Promise<boolean> {
    try {
      await other.query('START TRANSACTION');
      await other.query('INSERT INTO ballast (text) SELECT seq FROM seq_1_to_2000');
      await other.query('UPDATE work_items SET category = category ORDER BY id DESC LIMIT 40');
      await sleep(20);
      await other.query(
        'UPDATE signatures SET turn = turn WHERE workItemId IN (SELECT id FROM (SELECT id FROM work_items ORDER BY id DESC LIMIT 40) newest)',
      );
      await other.query('ROLLBACK');
      return false;
    } catch (error) {
      return lostToDeadlock(error);
    }
  }
});

/** It was rolled back for a deadlock; whatever else has happened is thrown. */
function lostToDeadlock(error: unknown): true {
  if ((error as { code?: string }).code !== 'ER_LOCK_DEADLOCK') throw error;
  return true;
}
