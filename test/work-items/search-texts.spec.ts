import type { DataSource } from 'typeorm';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { ENTITIES } from '../../src/database/entities';
import { migrate } from '../../src/database/migrate';
import { MIGRATIONS } from '../../src/database/migrations';
import { Search1764000007000 } from '../../src/database/migrations/1764000007000-search';
import { ENGINES, freshDatabase, type TestDatabase } from '../support/database';
import { aSketch, insertSketches } from './search-data';

describe.each(ENGINES)('what is searched for after an upgrade, on %s', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await freshDatabase(engine);
    const settings = { databaseUrl: database.url, databasePoolSize: 2 };
    dataSource = await connect(createDataSource(dataSourceOptions(settings, ENTITIES, MIGRATIONS)));
    await migrate(dataSource);
    const since = MIGRATIONS.length - MIGRATIONS.indexOf(Search1764000007000);
    for (let undone = 0; undone < since; undone += 1) await dataSource.undoLastMigration({ transaction: 'each' });
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('is every title and rule of the work items that were there, once, in lower case', async () => {
    const long = 'x'.repeat(250);
    await insertSketches(dataSource.manager, [
      aSketch(1, { signature: 'a', title: 'CPU on VM1', alertRule: 'CPU' }),
      aSketch(2, { signature: 'a', title: 'CPU on VM1', alertRule: 'CPU' }),
      aSketch(3, { signature: 'a', title: 'ÜBER', alertRule: null }),
      aSketch(4, { signature: 'b', title: 'Other', alertRule: 'rule' }),
      aSketch(5, { signature: null, title: 'by hand' }),
      ...Array.from({ length: 20 }, (_, index) => aSketch(10 + index, { signature: 'c', title: `${index} ${long}` })),
    ]);
    await dataSource.query('UPDATE signatures SET searchText = NULL');
    await migrate(dataSource);
    const texts = await textsOf(dataSource);
    expect(texts.get('a')?.split('\n').sort()).toEqual(['cpu', 'cpu on vm1', 'über']);
    expect(texts.get('b')?.split('\n').sort()).toEqual(['other', 'rule']);
    expect(texts.get('c')).toHaveLength(2_000);
  });
});

async function textsOf(dataSource: DataSource): Promise<Map<string, string>> {
  const rows = await dataSource.query<{ signature: string; searchText: string }[]>(
    'SELECT signature, searchText FROM signatures',
  );
  return new Map(rows.map(({ signature, searchText }) => [signature, searchText]));
}
