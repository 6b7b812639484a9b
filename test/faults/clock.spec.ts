import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Spool } from '../../src/alerts/spool/spool';
import { Metrics } from '../../src/common/operations/metrics';
import { Schedule } from '../../src/common/schedule/schedule';
import { describeOnServer, ENGINES, freshDatabase } from '../support/database';
import { sample } from '../support/samples';
import { TcpProxy } from '../support/tcp-proxy';
import { TestApp } from '../support/test-app';
import { TestClock } from '../support/test-clock';

const HOUR_MS = 3_600_000;
const START = new Date('2026-03-01T12:00:00Z');
/** What the schedule has to do by the clock. */
const TASKS = ['work-item-timers', 'alert-expiry', 'binding-checks'];

function fired(name: string): unknown {
  const essentials = { alertId: `/clock/${name}`, originAlertId: name, firedDateTime: '2026-03-01T11:50:00Z' };
  return sample('platform-metric-heartbeat-fired', essentials);
}

function resolved(name: string): unknown {
  const essentials = { alertId: `/clock/${name}`, originAlertId: name, firedDateTime: '2026-03-01T11:50:00Z' };
  return sample('platform-metric-heartbeat-resolved', { ...essentials, resolvedDateTime: '2026-03-01T11:58:00Z' });
}

describe.each(ENGINES)('a clock that jumps, on %s', (engine) => {
  let clock: TestClock;
  let app: TestApp;

  beforeEach(async () => {
    clock = new TestClock(START);
    app = await TestApp.start({ engine, clock });
  });
  afterEach(() => app.stop());

  it.each([
    ['back', -5],
    ['forth', 5],
  ])('%s between a Fired and its Resolved does not matter: the times of the payload count', async (_name, hours) => {
    expect((await app.post(fired('a'))).body.outcome).toBe('created');
    clock.advance(hours * HOUR_MS);
    expect((await app.post(fired('a'))).body.outcome).toBe('duplicate');
    expect((await app.post(resolved('a'))).body.outcome).toBe('resolved');
    const { body } = await app.get<{ items: object[] }>('/api/v1/work-items');
    expect(body.items).toMatchObject([
      { state: 'resolved', openedAt: '2026-03-01T11:50:00.000Z', resolvedAt: '2026-03-01T11:58:00.000Z' },
    ]);
  });

  it('leaves no task undone: a lease that was taken by a clock ahead ends no later for it', async () => {
    const schedule = app.app.get(Schedule);
    const ahead = new Date(START.getTime() + 5 * HOUR_MS);
    const later = new TestClock(START);
    const other = await TestApp.start({ shared: app, clock: later });
    try {
      for (const task of TASKS) {
        clock.time = ahead;
        expect(await schedule.run(task)).toBe('done');
        clock.time = START;
        expect(await schedule.run(task)).toBe('done');
      }
      // The holder dies with its clock 5 hours ahead.
      clock.time = ahead;
      for (const task of TASKS) await schedule.run(task);
      later.advance(HOUR_MS / 60);
      for (const task of TASKS) expect(await other.app.get(Schedule).run(task)).toBe('done');
    } finally {
      await other.stop();
    }
  });

  it('closes nothing before its time when it comes back, and nothing twice', async () => {
    await app.post(fired('b'));
    await app.post(resolved('b'));
    const run = async (hours: number): Promise<unknown> => {
      clock.time = new Date(START.getTime() + hours * HOUR_MS);
      await app.app.get(Schedule).run('work-item-timers');
      const { body } = await app.get<{ items: { state: string }[] }>('/api/v1/work-items');
      return body.items.map(({ state }) => state);
    };
    expect(await run(-10)).toEqual(['resolved']);
    expect(await run(10)).toEqual(['resolved']);
    expect(await run(80)).toEqual(['closed']);
    expect(await run(-10)).toEqual(['closed']);
    const closings = await app.app
      .get(DataSource)
      .query<unknown[]>(`SELECT id FROM timeline_entries WHERE kind = 'closed'`);
    expect(closings).toHaveLength(1);
  });
});

describeOnServer('a clock that jumps while deliveries wait in the spool', () => {
  it.each([
    ['back', -5],
    ['forth', 5],
  ])('%s: they come in all the same, and no age or duration is negative', async (_name, hours) => {
    const clock = new TestClock(START);
    const spoolDir = mkdtempSync(join(tmpdir(), 'secure-export-clock-'));
    const database = await freshDatabase('server');
    const url = new URL(database.url);
    const proxy = await TcpProxy.start({ host: url.hostname, port: Number(url.port || 3306) });
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    const app = await TestApp.start({ databaseUrl: url.toString(), clock, env: { SPOOL_DIR: spoolDir } });
    try {
      proxy.cut();
      expect((await app.post(fired('c'))).body.outcome).toBe('spooled');
      clock.advance(hours * HOUR_MS);
      expect((await app.post(resolved('c'))).body.outcome).toBe('spooled');
      expect(await oldestAge(app)).toBe(Math.max(0, hours * 3_600));
      proxy.mend();
      await untilEmpty(app);
      const { body } = await app.get<{ items: object[] }>('/api/v1/work-items');
      expect(body.items).toMatchObject([{ state: 'resolved', alertCount: 1 }]);
      const [line] = app.logLines.filter(({ msg }) => msg === 'the database takes deliveries again');
      expect(line?.seconds).toBeGreaterThanOrEqual(0);
      expect(line?.seconds).toBeLessThan(3_600);
    } finally {
      await app.stop();
      await proxy.close();
      await database.drop();
      rmSync(spoolDir, { recursive: true, force: true });
    }
  });

  async function oldestAge(app: TestApp): Promise<number> {
    const text = await app.app.get(Metrics).render();
    return Number(/^secure_export_spool_oldest_age_seconds (\S+)$/m.exec(text)?.[1]);
  }

  async function untilEmpty(app: TestApp): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (app.app.get(Spool).oldestAt !== null) {
      if (Date.now() > deadline) throw new Error('The spool is not empty.');
      await sleep(25);
    }
  }
});
