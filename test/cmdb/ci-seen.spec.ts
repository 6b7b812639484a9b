import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { CmdbService } from '../../src/cmdb/cmdb.service';
import type { CiReference } from '../../src/cmdb/binding/ci-reference';
import { ConfigurationItem } from '../../src/cmdb/items/configuration-item.entity';
import { anItem, aTarget, NOW, putItems, vmId } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { type CmdbDatabase, openCmdbDatabase } from './cmdb-database';

const HOUR_MS = 3_600_000;
const after = (hours: number): Date => new Date(NOW.getTime() + hours * HOUR_MS);

describe.each(ENGINES)('items that alerts tell of on %s', (engine) => {
  let database: CmdbDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await openCmdbDatabase(engine);
    dataSource = database.dataSource;
  });
  afterAll(() => database.close());

  /** Answers how many statements it took. */
  async function bindAt(now: Date, ...references: CiReference[]): Promise<number> {
    const cmdb = new CmdbService(dataSource, { now: () => now });
    return dataSource.transaction(async (tx) => {
      const query = jest.spyOn(tx, 'query');
      await cmdb.bindAlerts(
        tx,
        references.map((reference, index) => ({ key: `${index}`, references: [reference] })),
      );
      const count = query.mock.calls.length;
      query.mockRestore();
      return count;
    });
  }

  async function seen(name: string): Promise<(Date | number | null)[]> {
    const item = await dataSource.manager.findOneByOrFail(ConfigurationItem, { nameKey: name });
    return [item.firstSeenAt, item.lastSeenAt, item.version];
  }

  it('are noted when they are first told of, and then once a day, without a new version', async () => {
    await putItems(dataSource.manager, [{ resourceId: vmId('daily') }]);
    expect(await seen('daily')).toEqual([null, null, 1]);
    const alert = aTarget(vmId('daily'));
    const statements: number[] = [];
    for (const hours of [0, 23, 24, 25, 47]) statements.push(await bindAt(after(hours), alert));
    expect(statements).toEqual([2, 1, 2, 1, 1]);
    expect(await seen('daily')).toEqual([NOW, after(24), 1]);
  });

  it('are noted by one statement, however many they are, and only those that were bound', async () => {
    const names = ['many-1', 'many-2', 'many-3'];
    await putItems(dataSource.manager, [
      ...names.map((name) => ({ resourceId: vmId(name) })),
      ...['same', 'same'].map((name) => ({ name })),
      { resourceId: vmId('not-in-use'), status: 'retired' },
      { resourceId: vmId('not-told-of') },
    ]);
    const alerts = [...names.map((name) => aTarget(vmId(name))), anItem('same'), aTarget(vmId('not-in-use'))];
    expect(await bindAt(NOW, ...alerts)).toBe(2);
    for (const name of names) expect(await seen(name)).toEqual([NOW, NOW, 1]);
    for (const name of ['same', 'not-in-use', 'not-told-of']) expect(await seen(name)).toEqual([null, null, 1]);
  });

  it('keep the time at which another alert has noted them meanwhile', async () => {
    await putItems(dataSource.manager, [{ resourceId: vmId('later') }]);
    await bindAt(after(50), aTarget(vmId('later')));
    await bindAt(after(10), aTarget(vmId('later')));
    expect(await seen('later')).toEqual([after(50), after(50), 1]);
  });

  it('are not noted by a preview', async () => {
    await putItems(dataSource.manager, [{ resourceId: vmId('previewed') }]);
    await new CmdbService(dataSource, { now: () => NOW }).previewAlerts([
      { key: 'a', references: [aTarget(vmId('previewed'))] },
    ]);
    expect(await seen('previewed')).toEqual([null, null, 1]);
  });

  it('are seen from the start where an alert makes a stub of them', async () => {
    await bindAt(NOW, aTarget(vmId('new-stub')));
    expect(await seen('new-stub')).toEqual([NOW, NOW, 1]);
    await bindAt(after(30), aTarget(vmId('new-stub')));
    expect(await seen('new-stub')).toEqual([NOW, after(30), 1]);
  });
});
