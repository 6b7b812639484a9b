import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { openDatabase, type TestDatabase, testDatabaseUrls } from './test-database';

describe.each(testDatabaseUrls())('the schema of the CMDB on %s', (_engine, url) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await openDatabase(url);
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
