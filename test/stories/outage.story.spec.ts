import { setTimeout as sleep } from 'node:timers/promises';
import { Metrics } from '../../src/common/operations/metrics';
import { describeOnServer, freshDatabase, type TestDatabase } from '../support/database';
import { sample } from '../support/samples';
import { TcpProxy } from '../support/tcp-proxy';
import { TestApp, type Answer } from '../support/test-app';

describeOnServer('while the database is away', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let app: TestApp;

  beforeAll(async () => {
    database = await freshDatabase('server');
    const url = new URL(database.url);
    proxy = await TcpProxy.start({ host: url.hostname, port: Number(url.port || 3306) });
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    app = await TestApp.start({ databaseUrl: url.toString() });
  });
  afterAll(async () => {
    proxy.mend();
    await app.stop();
    await proxy.close();
    await database.drop();
  });

  it('asks the sender to repeat, says what is down, and goes on by itself when it is back', async () => {
    expect((await app.post(sample('platform-metric-heartbeat-fired'))).status).toBe(200);

    proxy.cut();
    const refused = await app.post(sample('platform-metric-heartbeat-resolved'));
    expect(refused).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await app.get('/api/v1/work-items')).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect(await untilReadinessIs(503)).toMatchObject({
      status: 503,
      body: { checks: { database: { status: 'down' }, keys: { status: 'up' } } },
    });
    expect((await app.call('GET', '/health/live')).status).toBe(200);
    const metrics = await app.app.get(Metrics).render();
    expect(metrics).toContain('\nsecure_export_deliveries_total{outcome="created"} 1\n');
    expect(metrics).not.toMatch(/^secure_export_deliveries_parked/m);

    proxy.mend();
    expect((await app.post(sample('platform-metric-heartbeat-resolved'))).body).toMatchObject({ outcome: 'resolved' });
    expect(await untilReadinessIs(200)).toMatchObject({ status: 200 });
    expect(await app.app.get(Metrics).render()).toContain('\nsecure_export_deliveries_parked 0\n');
  });

  /** What probes are told is a second old at the most. */
  async function untilReadinessIs(status: number): Promise<Answer> {
    const deadline = Date.now() + 5_000;
    for (;;) {
      const answer = await app.call('GET', '/health/ready');
      if (answer.status === status || Date.now() > deadline) return answer;
      await sleep(50);
    }
  }
});
