import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { LocalIssuer } from '../../demo/issuer';
import { Allowlist } from '../../src/auth/allowlist/allowlist';
import { freshDatabase, type TestDatabase } from '../support/database';
import { aUser, AuthApp, AZURE_MONITOR, azureMonitor, startIssuer } from './support';

const PATH = '/api/v1/admin/allowed-apps';
const APP = '99999999-0000-4000-8000-000000000001';

describe('the allowlist that is kept on disk', () => {
  let issuer: LocalIssuer;
  let database: TestDatabase;
  let directory: string;
  let spoolDir: string;
  let apps: AuthApp[];

  beforeAll(async () => {
    issuer = await startIssuer();
  });
  afterAll(() => issuer.close());
  beforeEach(async () => {
    database = await freshDatabase('sqlite');
    directory = mkdtempSync(join(tmpdir(), 'secure-export-allowlist-'));
    spoolDir = join(directory, 'spool');
    apps = [];
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const app of apps) await app.close();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async (): Promise<AuthApp> => {
    const app = await AuthApp.start({ issuer, databaseUrl: database.url, env: { SPOOL_DIR: spoolDir } });
    apps.push(app);
    return app;
  };
  const startWithoutDatabase = (): Promise<AuthApp> => {
    const reader = Allowlist.prototype as unknown as { readRows: () => Promise<void> };
    jest.spyOn(reader, 'readRows').mockRejectedValue(new Error('away'));
    return start();
  };
  const add = async (app: AuthApp): Promise<string> => {
    const { body } = await app.call(PATH, aUser(['Admin']), { json: { appId: APP, name: 'A script' } });
    return String(body.id);
  };
  const remove = async (app: AuthApp, id: string): Promise<unknown> =>
    app.call(`${PATH}/${id}`, aUser(['Admin']), { method: 'DELETE' });
  const statusOf = async (app: AuthApp, appId = AZURE_MONITOR): Promise<number> =>
    (await app.call('/probe/webhook', azureMonitor({ appId }), { json: {} })).status;

  it('lets callers in after a start without the database', async () => {
    await add(await start());
    const blind = await startWithoutDatabase();
    expect([await statusOf(blind), await statusOf(blind, APP)]).toEqual([201, 201]);
  });

  it('is written later where it could not be: who was removed meanwhile stays out', async () => {
    const app = await start();
    const id = await add(app);
    renameSync(spoolDir, `${spoolDir}.aside`);
    writeFileSync(spoolDir, 'in the way');
    await remove(app, id);
    rmSync(spoolDir);
    renameSync(`${spoolDir}.aside`, spoolDir);
    await app.nest.get(Allowlist).refresh();

    const blind = await startWithoutDatabase();
    expect([await statusOf(blind), await statusOf(blind, APP)]).toEqual([201, 403]);
  });

  const entry = { id: '1', appId: APP, name: 'A script', scopes: [], enabled: true, expiresAt: null };
  it.each([
    ['is empty', ''],
    ['is cut off', '[{"id":'],
    ['is no list', '{"x":1}'],
    ['is null', 'null'],
    ['holds no entries', '[null]'],
    ['lacks the scopes of an entry', JSON.stringify([{ ...entry, scopes: undefined }])],
    ['has odd scopes', JSON.stringify([{ ...entry, scopes: [1] }])],
    ['does not say whether an entry is enabled', JSON.stringify([{ ...entry, enabled: 'false' }])],
    ['has an expiry that is no time', JSON.stringify([{ ...entry, expiresAt: 'soon' }])],
    ['lacks an expiry', JSON.stringify([{ ...entry, expiresAt: undefined }])],
  ])(
    'does not end the start when it %s: 503 until the database is back, and the log names the file',
    async (_, text) => {
      mkdirSync(spoolDir);
      writeFileSync(join(spoolDir, 'allowlist.json'), text);
      const logged = jest.spyOn(Logger.prototype, 'error');
      const blind = await startWithoutDatabase();
      expect(await statusOf(blind, APP)).toBe(503);
      expect(logged).toHaveBeenCalledWith(expect.objectContaining({ path: join(spoolDir, 'allowlist.json') }));

      jest.restoreAllMocks();
      await blind.nest.get(Allowlist).refresh();
      expect(await statusOf(blind)).toBe(201);
    },
  );
});
