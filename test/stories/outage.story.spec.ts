import { describeOnServer, freshDatabase, type TestDatabase } from '../support/database';
import { sample } from '../support/samples';
import { TcpProxy } from '../support/tcp-proxy';
import { TestApp } from '../support/test-app';

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
    expect(await app.call('GET', '/health/ready')).toMatchObject({
      status: 503,
      body: { checks: { database: { status: 'down' }, keys: { status: 'up' } } },
    });
    expect((await app.call('GET', '/health/live')).status).toBe(200);

    proxy.mend();
    expect((await app.post(sample('platform-metric-heartbeat-resolved'))).body).toMatchObject({ outcome: 'resolved' });
    expect((await app.call('GET', '/health/ready')).status).toBe(200);
  });
});
