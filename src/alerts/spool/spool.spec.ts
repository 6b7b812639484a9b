import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readConfig } from '../../common/config';
import { Spool, type SpoolFault } from './spool';
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
  async function drain(faults: SpoolFault[] = []): Promise<string[]> {
    const ids: string[] = [];
    for await (const { deliveries, done } of spool.parts(faults)) {
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

  it.each([
    ['a file that can not be read', (path: string) => mkdirSync(path)],
    ['a name without a file', (path: string) => symlinkSync('nowhere', path)],
  ])('gives up what is behind %s', async (_what, make) => {
    make(inSlot('000000000000.spool'));
    await spool.append(delivery('behind'));
    const faults: SpoolFault[] = [];
    expect(await drain(faults)).toEqual(['behind']);
    expect(faults.length).toBeLessThanOrEqual(1);
    for (const { path } of faults) expect(path).toBe(inSlot('000000000000.spool'));
  });

  it('gives up what is in the slot behind one that can not be taken over', async () => {
    const [second, third] = [start(), start()];
    await second.append(delivery('of the second'));
    await third.append(delivery('of the third'));
    await second.onApplicationShutdown();
    await third.onApplicationShutdown();
    rmSync(inSlot('lock', 2));
    mkdirSync(inSlot('lock', 2));
    const faults: SpoolFault[] = [];
    expect(await drain(faults)).toEqual(['of the third']);
    expect(faults.map(({ path }) => path)).toEqual([inSlot('', 2).replace(/[/]$/, '')]);
  });

  it('gives up again what nobody was done with', async () => {
    await spool.append(delivery('kept'));
    for await (const { deliveries } of spool.parts([])) expect(deliveries).toHaveLength(1);
    expect(await drain()).toEqual(['kept']);
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
