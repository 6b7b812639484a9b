import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readConfig } from '../../common/config';
import { Spool } from './spool';
import type { SpooledDelivery } from './spool-record.rules';

const MIB = 1_048_576;
const TENANT = '11111111-2222-4333-8444-555555555555';

describe('the spool, emptied while it is filled', () => {
  let root: string;
  let spool: Spool;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'secure-export-spool-'));
    const env = { AZURE_AD_TENANT_ID: TENANT, AZURE_AD_AUDIENCE: 'api://secure-export', SPOOL_DIR: root };
    spool = new Spool(readConfig(env));
    spool.onModuleInit();
  });
  afterEach(async () => {
    await spool.onApplicationShutdown();
    rmSync(root, { recursive: true, force: true });
  });

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
