import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeOnPrivateServer, PrivateMariaDb } from '../support/private-mariadb';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';
import { Spool } from '../../src/alerts/spool/spool';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DataSource } from 'typeorm';

const TIMEOUT_MS = 240_000;

/** A payload with so many characters that SQL has to escape: in a statement it is twice as large. */
function episode(name: string, quotes: number): unknown {
  const { schemaId, data } = sample('platform-metric-heartbeat-fired', { alertId: `/${name}`, originAlertId: name });
  return { schemaId, data: { ...data, customProperties: { text: "'".repeat(quotes) } } };
}

describeOnPrivateServer('a server that takes packets of one megabyte', () => {
  let server: PrivateMariaDb;
  let app: TestApp;
  let spoolDir: string;

  beforeAll(async () => {
    server = await PrivateMariaDb.start(['--max-allowed-packet=1M']);
  }, TIMEOUT_MS);
  afterAll(() => server.remove());
  beforeEach(async () => {
    spoolDir = mkdtempSync(join(tmpdir(), 'secure-export-packets-'));
    app = await TestApp.start({ databaseUrl: await server.freshDatabase(), env: { SPOOL_DIR: spoolDir } });
  });
  afterEach(async () => {
    await app.stop();
    rmSync(spoolDir, { recursive: true, force: true });
  });

  async function stored(): Promise<{ status: string; requestId: string }[]> {
    return app.app.get(DataSource).query('SELECT status, alertId FROM deliveries ORDER BY id');
  }

  async function untilSpoolIsEmpty(): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (app.app.get(Spool).oldestAt !== null) {
      if (Date.now() > deadline) throw new Error('The spool is not empty.');
      await sleep(25);
    }
  }

  it(
    'gets a batch that is larger in parts that it takes',
    async () => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => app.post(episode(`part-${index}`, 150_000))),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
      expect(await stored()).toHaveLength(12);
    },
    TIMEOUT_MS,
  );

  it(
    'gets no delivery that is larger alone: it is kept aside for people, and its neighbours go on',
    async () => {
      const [before, large, after] = await Promise.all([
        app.post(episode('before', 10)),
        app.post(episode('large', 600_000)),
        app.post(episode('after', 10)),
      ]);
      expect([before.status, after.status]).toEqual([200, 200]);
      expect(large).toMatchObject({ status: 202, body: { outcome: 'spooled' } });
      await untilSpoolIsEmpty();
      expect((await app.post(episode('later', 10))).status).toBe(200);
      expect((await stored()).map(({ status }) => status)).toEqual(Array(3).fill('processed'));
      const aside = readFileSync(join(spoolDir, 'slot-1', 'unstorable.records'), 'utf8');
      expect(aside.trim().split('\n')).toHaveLength(1);
      expect(aside).toContain(String(large.body.deliveryId));
      expect(app.logLines.filter(({ msg }) => msg === 'a delivery is kept aside in the spool')).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it(
    'does not stop the spool with a refused body that is too large to be kept as one',
    async () => {
      const refused = await app.post({ schemaId: 'other', text: "'".repeat(600_000) });
      expect(refused).toMatchObject({ status: 400, body: { code: 'not_common_schema' } });
      await untilSpoolIsEmpty();
      expect((await app.post(episode('behind', 10))).status).toBe(200);
      expect(readdirSync(join(spoolDir, 'slot-1'))).toContain('unstorable.records');
    },
    TIMEOUT_MS,
  );
});
