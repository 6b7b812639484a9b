import { ENGINES, freshDatabase } from '../support/database';
import { openAuthDatabase } from './support';

describe.each(ENGINES)('the tables of auth and audit on %s', (engine) => {
  it('are as the entities say, can be taken back and made again', async () => {
    const database = await freshDatabase(engine);
    const dataSource = await openAuthDatabase(database.url);
    try {
      const drift = await dataSource.driver.createSchemaBuilder().log();
      expect(drift.upQueries.map(({ query }) => query)).toEqual([]);

      await dataSource.undoLastMigration();
      const runner = dataSource.createQueryRunner();
      expect(await runner.hasTable('allowed_apps')).toBe(false);
      await runner.release();
      await dataSource.runMigrations();
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});
