import { DataSource } from 'typeorm';
import { describeOnPrivateServer, PrivateMariaDb } from '../support/private-mariadb';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

const TIMEOUT_MS = 120_000;
/** Would end a text where backslashes escape nothing. */
const TEXT = `it's "a" \\ 'b' \\' OR 1 = 1 -- `;

describeOnPrivateServer('a server whose mode is another one', () => {
  let server: PrivateMariaDb;
  let app: TestApp;

  beforeAll(async () => {
    server = await PrivateMariaDb.start([
      '--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT,NO_ZERO_IN_DATE',
    ]);
    app = await TestApp.start({ databaseUrl: await server.freshDatabase() });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await app.stop();
    await server.remove();
  });

  it('stores what it is given as it is', async () => {
    const { schemaId, data } = sample('platform-metric-heartbeat-fired');
    const answer = await app.post({ schemaId, data: { ...data, customProperties: { text: TEXT } } });
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'created' } });
    const [row] = await app.app.get(DataSource).query<{ body: string }[]>('SELECT body FROM deliveries');
    expect(JSON.parse(row!.body)).toMatchObject({ data: { customProperties: { text: TEXT } } });
  });

  it('refuses what does not fit, in place of cutting it', async () => {
    const tooLong = app.app.get(DataSource).query(`UPDATE deliveries SET callerAppId = '${'x'.repeat(1_000)}'`);
    await expect(tooLong).rejects.toMatchObject({ code: 'ER_DATA_TOO_LONG' });
  });
});
