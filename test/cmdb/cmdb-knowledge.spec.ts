import type { DataSource } from 'typeorm';
import { insertRows } from '../../src/common/sql';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { ENTITIES } from '../../src/database/entities';
import { migrate } from '../../src/database/migrate';
import { MIGRATIONS } from '../../src/database/migrations';
import { CmdbKnowledge1764000009000 } from '../../src/database/migrations/1764000009000-cmdb-knowledge';
import { ENGINES, freshDatabase, type TestDatabase } from '../support/database';
import { vmId } from './cmdb-builders';

const BEFORE = '2026-01-01 00:00:00.000';

interface Item {
  aliases: string;
  searchText: string;
  fieldSources: string | null;
  lastSeenAt: unknown;
}

describe.each(ENGINES)('the items that were there before an upgrade, on %s', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await freshDatabase(engine);
    const settings = { databaseUrl: database.url, databasePoolSize: 2 };
    dataSource = await connect(createDataSource(dataSourceOptions(settings, ENTITIES, MIGRATIONS)));
    await migrate(dataSource);
    await undo();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  async function undo(): Promise<void> {
    const since = MIGRATIONS.length - MIGRATIONS.indexOf(CmdbKnowledge1764000009000);
    for (let undone = 0; undone < since; undone += 1) await dataSource.undoLastMigration({ transaction: 'each' });
  }

  async function put(id: string, item: Record<string, string | number | null>): Promise<void> {
    const row = {
      ...{ id, name: id, nameKey: id, className: 'cmdb_ci', status: 'operational', stub: 0, tags: '{}', aliases: '[]' },
      ...{ version: 1, createdAt: BEFORE, updatedAt: BEFORE, ...item },
    };
    await insertRows(dataSource.manager, 'configuration_items', Object.keys(row), [Object.values(row)]);
  }

  async function read(id: string): Promise<Item> {
    const [item] = await dataSource.query<[Item]>('SELECT * FROM configuration_items WHERE id = ?', [id]);
    return item;
  }

  const sourcesOf = async (id: string): Promise<unknown> => JSON.parse((await read(id)).fieldSources ?? 'null');

  it('know what is whose, and have again what they had if it is taken back', async () => {
    const aliases = JSON.stringify(['Db.corp', 'zwei.corp']);
    await put('full', {
      ...{ name: 'Mine', nameKey: 'mine', resourceId: vmId('full'), subscriptionId: 's1', location: 'home' },
      ...{ environment: 'prod', criticality: 1, supportGroup: 'g', status: 'retired', tags: '{"a":"1"}', aliases },
    });
    await put('plain', { resourceId: vmId('plain'), subscriptionId: 's1' });
    await put('by-name', { resourceType: 'a.b/c', subscriptionId: 's1' });
    await put('stub', { stub: 1 });
    for (let index = 0; index < 600; index += 1) await put(`many-${index}`, { aliases: `["a${index}.corp"]` });

    await migrate(dataSource);
    const full = await read('full');
    const kept = JSON.parse(full.aliases) as { id: string; value: string; source: string }[];
    expect(kept.map(({ value, source }) => [value, source])).toEqual([
      ['Db.corp', 'person'],
      ['zwei.corp', 'person'],
    ]);
    expect(kept.map(({ id }) => id)).toEqual(kept.map(({ id }) => id).sort());
    expect(full.searchText).toBe(['mine', vmId('full').toLowerCase(), 'db.corp', 'zwei.corp'].join('\n'));
    expect(await sourcesOf('full')).toEqual({
      ...{ className: 'person', name: 'person', location: 'person', environment: 'person', criticality: 'person' },
      ...{ supportGroup: 'person', status: 'person', tags: 'person' },
    });
    expect(await sourcesOf('plain')).toEqual({ className: 'person' });
    const place = { resourceType: 'person', subscriptionId: 'person' };
    expect(await sourcesOf('by-name')).toEqual({ className: 'person', name: 'person', ...place });
    expect(await read('stub')).toMatchObject({ fieldSources: null, lastSeenAt: expect.anything() as unknown });
    expect((await read('many-599')).searchText).toBe('many-599\n\na599.corp');

    await undo();
    expect((await read('full')).aliases).toBe(aliases);
    expect((await read('many-0')).aliases).toBe('["a0.corp"]');
    await migrate(dataSource);
    expect(await sourcesOf('plain')).toEqual({ className: 'person' });
  });
});
