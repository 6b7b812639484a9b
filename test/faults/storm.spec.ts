import { alertsOf } from '../../bench/alerts';
import { Connection } from '../../bench/connection';
import { ENGINES, freshDatabase, type TestDatabase } from '../support/database';
import { buildService } from '../support/server-process';
import { Scene } from './scene';

const ALERTS = 6_000;
const CONNECTIONS = 256;
const TIMEOUT_MS = 240_000;

beforeAll(buildService, TIMEOUT_MS);

describe.each(ENGINES)('a storm of six thousand alerts over 256 connections, on %s', (engine) => {
  let database: TestDatabase;
  let scene: Scene;

  beforeEach(async () => {
    database = await freshDatabase(engine);
    scene = await Scene.start({ databaseUrl: database.url, spool: true });
  }, TIMEOUT_MS);
  afterEach(async () => {
    await scene.close();
    await database.drop();
  });

  it(
    'is taken whole: as many are acknowledged as were sent, and as many are stored',
    async () => {
      const statuses = await storm(scene.webhook);
      expect(statuses.filter((status) => status === 200 || status === 202)).toHaveLength(ALERTS);

      await scene.untilSpoolIsEmpty();
      const sql = await scene.database();
      try {
        const [alerts] = await sql.query<{ count: number }[]>('SELECT COUNT(*) AS count FROM alerts');
        const [deliveries] = await sql.query<{ count: number }[]>(
          `SELECT COUNT(*) AS count FROM deliveries WHERE status = 'processed'`,
        );
        expect([alerts, deliveries].map((row) => Number(row?.count))).toEqual([ALERTS, ALERTS]);
      } finally {
        await sql.destroy();
      }
    },
    TIMEOUT_MS,
  );
});

/** Each connection sends its next alert as soon as the last one was answered; nothing is sent twice. */
async function storm({ port, token }: { port: number; token: string }): Promise<number[]> {
  const bodyOf = alertsOf('new');
  const statuses: number[] = [];
  let next = 0;
  const send = async (): Promise<void> => {
    const connection = new Connection(port, { path: '/api/v1/webhooks/azure-monitor', token });
    while (next < ALERTS) statuses.push((await connection.post(bodyOf(next++))).status);
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
  return statuses;
}
