import type { DataSource } from 'typeorm';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { ENTITIES } from '../../src/database/entities';
import { migrate } from '../../src/database/migrate';
import { MIGRATIONS } from '../../src/database/migrations';
import { Search1764000007000 } from '../../src/database/migrations/1764000007000-search';
import { ENGINES, freshDatabase, type TestDatabase } from '../support/database';
import { aSketch, insertSketches, minute } from './search-data';

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

  it('is what the work items that were there say, once, and when they were last changed', async () => {
    const long = 'x'.repeat(250);
    await insertSketches(
      dataSource.manager,
      [
        aSketch(1, { signature: 'a', title: 'CPU on VM1', alertRule: 'CPU' }),
        aSketch(2, { signature: 'a', title: 'CPU on VM1', alertRule: 'CPU' }),
        aSketch(3, { signature: 'a', title: 'ÜBER', alertRule: null, assignmentGroup: 'one\ntwo ' }),
        aSketch(4, { signature: 'b', title: 'Other', alertRule: 'rule' }),
        aSketch(5, { signature: null, title: 'Von HAND, Übung', openedAt: minute(0), updatedAt: minute(7 * 1_440) }),
        aSketch(6, { signature: null, openedAt: minute(0), updatedAt: minute(70 * 1_440) }),
        ...Array.from({ length: 20 }, (_, index) => aSketch(10 + index, { signature: 'c', title: `${index} ${long}` })),
      ],
      { hasDerived: false },
    );
    await dataSource.query('UPDATE signatures SET searchText = NULL');
    await migrate(dataSource);
    const texts = await textsOf(dataSource);
    expect(texts.get('a')?.split('\n').sort()).toEqual(['cpu', 'cpu on vm1', 'über']);
    expect(texts.get('b')?.split('\n').sort()).toEqual(['other', 'rule']);
    expect(texts.get('c')).toHaveLength(2_000);
    const facets = await dataSource.query<{ signature: string; facets: string }[]>(
      "SELECT signature, facets FROM signatures WHERE signature = 'a'",
    );
    expect(facets[0]?.facets.split('\n').sort()).toEqual([
      ...['', '', 'g=', 'g=one two', 'p=3', 't=incident', 'u=sub', 'v=Platform'],
    ]);
    const classes = await dataSource.query<{ id: number; ageClass: number; titleByHand: string | null }[]>(
      'SELECT id, ageClass, titleByHand FROM work_items WHERE id BETWEEN 4 AND 6 ORDER BY id',
    );
    expect(classes.map(({ ageClass }) => ageClass)).toEqual([0, 1, 2]);
    expect(classes.map(({ titleByHand }) => titleByHand)).toEqual([null, 'von hand, übung', 'work item 6']);
  });
});

async function textsOf(dataSource: DataSource): Promise<Map<string, string>> {
  const rows = await dataSource.query<{ signature: string; searchText: string }[]>(
    'SELECT signature, searchText FROM signatures',
  );
  return new Map(rows.map(({ signature, searchText }) => [signature, searchText]));
}
