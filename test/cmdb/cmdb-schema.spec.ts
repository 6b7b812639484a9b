import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { ENGINES } from '../support/database';
import { type CmdbDatabase, openCmdbDatabase } from './cmdb-database';

describe.each(ENGINES)('the schema of the CMDB on %s', (engine) => {
  let database: CmdbDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await openCmdbDatabase(engine);
    dataSource = database.dataSource;
  });
  afterAll(() => database.close());

  it('is what the entities say, once migrated', async () => {
    const drift = await dataSource.driver.createSchemaBuilder().log();
    expect(drift.upQueries.map((query) => query.query)).toEqual([]);
  });

  it('can be taken back and made again', async () => {
    await dataSource.undoLastMigration({ transaction: 'each' });
    const runner = dataSource.createQueryRunner();
    const left = await Promise.resolve(runner.hasTable('configuration_items'));
    await runner.release();
    expect(left).toBe(false);
    await dataSource.runMigrations({ transaction: 'each' });
  });
});
