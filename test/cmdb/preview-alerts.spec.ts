import 'reflect-metadata';
import type { BindingRequest } from '../../src/cmdb/binding/bound-ci';
import { ConfigurationItem } from '../../src/cmdb/items/configuration-item.entity';
import { ENGINES } from '../support/database';
import { aCmdbService, anItem, aTarget, putItems, vmId } from './cmdb-builders';
import { type CmdbDatabase, openCmdbDatabase } from './cmdb-database';

const REQUESTS: BindingRequest[] = [
  { key: 'known', references: [aTarget(vmId('vm1'))] },
  { key: 'new', references: [aTarget(vmId('vm2')), anItem('nobody-knows-me')] },
  { key: 'the same new one', references: [aTarget(vmId('VM2'))] },
  { key: 'nothing', references: [] },
];

describe.each(ENGINES)('previewing what alerts are bound to, on %s', (engine) => {
  let database: CmdbDatabase;

  beforeAll(async () => {
    database = await openCmdbDatabase(engine);
    await putItems(database.dataSource.manager, [{ resourceId: vmId('vm1'), criticality: 1 }]);
  });
  afterAll(() => database.close());

  it('answers what binding then does, names the stubs, and makes none', async () => {
    const { manager } = database.dataSource;
    const cmdb = aCmdbService(database.dataSource);
    const { bindings, newCiIds } = await cmdb.previewAlerts(REQUESTS);
    const isNew = [...bindings].map(([key, { bindings: cis }]) => [key, cis.map(({ ciId }) => newCiIds.has(ciId))]);
    expect(isNew).toEqual([
      ['known', [false]],
      ['new', [true]],
      ['the same new one', [true]],
      ['nothing', []],
    ]);
    expect(newCiIds.size).toBe(1);
    expect(await manager.count(ConfigurationItem)).toBe(1);

    const bound = await database.dataSource.transaction((tx) => cmdb.bindAlerts(tx, REQUESTS));
    expect(await manager.count(ConfigurationItem)).toBe(2);
    for (const [key, { tasks, bindings: cis }] of bindings) {
      expect(bound.get(key)?.tasks).toEqual(tasks);
      expect(bound.get(key)?.bindings).toEqual(cis.map((ci) => ({ ...ci, ciId: expect.any(String) as string })));
    }
  });
});
