import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Transactions } from '../../src/common/transactions';
import { describeOnServer } from '../support/database';
import { TestApp } from '../support/test-app';
import { aCmdbService, aTarget, vmId } from './cmdb-builders';

const IMPORT = '/api/v1/configuration-items/import';
const COUNT = 1_500;

const nicId = (index: number): string =>
  `/subscriptions/s1/resourceGroups/rg${index % 7}/providers/Microsoft.Network/networkInterfaces/nic-${index}`;

/** A file of machines whose network cards come behind them, or before. */
function aFile(): Record<string, unknown>[] {
  const each = Array.from({ length: COUNT }, (_, index) => index);
  const machines = each.map((index) => ({
    id: vmId(`vm-${index}`, `rg${index % 7}`),
    name: `vm-${index}`,
    properties: { networkProfile: { networkInterfaces: [{ id: nicId(index) }] } },
  }));
  return [...machines, ...each.map((index) => ({ id: nicId(index), name: `nic-${index}`, properties: {} }))];
}

describeOnServer('imports at the same time', () => {
  let [one, other]: TestApp[] = [];
  let dataSource: DataSource;

  beforeAll(async () => {
    one = await TestApp.start({ engine: 'server' });
    other = await TestApp.start({ shared: one });
    dataSource = one.app.get<DataSource>(getDataSourceToken());
  });
  afterAll(async () => {
    await other?.stop();
    await one?.stop();
  });

  async function imported(app: TestApp | undefined, file: object[]): Promise<number> {
    const answer = await app?.call('POST', IMPORT, { as: app.token('Operator'), body: file });
    expect([answer?.status, answer?.body]).toMatchObject([200, { failedCount: 0 }]);
    return answer?.body.created as number;
  }

  async function count(sql: string): Promise<number> {
    const [row] = await dataSource.query<{ count: number | string }[]>(`SELECT COUNT(*) AS count FROM ${sql}`);
    return Number(row?.count);
  }

  it('make each item and each relation once, while alerts make stubs of them', async () => {
    const file = aFile();
    const cmdb = aCmdbService(dataSource);
    const transactions = one!.app.get(Transactions);
    const alerts = (async (): Promise<void> => {
      for (let start = 0; start < COUNT; start += 50) {
        const ids = [nicId(start), vmId(`vm-${COUNT - 1 - start}`, `rg${(COUNT - 1 - start) % 7}`)];
        await transactions.run((tx) =>
          cmdb.bindAlerts(tx, [{ key: 'a', references: ids.map((id, index) => aTarget(id, index)) }]),
        );
      }
    })();
    const created = await Promise.all([imported(one, file), imported(other, file.toReversed()), alerts]);
    expect(created[0] + created[1]).toBeLessThanOrEqual(2 * COUNT);
    // The subscription and seven resource groups.
    expect(await count('configuration_items')).toBe(2 * COUNT + 8);
    expect(await count('configuration_items WHERE stub = 1')).toBe(0);
    expect(await count(`ci_relations WHERE type = 'depends_on'`)).toBe(COUNT);
    expect(await count(`ci_relations WHERE type = 'contains'`)).toBe(2 * COUNT + 7);
    expect(await count('ci_relations WHERE targetId IS NULL')).toBe(0);
  });

  it('make one item of a name that has no resource id', async () => {
    const file = Array.from({ length: 20 }, (_, index) => ({ name: `printer-${index}`, className: 'cmdb_ci_printer' }));
    await Promise.all([one, other, one, other].map((app) => imported(app, file)));
    expect(await count(`configuration_items WHERE nameKey LIKE 'printer-%'`)).toBe(20);
  });
});
