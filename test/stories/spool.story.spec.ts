import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { DatabaseGate } from '../../src/alerts/ingest/database-gate';
import { IngestQueue } from '../../src/alerts/ingest/ingest-queue';
import { IngestService } from '../../src/alerts/ingest/ingest.service';
import { Spool } from '../../src/alerts/spool/spool';
import { decodeRecords, type SpooledDelivery } from '../../src/alerts/spool/spool-record.rules';
import { deliveryOf } from '../../src/alerts/spool/spooled-delivery';
import { CONFIG, type Config } from '../../src/common/config';
import { SpoolSlot } from '../../src/alerts/spool/spool-slot';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { describeOnServer, freshDatabase, type TestDatabase } from '../support/database';
import { closedGate } from '../support/gate';
import { sample } from '../support/samples';
import { TcpProxy } from '../support/tcp-proxy';
import { AUDIENCE, TestApp } from '../support/test-app';

const FIRED = 'platform-metric-heartbeat-fired';
const RESOLVED = 'platform-metric-heartbeat-resolved';

describeOnServer('the spool', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let root: string;
  const started: TestApp[] = [];

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'secure-export-spool-'));
    database = await freshDatabase('server');
    const url = new URL(database.url);
    proxy = await TcpProxy.start({ host: url.hostname, port: Number(url.port || 3306) });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    proxy.flow();
    proxy.mend();
    for (const app of started.splice(0)) await app.stop();
    await proxy.close();
    await database.drop();
    rmSync(root, { recursive: true, force: true });
  });

  async function start(env: NodeJS.ProcessEnv = {}): Promise<TestApp> {
    const url = new URL(database.url);
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    const app = await TestApp.start({ databaseUrl: url.toString(), env: { SPOOL_DIR: root, ...env } });
    started.push(app);
    return app;
  }

  const episode = (index: number): unknown =>
    sample(FIRED, { alertId: `/spool/${index}`, originAlertId: `origin-${index}` });

  function files(slot = 1): string[] {
    const path = join(root, `slot-${slot}`);
    return existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.spool')) : [];
  }

  /** What waits on disk, in however many files. */
  function kept(): SpooledDelivery[] {
    return files().flatMap((name) => decodeRecords(readFileSync(join(root, 'slot-1', name))).deliveries);
  }

  const sizeOnDisk = (): number => files().reduce((sum, name) => sum + statSync(join(root, 'slot-1', name)).size, 0);

  /** Whole seconds, within these. */
  const age = (from: number, to: number): unknown => ({
    asymmetricMatch: (seconds: unknown) =>
      Number.isInteger(seconds) && from <= Number(seconds) && Number(seconds) <= to,
  });

  async function untilEmpty(app: TestApp): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (files().length > 0 || app.app.get(Spool).oldestAt !== null) {
      if (Date.now() > deadline) throw new Error(`The spool still holds ${files().join()}.`);
      await sleep(25);
    }
  }

  async function statusesOf(app: TestApp): Promise<unknown[]> {
    return app.app.get(DataSource).query('SELECT status, outcome FROM deliveries ORDER BY receivedAt, id');
  }

  it('keeps what comes while the database is away, and brings it in when it is back: the end is the same', async () => {
    const app = await start();
    proxy.cut();
    const spooled = await app.post(sample(FIRED));
    expect(spooled).toMatchObject({ status: 202, body: { outcome: 'spooled' } });
    expect((await app.post(sample(FIRED))).body).toMatchObject({ outcome: 'spooled' });
    expect((await app.post(sample(RESOLVED))).body).toMatchObject({ outcome: 'spooled' });
    expect(kept()).toHaveLength(3);
    await sleep(1_500); // one answer for all who ask within a second
    expect(await app.call('GET', '/health/ready')).toMatchObject({
      status: 200,
      body: { ready: true, checks: { spool: { status: 'up', bytes: sizeOnDisk(), oldestAgeSeconds: age(1, 60) } } },
    });
    expect(await app.get('/api/v1/work-items')).toMatchObject({ status: 503 });

    proxy.mend();
    await untilEmpty(app);
    await sleep(1_000);
    const { body: again } = await app.call<{ checks: object }>('GET', '/health/ready');
    expect(again.checks).toMatchObject({ spool: { status: 'up', bytes: 0, oldestAgeSeconds: 0 } });
    const { body } = await app.get<{ items: { state: string; alertCount: number }[] }>('/api/v1/work-items');
    expect(body.items).toMatchObject([{ state: 'resolved', alertCount: 1 }]);
    expect(await statusesOf(app)).toEqual([
      { status: 'processed', outcome: 'created' },
      { status: 'duplicate', outcome: 'duplicate' },
      { status: 'processed', outcome: 'resolved' },
    ]);
    const { body: delivery } = await app.get(`/api/v1/admin/deliveries/${String(spooled.body.deliveryId)}`, 'Admin');
    expect(delivery).toMatchObject({ status: 'processed', outcome: 'created' });
    expect((await app.post(episode(1))).status).toBe(200);
  });

  it('keeps what is refused for its form, too, and tells the sender what is wrong', async () => {
    const app = await start();
    proxy.cut();
    expect(await app.post({ schemaId: 'other' })).toMatchObject({ status: 400, body: { code: 'not_common_schema' } });
    proxy.mend();
    await untilEmpty(app);
    expect(await statusesOf(app)).toEqual([{ status: 'rejected', outcome: null }]);
  });

  it('answers in time when the database swallows what it is sent, and stores nothing twice when it comes round', async () => {
    const app = await start();
    proxy.stall();
    const answers = await Promise.all([app.post(episode(1)), app.post(episode(2))]);
    expect(answers.map(({ status, body }) => [status, body.outcome])).toEqual([
      [202, 'spooled'],
      [202, 'spooled'],
    ]);
    proxy.flow();
    await untilEmpty(app);
    const { body } = await app.get<{ items: { alertCount: number }[] }>('/api/v1/work-items');
    expect(body.items.map(({ alertCount }) => alertCount)).toEqual([1, 1]);
    expect(await statusesOf(app)).toHaveLength(2);
  }, 60_000);

  it('leaves as it is what was committed by the time that it comes out of the spool', async () => {
    const app = await start();
    await app.post(episode(1));
    const [stored] = await app.app
      .get(DataSource)
      .query<Omit<SpooledDelivery, 'callerScopes' | 'refusal'>[]>(
        'SELECT id, receivedAt, requestId, callerAppId, body FROM deliveries',
      );
    const late = { ...(stored as SpooledDelivery), callerScopes: [], refusal: null };
    const queue = app.app.get(IngestQueue);
    const others = [episode(2), episode(3)].map((payload) => ({
      ...late,
      id: randomUUID(),
      body: JSON.stringify(payload),
    }));
    const results = await Promise.all(
      [late, ...others].map((each) => queue.submitSpooled(deliveryOf(each, app.app.get<Config>(CONFIG)))),
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(['duplicate', 'created', 'created']);
    expect((await statusesOf(app)).map((row) => (row as { status: string }).status)).toEqual(
      Array(3).fill('processed'),
    );
  });

  it('keeps what is in the database already until a commit after it has shown that it is there to stay', async () => {
    const app = await start();
    await app.post(episode(1));
    const [row] = await app.app
      .get(DataSource)
      .query<Omit<SpooledDelivery, 'callerScopes' | 'refusal'>[]>(
        'SELECT id, receivedAt, requestId, callerAppId, body FROM deliveries',
      );
    const commit = closedGate();
    const ingest = app.app.get(IngestService);
    const prove = ingest.prove.bind(ingest);
    const proving = jest.spyOn(ingest, 'prove').mockImplementation(async () => {
      await commit.opened;
      await prove();
    });
    await app.app.get(Spool).append({ ...(row as SpooledDelivery), callerScopes: [], refusal: null });
    while (proving.mock.calls.length === 0) await sleep(10);
    expect(kept()).toHaveLength(1);
    commit.open();
    await untilEmpty(app);
    expect(await statusesOf(app)).toHaveLength(1);
  });

  it('is taken up by the next start, without the record that was being written', async () => {
    const first = await start();
    proxy.cut();
    for (const index of [1, 2, 3]) await first.post(episode(index));
    await first.stop();
    started.pop();
    const [name] = files();
    const path = join(root, 'slot-1', name!);
    const { length } = readFileSync(path);
    truncateSync(path, length - 10);

    proxy.mend();
    const second = await start();
    await untilEmpty(second);
    expect(await statusesOf(second)).toHaveLength(2);
  });

  it('keeps each damaged file aside, and takes what is whole in it', async () => {
    for (const round of [1, 2]) {
      const first = await start();
      proxy.cut();
      for (const index of [1, 2, 3]) await first.post(episode(10 * round + index));
      await first.stop();
      started.pop();
      damage(files()[0]!);

      proxy.mend();
      const second = await start();
      await untilEmpty(second);
      expect(await statusesOf(second)).toHaveLength(2 * round);
      expect(readdirSync(join(root, 'slot-1')).filter((name) => name.endsWith('.damaged'))).toHaveLength(round);
      await second.stop();
      started.pop();
    }
  });

  function damage(name: string): void {
    const path = join(root, 'slot-1', name);
    const bytes = readFileSync(path);
    bytes[20] = bytes[20]! ^ 1;
    writeFileSync(path, bytes);
  }

  it('keeps aside what the database takes in no form, and brings in what comes behind it', async () => {
    const app = await start();
    const sql = app.app.get(DataSource);
    await sql.query(`CREATE TRIGGER refuse BEFORE INSERT ON deliveries FOR EACH ROW
      IF NEW.body LIKE '%poison%' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'; END IF`);
    proxy.cut();
    const poisoned = episode(1) as { data: object };
    await app.post({ ...poisoned, data: { ...poisoned.data, customProperties: { text: 'poison' } } });
    await app.post(episode(2));
    proxy.mend();
    await untilEmpty(app);
    expect(await statusesOf(app)).toEqual([{ status: 'processed', outcome: 'created' }]);
    const aside = join(root, 'slot-1', 'unstorable.records');
    expect(readFileSync(aside, 'utf8')).toContain('poison');
    expect(decodeRecords(readFileSync(aside)).deliveries).toHaveLength(1);

    await sql.query('DROP TRIGGER refuse');
    renameSync(aside, join(root, 'slot-1', 'again.spool'));
    await untilEmpty(app);
    expect(await statusesOf(app)).toEqual(Array(2).fill({ status: 'processed', outcome: 'created' }));
  });

  it('keeps nothing aside that the database has refused for a moment only', async () => {
    const app = await start();
    const sql = app.app.get(DataSource);
    await sql.query(`CREATE TRIGGER refuse BEFORE INSERT ON deliveries FOR EACH ROW
      IF NEW.body <> '{}' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'; END IF`);
    const ingest = app.app.get(IngestService);
    const [prove, ingestAll] = [ingest.prove.bind(ingest), jest.spyOn(ingest, 'ingest')];
    jest.spyOn(ingest, 'prove').mockImplementation(async () => {
      await prove();
      if (ingestAll.mock.calls.length > 0) await sql.query('DROP TRIGGER IF EXISTS refuse');
    });
    proxy.cut();
    await app.post(episode(1));
    ingestAll.mockClear();
    proxy.mend();
    await untilEmpty(app);
    expect(await statusesOf(app)).toEqual([{ status: 'processed', outcome: 'created' }]);
    expect(existsSync(join(root, 'slot-1', 'unstorable.records'))).toBe(false);
  });

  it('keeps all of it while the database takes nothing, as if it were away', async () => {
    const app = await start();
    const sql = app.app.get(DataSource);
    await sql.query(`CREATE TRIGGER refuse BEFORE INSERT ON deliveries FOR EACH ROW
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'`);
    for (const index of [1, 2]) expect((await app.post(episode(index))).status).toBe(202);
    const gate = app.app.get(DatabaseGate);
    const deadline = Date.now() + 60_000;
    while (gate.isOpen && Date.now() < deadline) await sleep(25);
    expect((await app.post(episode(3))).status).toBe(202);
    await sleep(1_500); // some turns of the drain
    expect(gate.isOpen).toBe(false);
    expect(kept()).toHaveLength(3);
    expect(existsSync(join(root, 'slot-1', 'unstorable.records'))).toBe(false);

    await sql.query('DROP TRIGGER refuse');
    await untilEmpty(app);
    expect(await statusesOf(app)).toEqual(Array(3).fill({ status: 'processed', outcome: 'created' }));
  });

  it('brings in the rest, and takes alerts again, when a file of it can not be read', async () => {
    const app = await start();
    mkdirSync(join(root, 'slot-1', '000000000000.spool'));
    proxy.cut();
    await app.post(episode(1));
    proxy.mend();
    const deadline = Date.now() + 60_000;
    while ((await app.post(episode(2))).status !== 200 && Date.now() < deadline) await sleep(100);
    while (files().length > 1 && Date.now() < deadline) await sleep(25);
    expect(files()).toEqual(['000000000000.spool']);
    const created = (await statusesOf(app)).filter((each) => (each as { outcome: string }).outcome === 'created');
    expect(created).toHaveLength(2);
  });

  it('takes alerts from a start without the database on, from callers that it knows', async () => {
    const first = await start();
    await first.stop();
    started.pop();
    proxy.cut();
    const app = await start();
    expect(await app.post(episode(1))).toMatchObject({ status: 202, body: { outcome: 'spooled' } });
    const stranger = app.issuer.mint({ audience: AUDIENCE, appId: randomUUID(), roles: ['ActionGroupsSecureWebhook'] });
    const refused = await app.call('POST', '/api/v1/webhooks/azure-monitor', { as: stranger, body: episode(2) });
    expect(refused.status).toBe(403);
    expect(await app.get('/api/v1/work-items')).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect(await app.call('GET', '/health/ready')).toMatchObject({
      status: 200,
      body: { checks: { database: { status: 'down', coveredBy: 'spool' } } },
    });

    proxy.mend();
    await untilEmpty(app);
    expect(await statusesOf(app)).toEqual([{ status: 'processed', outcome: 'created' }]);
    expect((await app.post(episode(3))).status).toBe(200);
  });

  it('says once what keeps it from a database that is there', async () => {
    const first = await start();
    const sql = await connect(createDataSource(dataSourceOptions(first.app.get<Config>(CONFIG), [], [])));
    const name = new URL(database.url).pathname.slice(1);
    await first.stop();
    started.pop();
    proxy.cut();
    const app = await start();
    proxy.mend();
    await sql.query(`DROP DATABASE ${name}`);
    const told = () => app.logLines.filter(({ msg }) => msg === 'the database is there, and can not be used');
    const deadline = Date.now() + 60_000;
    while (told().length === 0 && Date.now() < deadline) await sleep(50);
    await sleep(2_500); // two more tries
    await sql.query(`CREATE DATABASE ${name}`);
    await sql.destroy();
    expect(told()).toEqual([expect.objectContaining({ level: 'error', err: expect.anything() as unknown })]);
  });

  it('takes nothing from a first start without the database: nobody can be judged', async () => {
    proxy.cut();
    const app = await start();
    expect(await app.post(episode(1))).toMatchObject({ status: 503, body: { code: 'allowlist_unavailable' } });
    proxy.mend();
    const deadline = Date.now() + 60_000;
    while ((await app.post(episode(1))).status !== 200 && Date.now() < deadline) await sleep(100);
    expect(await statusesOf(app)).toContainEqual({ status: 'processed', outcome: 'created' });
  });

  it('answers 503 when it is full, and takes more when there is room again', async () => {
    const app = await start({ SPOOL_MAX_BYTES: '1048576' });
    proxy.cut();
    const filler = { customProperties: { text: 'x'.repeat(200_000) } };
    const statuses: number[] = [];
    for (let index = 0; index < 7; index += 1) {
      const payload = episode(index) as { data: object };
      statuses.push((await app.post({ ...payload, data: { ...payload.data, ...filler } })).status);
    }
    expect(statuses).toEqual([202, 202, 202, 202, 202, 503, 503]);
    const full = await app.call('GET', '/health/ready');
    expect(full.status).toBe(503);
    proxy.mend();
    await untilEmpty(app);
    expect((await statusesOf(app)).length).toBe(5);
  });

  it('is the own of each instance, and what a dead one left is taken over', async () => {
    const [one, other] = [await start(), await start()];
    proxy.cut();
    await one.post(episode(1));
    await other.post(episode(2));
    expect([files(1), files(2)].map(({ length }) => length)).toEqual([1, 1]);
    await one.stop();
    started.shift();
    proxy.mend();
    await untilEmpty(other);
    const deadline = Date.now() + 10_000;
    while ((await statusesOf(other)).length < 2 && Date.now() < deadline) await sleep(50);
    expect(await statusesOf(other)).toHaveLength(2);
    expect(SpoolSlot.take(join(root, 'slot-2'))).toBeNull();
  });

  const canMount = process.getuid?.() === 0;
  (canMount ? it : it.skip)('answers 503 when the disk is full, and has nothing half-written', async () => {
    const disk = join(root, 'disk');
    execFileSync('mkdir', [disk]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160k', 'tmpfs', disk]);
    try {
      const app = await start({ SPOOL_DIR: disk });
      proxy.cut();
      const payload = episode(1) as { data: object };
      const large = { ...payload, data: { ...payload.data, customProperties: { text: 'x'.repeat(60_000) } } };
      const answers = [];
      for (const body of [episode(2), large, large, large]) answers.push((await app.post(body)).status);
      expect(answers).toEqual([202, 202, 202, 503]);
      for (let index = 0; index < 8; index += 1) expect((await app.post(large)).status).toBe(503);
      // The one that is full, and at most the last two that could not be written.
      const onDisk = readdirSync(join(disk, 'slot-1')).filter((name) => name.endsWith('.spool'));
      expect(onDisk.length).toBeLessThanOrEqual(3);
      expect((await app.post(episode(3))).status).toBe(202);
      proxy.mend();
      const deadline = Date.now() + 10_000;
      while (app.app.get(Spool).oldestAt !== null && Date.now() < deadline) await sleep(50);
      expect(await statusesOf(app)).toHaveLength(4);
      await app.stop();
      started.pop();
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
