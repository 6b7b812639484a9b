import { setTimeout as sleep } from 'node:timers/promises';
import { getDataSourceToken } from '@nestjs/typeorm';
import { Schedule } from '../../src/common/schedule/schedule';
import type { ServiceDataSource } from '../../src/common/service-data-source';
import { armKeyHash, nameKey } from '../../src/cmdb/identity/ci-keys.rules';
import { BINDING_CHECKS } from '../../src/cmdb/triage/binding-checks';
import { describeOnServer } from '../support/database';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';
import { vmId } from './cmdb-builders';

const ITEMS = '/api/v1/configuration-items';
/** The server answers what waits from memory to who asks for it more often. */
const NOT_CACHED_MS = 150;

const nicId = (name: string): string =>
  `/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/${name}`;

/** What a node of a cluster does in place of waiting for locks; that it helps is shown on a cluster: `npm run cluster -- cmdb`. */
describeOnServer('the CMDB where locks end at the node', () => {
  let [one, other]: TestApp[] = [];
  let dataSource: ServiceDataSource;

  beforeAll(async () => {
    one = await TestApp.start({ engine: 'server' });
    other = await TestApp.start({ shared: one });
    dataSource = one.app.get<ServiceDataSource>(getDataSourceToken());
    dataSource.locksAreLocal = true;
    other.app.get<ServiceDataSource>(getDataSourceToken()).locksAreLocal = true;
  });
  afterAll(async () => {
    await other?.stop();
    await one?.stop();
  });

  async function send(path: string, body: object, app = one): Promise<Record<string, unknown>> {
    const answer = await app!.call('POST', `${ITEMS}${path}`, { as: app!.token('Operator'), body });
    expect(answer.status).toBeLessThan(300);
    return answer.body;
  }

  /** What another node would see to have been written. */
  async function turnOf(name: string): Promise<string | undefined> {
    const [row] = await dataSource.query<{ holder: string }[]>('SELECT holder FROM leases WHERE name = ?', [name]);
    return row?.holder;
  }

  async function count(sql: string): Promise<number> {
    const [row] = await dataSource.query<{ count: number | string }[]>(`SELECT COUNT(*) AS count FROM ${sql}`);
    return Number(row?.count);
  }

  it('writes the turn of imports anew with each, also where nothing changes', async () => {
    const file = [{ name: 'printer', className: 'cmdb_ci_printer' }];
    const turns = [];
    for (let time = 0; time < 3; time += 1) {
      await send('/import', file);
      turns.push(await turnOf('cmdb-import'));
    }
    expect(new Set(turns).size).toBe(3);
    expect(await count("configuration_items WHERE nameKey = 'printer'")).toBe(1);
  });

  describe('contends', () => {
    /** Until an operation has waited for what another transaction has written for a key; then that is taken back. */
    async function contending(key: string, operation: () => Promise<unknown>): Promise<void> {
      const rival = dataSource.createQueryRunner();
      await rival.startTransaction();
      await rival.query("INSERT INTO ci_keys (keyHash, ciId, kind) VALUES (?, '', 'name')", [key]);
      const done = operation();
      try {
        await untilWaiting();
      } finally {
        await rival.rollbackTransaction();
        await rival.release();
      }
      await done;
    }

    async function untilWaiting(): Promise<void> {
      const waiting = `information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
        WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()`;
      const deadline = Date.now() + 4_000;
      while ((await count(waiting)) === 0) {
        if (Date.now() > deadline) throw new Error('Nothing waits for the key.');
        await sleep(NOT_CACHED_MS);
      }
    }

    it('for the keys of an item that it enters', async () => {
      await contending(nameKey('entered').hash, () => send('', { name: 'entered', className: 'cmdb_ci' }));
    });

    it('for the ends of a relation', async () => {
      const { id } = await send('', { name: 'source', className: 'cmdb_ci' });
      const { id: targetId } = await send('', { name: 'target', className: 'cmdb_ci' });
      await contending(String(targetId), () => send(`/${String(id)}/relations`, { type: 'depends_on', targetId }));
    });

    it('for what open questions ask for', async () => {
      const resourceId = vmId('retired');
      const { id } = await send('', { resourceId });
      await one!.call('DELETE', `${ITEMS}/${String(id)}`, { as: one!.token('Operator') });
      const question = { alertTargetIDs: [resourceId], configurationItems: [] };
      await one!.post(sample('platform-metric-heartbeat-fired', question));
      const key = armKeyHash(resourceId.toLowerCase());
      await contending(key, () => one!.app.get(Schedule).run(BINDING_CHECKS));
    });

    afterAll(async () => {
      expect(await count("ci_keys WHERE ciId = ''")).toBe(0);
    });
  });

  it('leaves nothing of the items that it contended for, and links the relation when one comes', async () => {
    const machine = {
      id: vmId('vm'),
      name: 'vm',
      properties: { networkProfile: { networkInterfaces: [{ id: nicId('n') }] } },
    };
    await send('/import', [machine]);
    expect(await count(`configuration_items WHERE name = 'n'`)).toBe(0);
    expect(await count('ci_relations WHERE targetId IS NULL')).toBe(1);
    await send('/import', [{ id: nicId('n'), name: 'n', properties: {} }]);
    expect(await count('ci_relations WHERE targetId IS NULL')).toBe(0);
  });

  it('makes each item and each relation once, while alerts and another import bring the targets', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `busy-${index}`);
    const machines = names.map((name) => {
      const networkInterfaces = [{ id: nicId(name) }];
      return { id: vmId(name), name, properties: { networkProfile: { networkInterfaces } } };
    });
    const cards = names.map((name) => ({ id: nicId(name), name: `${name}-nic`, properties: {} }));
    const alerts = names
      .filter((_, index) => index % 10 === 0)
      .map((name) => ({ alertId: `/busy/${name}`, originAlertId: name, alertTargetIDs: [nicId(name)] }));
    const posts = alerts.map((alert) => other!.post(sample('platform-metric-heartbeat-fired', alert)));
    const imports = [send('/import', machines), send('/import', cards.toReversed(), other)];
    const answers = await Promise.all(posts);
    await Promise.all(imports);
    expect(answers.map(({ status }) => status)).toEqual(alerts.map(() => 200));
    expect(await count(`configuration_items WHERE name LIKE 'busy-%'`)).toBe(400);
    expect(await count(`configuration_items WHERE stub = 1`)).toBe(0);
    expect(await count('ci_relations WHERE targetId IS NULL')).toBe(0);
    expect(await count(`ci_relations WHERE type = 'depends_on' AND setBy = 'import'`)).toBe(201);
  });
});
