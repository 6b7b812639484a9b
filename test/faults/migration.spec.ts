import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { ENTITIES } from '../../src/database/entities';
import { migrate } from '../../src/database/migrate';
import { MIGRATIONS } from '../../src/database/migrations';
import { describeOnServer, freshDatabase, type TestDatabase } from '../support/database';
import { buildService } from '../support/server-process';
import type { AlertLoad } from './alert-load';
import { Scene } from './scene';

const TIMEOUT_MS = 240_000;

/** What a version to come might do: copies tables that are written to all the time, and lets nobody write meanwhile. */
class FromTheFuture9999999999999 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`ALTER TABLE ${table} ADD COLUMN future varchar(100) NULL, ALGORITHM=COPY, LOCK=SHARED`);
      await runner.query(`CREATE INDEX ix_${table}_future ON ${table} (future)`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} DROP COLUMN future`);
  }
}

const TABLES = ['deliveries', 'alerts', 'work_items', 'signatures', 'timeline_entries'];

beforeAll(buildService, 120_000);

describeOnServer('an instance under load', () => {
  let database: TestDatabase;
  let scene: Scene;
  let load: AlertLoad;
  let otherSpool: string;

  beforeEach(async () => {
    otherSpool = mkdtempSync(join(tmpdir(), 'secure-export-faults-'));
    database = await freshDatabase('server');
    scene = await Scene.start({ databaseUrl: database.url, spool: true });
    load = scene.load();
    await load.untilMore(60);
  }, TIMEOUT_MS);
  afterEach(async () => {
    await scene.close();
    await database.drop();
    rmSync(otherSpool, { recursive: true, force: true });
  });

  it(
    'serves on while the migrations of a newer version run beside it',
    async () => {
      const settings = { databaseUrl: database.url, databasePoolSize: 2 };
      const newer = createDataSource(
        dataSourceOptions(settings, ENTITIES, [...MIGRATIONS, FromTheFuture9999999999999]),
      );
      await connect(newer);
      try {
        await migrate(newer);
        await load.untilMoreOf(200, 60);
        await newer.undoLastMigration();
        await load.untilMoreOf(200, 60);
      } finally {
        await newer.destroy();
      }
      expect(await scene.settle(load)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'serves on while another one waits for the migration lock, and is joined by that one then',
    async () => {
      const holder = await scene.database();
      const runner = holder.createQueryRunner();
      try {
        const lock = `secure-export:migrate:${new URL(database.url).pathname.slice(1)}`.slice(0, 64);
        await runner.query('SELECT GET_LOCK(?, 0)', [lock]);
        let isUp = false;
        const starting = scene.anotherService(otherSpool).finally(() => {
          isUp = true;
        });
        await untilSomebodyWaits(runner, lock);
        await load.untilMoreOf(200, 60);
        expect(isUp).toBe(false);
        await runner.query('SELECT RELEASE_LOCK(?)', [lock]);
        const other = await starting;
        await load.untilMoreOf(200, 60);
        expect(await other.stop()).toBe(0);
      } finally {
        await runner.release();
        await holder.destroy();
      }
      expect(await scene.settle(load)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  async function untilSomebodyWaits(runner: QueryRunner, lock: string): Promise<void> {
    const waiting = `SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT GET_LOCK%' AND INFO LIKE ? AND ID <> CONNECTION_ID()`;
    const deadline = Date.now() + 30_000;
    while (((await runner.query(waiting, [`%${lock}%`])) as unknown[]).length === 0) {
      if (Date.now() > deadline) throw new Error('No instance waits for the migration lock.');
      await sleep(50);
    }
  }
});
