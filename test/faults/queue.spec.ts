import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { IngestQueue } from '../../src/alerts/ingest/ingest-queue';
import { IngestService, type Delivery, type IngestResult } from '../../src/alerts/ingest/ingest.service';
import { Metrics } from '../../src/common/operations/metrics';
import { ENGINES } from '../support/database';
import { aDelivery } from '../support/deliveries';
import { closedGate, type Gate } from '../support/gate';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

const ROOM = 10_000;
const TIMEOUT_MS = 240_000;

function episode(name: string): object {
  return sample('platform-metric-heartbeat-fired', { alertId: `/queue/${name}`, originAlertId: 'queue' });
}

describe.each(ENGINES)('a queue that the database does not empty, on %s', (engine) => {
  let app: TestApp;
  let gate: Gate;
  let spoolDir: string;
  let transactions: jest.SpyInstance;

  async function start({ spool }: { spool: boolean }): Promise<void> {
    app = await TestApp.start({ engine, env: { SPOOL_DIR: spool ? spoolDir : '' } });
    // The transactions are real; they only begin when the gate opens.
    const ingest = app.app.get(IngestService);
    const begin = ingest.ingest.bind(ingest);
    transactions = jest.spyOn(ingest, 'ingest').mockImplementation(async (...given) => {
      await gate.opened;
      return begin(...given);
    });
  }

  beforeEach(() => {
    gate = closedGate();
    spoolDir = mkdtempSync(join(tmpdir(), 'secure-export-queue-'));
  });
  afterEach(async () => {
    gate.open();
    jest.restoreAllMocks();
    await app.stop();
    rmSync(spoolDir, { recursive: true, force: true });
  });

  const delivery = (name: string): Delivery => aDelivery(app, episode(name));

  /** As many as there is room for: the first is under way, and all others, of its signature, wait. */
  async function fill(): Promise<PromiseSettledResult<IngestResult>[]> {
    const queue = app.app.get(IngestQueue);
    const others = Array.from({ length: ROOM }, (_, index) => delivery(`filled-${index}`));
    const first = queue.submit(delivery('first'));
    while (queue.depth > 0) await sleep(1);
    return Promise.allSettled([first, ...others.map((other) => queue.submit(other))]);
  }

  async function stored(): Promise<number> {
    const sql = `SELECT COUNT(*) AS count FROM deliveries WHERE status = 'processed'`;
    const [row] = await app.app.get(DataSource).query<{ count: number }[]>(sql);
    return Number(row?.count);
  }

  async function untilStored(count: number): Promise<void> {
    const deadline = Date.now() + 150_000;
    while ((await stored()) < count && Date.now() < deadline) await sleep(50);
    expect(await stored()).toBe(count);
  }

  async function overflowed(): Promise<number> {
    const text = await app.app.get(Metrics).render();
    return Number(/^secure_export_ingest_overflowed_total (\d+)$/m.exec(text)?.[1]);
  }

  it(
    'is full: the next sender is told at once to come back, and what was answered is what is stored',
    async () => {
      await start({ spool: false });
      const filled = fill();
      while (app.app.get(IngestQueue).depth < ROOM) await sleep(1);
      const refused = await app.post(episode('one-too-many'));
      expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      gate.open();
      const results = await filled;
      const taken = results.filter(({ status }) => status === 'fulfilled').length;
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ status: 503, code: 'overloaded' });
      }
      expect(taken).toBeGreaterThan(0);
      expect(await stored()).toBe(taken);
    },
    TIMEOUT_MS,
  );

  it(
    'is full: the next delivery waits in the spool, and all of them come in',
    async () => {
      await start({ spool: true });
      const filled = fill();
      while (app.app.get(IngestQueue).depth < ROOM) await sleep(1);
      const fromSpool = app.app.get(IngestQueue).submitSpooled(delivery('from-spool'));
      await expect(fromSpool).rejects.toMatchObject({ code: 'overloaded' });
      expect(await app.post(episode('one-too-many'))).toMatchObject({ status: 202, body: { outcome: 'spooled' } });
      expect(await overflowed()).toBeGreaterThan(0);
      gate.open();
      const results = await filled;
      expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
      await untilStored(ROOM + 2);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['spooled where there is a spool', true],
    ['told to come back where there is none', false],
  ])(
    'keeps nobody for longer than a sender waits: %s',
    async (_name, spool) => {
      await start({ spool });
      const first = app.post(episode('first'));
      while (transactions.mock.calls.length === 0) await sleep(1);
      // The first one has its transaction to wait for, the second one waits for a transaction.
      const [second] = await Promise.allSettled([app.app.get(IngestQueue).submit(delivery('second'))]);
      expect(second).toMatchObject(
        spool ? { value: { outcome: 'spooled' } } : { reason: { status: 503, code: 'overloaded' } },
      );
      expect(await overflowed()).toBe(1);
      expect((await first).status).toBe(spool ? 202 : 503);
      gate.open();
      if (spool) await untilStored(2);
      else expect((await app.post(episode('second'))).status).toBe(200);
    },
    TIMEOUT_MS,
  );
});
