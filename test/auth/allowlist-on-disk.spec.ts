import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { LocalIssuer } from '../../demo/issuer';
import { Allowlist } from '../../src/auth/allowlist/allowlist';
import { Clock } from '../../src/common/clock';
import { freshDatabase, type TestDatabase } from '../support/database';
import { aUser, AuthApp, AZURE_MONITOR, azureMonitor, startIssuer } from './support';

const PATH = '/api/v1/admin/allowed-apps';
const APP = '99999999-0000-4000-8000-000000000001';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('the allowlist that is kept on disk', () => {
  let issuer: LocalIssuer;
  let database: TestDatabase;
  let directory: string;
  let spoolDir: string;
  let apps: AuthApp[];
  let startedAt: number;

  beforeAll(async () => {
    issuer = await startIssuer();
  });
  afterAll(() => issuer.close());
  beforeEach(async () => {
    database = await freshDatabase('sqlite');
    directory = mkdtempSync(join(tmpdir(), 'secure-export-allowlist-'));
    spoolDir = join(directory, 'spool');
    apps = [];
    startedAt = Date.now();
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
  const reader = Allowlist.prototype as unknown as { readRows: () => Promise<void> };
  const startWithoutDatabase = async (): Promise<AuthApp> => {
    jest.spyOn(reader, 'readRows').mockRejectedValue(new Error('away'));
    return start();
  };
  const databaseIsBack = (): void => jest.mocked(reader.readRows).mockRestore();
  const at = (ms: number): unknown => jest.spyOn(Clock.prototype, 'now').mockReturnValue(new Date(startedAt + ms));
  const near = (seconds: number): unknown => expect.closeTo(seconds, -2);
  const snapshotPath = (): string => join(spoolDir, 'allowlist.json');
  const entry = { id: '1', appId: APP, name: 'A script', scopes: [], enabled: true, expiresAt: null };
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

  it('serves for as long as keys do after it was read last, and the log says how old it is', async () => {
    await start();
    const logged = { warn: jest.spyOn(Logger.prototype, 'warn'), error: jest.spyOn(Logger.prototype, 'error') };
    at(23 * HOUR_MS);
    const blind = await startWithoutDatabase();
    expect(await statusOf(blind)).toBe(201);
    expect(logged.warn).toHaveBeenCalledWith(expect.objectContaining({ entries: 1, ageSeconds: near(23 * 3_600) }));

    at(24 * HOUR_MS + MINUTE_MS);
    const answer = await blind.call('/probe/webhook', azureMonitor(), { json: {} });
    expect(answer).toMatchObject({ status: 503, body: { code: 'allowlist_unavailable' } });
    expect(await statusOf(await startWithoutDatabase())).toBe(503);
    expect(logged.error).toHaveBeenCalledWith(expect.objectContaining({ ageSeconds: near(24 * 3_600 + 60) }));

    databaseIsBack();
    await blind.nest.get(Allowlist).refresh();
    expect(await statusOf(blind)).toBe(201);
  });

  it('stays young while the list is read, though it is not written each time', async () => {
    const app = await start();
    const written = statSync(snapshotPath()).mtimeMs;
    at(4 * MINUTE_MS);
    await app.nest.get(Allowlist).refresh();
    expect(statSync(snapshotPath()).mtimeMs).toBe(written);

    at(6 * MINUTE_MS);
    await app.nest.get(Allowlist).refresh();
    at(24 * HOUR_MS + 5 * MINUTE_MS);
    expect(await statusOf(await startWithoutDatabase())).toBe(201);
  });

  it.each([
    [23, 201],
    [25, 503],
  ])('without a time, as it was written before, is as old as its file: after %i hours %i', async (hours, status) => {
    mkdirSync(spoolDir);
    writeFileSync(snapshotPath(), JSON.stringify([entry]));
    const time = new Date(Date.now() - hours * HOUR_MS);
    utimesSync(snapshotPath(), time, time);
    expect(await statusOf(await startWithoutDatabase(), APP)).toBe(status);
  });

  it('from a time that lies ahead serves, as a clock may have been set back', async () => {
    at(HOUR_MS);
    await start();
    at(0);
    expect(await statusOf(await startWithoutDatabase())).toBe(201);
  });

  it.each([
    ['is empty', ''],
    ['is cut off', '[{"id":'],
    ['is no list', '{"x":1}'],
    ['lacks its time', JSON.stringify({ apps: [entry] })],
    ['has a time that is none', JSON.stringify({ apps: [entry], readAt: 'today' })],
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
      writeFileSync(snapshotPath(), text);
      const logged = jest.spyOn(Logger.prototype, 'error');
      const blind = await startWithoutDatabase();
      expect(await statusOf(blind, APP)).toBe(503);
      expect(logged).toHaveBeenCalledWith(expect.objectContaining({ path: snapshotPath() }));

      databaseIsBack();
      await blind.nest.get(Allowlist).refresh();
      expect(await statusOf(blind)).toBe(201);
    },
  );
});
