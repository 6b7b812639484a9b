import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readConfig } from '../../common/config';
import { Spool } from './spool';
import type { SpooledDelivery } from './spool-record.rules';

const MIB = 1_048_576;
const TENANT = '11111111-2222-4333-8444-555555555555';

describe('the spool', () => {
  let root: string;
  let spool: Spool;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'secure-export-spool-'));
    spool = start();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await spool.onApplicationShutdown();
    rmSync(root, { recursive: true, force: true });
  });

  function start(): Spool {
    const env = { AZURE_AD_TENANT_ID: TENANT, AZURE_AD_AUDIENCE: 'api://secure-export', SPOOL_DIR: root };
    const started = new Spool(readConfig(env));
    started.onModuleInit();
    return started;
  }

  const inSlot = (name: string, slot = 1): string => join(root, `slot-${slot}`, name);

  /** Takes all that waits now out of it. */
  async function drain(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { deliveries, done } of spool.parts()) {
      ids.push(...deliveries.map(({ id }) => id));
      await done();
    }
    return ids;
  }

  /** Empties it again and again until all is appended, and once more. */
  async function drainDuring(appends: readonly Promise<void>[]): Promise<string[]> {
    const waiting = new Set(appends);
    for (const append of appends) void append.catch(() => undefined).finally(() => waiting.delete(append));
    const ids: string[] = [];
    while (waiting.size > 0) {
      ids.push(...(await drain()));
      await nextTurn();
    }
    await Promise.all(appends);
    return [...ids, ...(await drain())];
  }

  it('gives up what was kept while its file was being made', async () => {
    for (let round = 0; round < 100; round += 1) {
      expect(await drainDuring([spool.append(delivery(`${round}`))])).toEqual([`${round}`]);
    }
    expectEmpty();
  });

  it('gives up what was kept while one file followed another', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => String(index));
    const appends = ids.map(async (id) => {
      for (let turn = 0; turn < Number(id); turn += 1) await nextTurn();
      await spool.append(delivery(id, MIB));
    });
    expect(await drainDuring(appends)).toEqual(ids);
    expectEmpty();
  });

  const FAULTY: [string, (path: string) => void][] = [
    ['a file that can not be read', (path) => mkdirSync(path)],
    ['a name without a file', (path) => symlinkSync('nowhere', path)],
  ];
  it.each(FAULTY)('gives up what is behind %s', async (_what, make) => {
    make(inSlot('000000000000.spool'));
    await spool.append(delivery('behind'));
    expect(await drain()).toEqual(['behind']);
    await spool.onApplicationShutdown();
    spool = start();
    await spool.append(delivery('after the next start'));
    expect(await drain()).toEqual(['after the next start']);
  });

  it('gives up what is in the slot behind one that can not be taken over, or looked into', async () => {
    const [second, third] = [start(), start()];
    await second.append(delivery('of the second'));
    await third.append(delivery('of the third'));
    await second.onApplicationShutdown();
    await third.onApplicationShutdown();
    rmSync(inSlot('lock', 2));
    mkdirSync(inSlot('lock', 2));
    writeFileSync(join(root, 'slot-0'), 'no folder');
    expect(await drain()).toEqual(['of the third']);
    const next = start();
    expect(readdirSync(root).sort()).toEqual(['slot-0', 'slot-1', 'slot-2', 'slot-3']);
    await next.onApplicationShutdown();
  });

  it('does not start in a folder where no slot can be made', () => {
    for (const number of [2, 3, 4]) writeFileSync(join(root, `slot-${number}`), 'no folder');
    expect(start).toThrow();
  });

  it('gives up again what nobody was done with, and leaves alone for a while what failed', async () => {
    const [early, late] = ['2026-11-24T07:00:00.000Z', '2026-11-24T09:00:00.000Z'] as const;
    await spool.append({ ...delivery('kept'), receivedAt: early });
    for await (const { deliveries } of spool.parts()) expect(deliveries).toHaveLength(1);
    for await (const { failed } of spool.parts()) failed(new Error('It can not be stored.'));
    await spool.append({ ...delivery('behind'), receivedAt: late });
    expect(spool.oldestAt).toEqual(new Date(early));
    expect(await drain()).toEqual(['behind']);
    expect(spool.oldestAt).toEqual(new Date(early));
    const later = performance.now() + 60_001;
    jest.spyOn(performance, 'now').mockReturnValue(later);
    expect(await drain()).toEqual(['kept']);
    expectEmpty();
  });

  it('comes to an end though more is appended all the time', async () => {
    await spool.append(delivery('first'));
    const ids: string[] = [];
    for await (const { deliveries, done } of spool.parts()) {
      ids.push(...deliveries.map(({ id }) => id));
      await spool.append(delivery(`after ${ids.length}`));
      await done();
    }
    expect(ids).toEqual(['first']);
    expect(await drain()).toEqual(['after 1']);
  });

  it('forgets the age of a file that somebody has removed, while another one can not be read', async () => {
    await spool.append({ ...delivery('removed'), receivedAt: '2026-11-24T07:00:00.000Z' });
    for await (const { failed } of spool.parts()) failed(new Error('It can not be stored.'));
    await spool.append({ ...delivery('stays'), receivedAt: '2026-11-24T09:00:00.000Z' });
    for await (const { failed } of spool.parts()) failed(new Error('It can not be stored.'));
    rmSync(inSlot('000000000001.spool'));
    await drain();
    expect(spool.oldestAt).toEqual(new Date('2026-11-24T09:00:00.000Z'));
  });

  it('does not count what somebody has removed', async () => {
    await spool.append(delivery('removed', MIB));
    await spool.onApplicationShutdown();
    spool = start();
    expect(spool.bytes).toBeGreaterThan(MIB);
    rmSync(inSlot('000000000001.spool'));
    await drain();
    expectEmpty();
  });

  it('has room again when its disk takes something again, though nothing waits in it', async () => {
    rmSync(join(root, 'slot-1'), { recursive: true });
    await expect(spool.append(delivery('lost'))).rejects.toThrow('ENOENT');
    await spool.recover();
    expect(spool.hasRoom).toBe(false);
    mkdirSync(join(root, 'slot-1'));
    await spool.recover();
    expect(spool.hasRoom).toBe(true);
    expect(readdirSync(join(root, 'slot-1'))).toEqual([]);
  });

  function expectEmpty(): void {
    expect(spool.bytes).toBe(0);
    expect(spool.oldestAt).toBeNull();
    expect(readdirSync(join(root, 'slot-1')).filter((name) => name.includes('spool'))).toEqual([]);
  }
});

function delivery(id: string, bytes = 10): SpooledDelivery {
  const at = '2026-11-24T08:00:00.000Z';
  const caller = { callerAppId: 'app', callerScopes: [] };
  return { id, receivedAt: at, requestId: id, ...caller, body: 'x'.repeat(bytes), refusal: null };
}
