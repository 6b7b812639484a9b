import type { DataSource } from 'typeorm';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { ENTITIES } from '../../src/database/entities';
import { migrate } from '../../src/database/migrate';
import { MIGRATIONS } from '../../src/database/migrations';
import { type Engine, freshDatabase } from '../support/database';

/** A database without a service. */
export interface CmdbDatabase {
  dataSource: DataSource;
  close(): Promise<void>;
}

export async function openCmdbDatabase(engine: Engine): Promise<CmdbDatabase> {
  const database = await freshDatabase(engine);
  const settings = { databaseUrl: database.url, databasePoolSize: 4 };
  const dataSource = await connect(createDataSource(dataSourceOptions(settings, ENTITIES, MIGRATIONS)));
  await migrate(dataSource);
  return {
    dataSource,
    close: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}
