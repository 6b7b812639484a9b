import type { DataSource } from 'typeorm';
import { CMDB_ENTITIES } from '../../src/cmdb/cmdb.entities';
import { connect, createDataSource, dataSourceOptions } from '../../src/database/data-source-options';
import { Cmdb1764000002000 } from '../../src/database/migrations/1764000002000-cmdb';
import { type Engine, freshDatabase } from '../support/database';

/** A database with the CMDB's tables only. */
export interface CmdbDatabase {
  dataSource: DataSource;
  close(): Promise<void>;
}

export async function openCmdbDatabase(engine: Engine): Promise<CmdbDatabase> {
  const database = await freshDatabase(engine);
  const options = dataSourceOptions(
    { databaseUrl: database.url, databasePoolSize: 4 },
    [...CMDB_ENTITIES],
    [Cmdb1764000002000],
  );
  const dataSource = await connect(createDataSource(options));
  await dataSource.runMigrations({ transaction: 'each' });
  return {
    dataSource,
    close: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}
