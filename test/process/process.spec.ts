import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { LocalIssuer } from '../../demo/issuer';
import { AZURE_MONITOR_APP_ID } from '../../src/common/config';
import { withinTime } from '../../src/common/within-time';
import { ENGINES, freshDatabase, type TestDatabase } from '../support/database';
import { sample } from '../support/samples';
import { buildService, ServerProcess } from '../support/server-process';
import { AUDIENCE, TENANT_ID } from '../support/test-app';

const ROOT = join(__dirname, '../..');

let issuer: LocalIssuer;
let azure: string;
let viewer: string;

beforeAll(async () => {
  buildService();
  issuer = await LocalIssuer.start({ tenantId: TENANT_ID });
  azure = issuer.mint({ audience: AUDIENCE, appId: AZURE_MONITOR_APP_ID, roles: ['ActionGroupsSecureWebhook'] });
  viewer = issuer.mint({ audience: AUDIENCE, roles: ['Viewer'], scope: 'access_as_user' });
}, 120_000);
afterAll(() => issuer.close());

function episode(index: number): unknown {
  return sample('platform-metric-heartbeat-fired', { alertId: `/process/${index}`, originAlertId: `origin-${index}` });
}

async function countAlerts(server: ServerProcess): Promise<number> {
  let count = 0;
  let cursor: string | null = null;
  do {
    const path: string = `/api/v1/alerts?limit=200${cursor === null ? '' : `&cursor=${cursor}`}`;
    const page: { items: unknown[]; nextCursor: string | null } = await server.get(viewer, path);
    count += page.items.length;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return count;
}

describe.each(ENGINES)('the built service as a process, on %s', (engine) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await freshDatabase(engine);
  });
  afterEach(() => database.drop());

  it('keeps every alert that it acknowledged before kill -9, and takes the repeats as duplicates', async () => {
    const first = await ServerProcess.start(issuer, database.url);
    const acknowledged = new Set<number>();
    const posts = Array.from({ length: 300 }, async (_, index) => {
      const answer = await first.post(azure, episode(index)).catch(() => null);
      if (answer?.status === 200) acknowledged.add(index);
      if (acknowledged.size === 100) await first.stop('SIGKILL');
    });
    await Promise.all(posts);
    expect(acknowledged.size).toBeGreaterThanOrEqual(100);

    const second = await ServerProcess.start(issuer, database.url);
    try {
      for (const index of [...acknowledged].slice(0, 20)) {
        expect((await second.post(azure, episode(index))).body.outcome).toBe('duplicate');
      }
      for (let index = 0; index < 300; index += 1)
        if (!acknowledged.has(index)) await second.post(azure, episode(index));
      expect(await countAlerts(second)).toBe(300);
    } finally {
      await second.stop();
    }
  });

  it('finishes what is under way at SIGTERM, and exits with 0', async () => {
    const server = await ServerProcess.start(issuer, database.url);
    const posts = Array.from({ length: 60 }, (_, index) =>
      server.post(azure, episode(index)).then(
        ({ status }) => status,
        () => 'refused',
      ),
    );
    const exit = Promise.race(posts).then(() => server.stop('SIGTERM'));
    const answers = await Promise.all(posts);
    expect(await exit).toBe(0);
    expect(answers.filter((answer) => answer === 200).length).toBeGreaterThan(0);
    expect(answers.every((answer) => answer === 200 || answer === 503 || answer === 'refused')).toBe(true);

    const next = await ServerProcess.start(issuer, database.url);
    try {
      expect(await countAlerts(next)).toBeGreaterThanOrEqual(answers.filter((answer) => answer === 200).length);
    } finally {
      await next.stop();
    }
  });

  it('shares one database with another process from the first start on', async () => {
    const servers = await Promise.all([1, 2].map(() => ServerProcess.start(issuer, database.url)));
    try {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          (servers[index % 2] as ServerProcess).post(azure, episode(index % 50)),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      const outcomes = answers.map(({ body }) => body.outcome);
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(50);
      expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(50);
    } finally {
      for (const server of servers) expect(await server.stop()).toBe(0);
    }
  });
});

describe('a storm of calls', () => {
  /** Three times as many as Node asks for, where the system lets so many wait. */
  const CALLS = Math.min(1_500, Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')));

  it('turns no connection away while the process is busy', async () => {
    const database = await freshDatabase('sqlite');
    const server = await ServerProcess.start(issuer, database.url);
    const { port } = new URL(server.url);
    const sockets: Socket[] = [];
    try {
      server.signal('SIGSTOP');
      const connected = Array.from({ length: CALLS }, async () => {
        const socket = connect(Number(port), '127.0.0.1');
        sockets.push(socket);
        await once(socket, 'connect');
      });
      // What was turned away would try again in a second, to no avail.
      expect(await withinTime(Promise.all(connected), 10_000, () => null)).not.toBeNull();
    } finally {
      server.signal('SIGCONT');
      for (const socket of sockets) socket.destroy();
      await server.stop();
      await database.drop();
    }
  });
});

describe('a start that can not go well', () => {
  function start(env: NodeJS.ProcessEnv): { status: number | null; stderr: string } {
    return spawnSync(process.execPath, ['dist/main.js'], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
      timeout: 60_000,
    });
  }

  it('names every bad variable, and the demo', () => {
    const { status, stderr } = start({
      PORT: 'x',
      DATABASE_URL: 'postgres://u:secret@h/d',
      AZURE_AD_AUTHORITY: 'http://h',
    });
    expect(status).toBe(1);
    for (const name of [
      'PORT',
      'DATABASE_URL',
      'AZURE_AD_TENANT_ID',
      'AZURE_AD_AUDIENCE',
      'AZURE_AD_AUTHORITY',
      'npm run demo',
    ]) {
      expect(stderr).toContain(name);
    }
    expect(stderr).not.toContain('secret');
  });

  it('says in one line that the database can not be reached, without the password', () => {
    const { status, stderr } = start({
      DATABASE_URL: 'mysql://user:secret@127.0.0.1:1/db',
      SPOOL_DIR: '',
      AZURE_AD_TENANT_ID: TENANT_ID,
      AZURE_AD_AUDIENCE: AUDIENCE,
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/ECONNREFUSED/);
    expect(stderr).not.toContain('secret');
  });
});
