import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Clock } from '../common/clock';
import { CONFIG, type Config } from '../common/config';
import { Transactions } from '../common/transactions';
import { connect, createDataSource, dataSourceOptions } from './data-source-options';
import { ENTITIES } from './entities';
import { migrate } from './migrate';
import { MIGRATIONS } from './migrations';

/** The database connection, up to date with the migrations before anything else starts. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({
        ...dataSourceOptions(config, ENTITIES, MIGRATIONS),
        retryAttempts: 0,
        manualInitialization: true,
      }),
      dataSourceFactory: openDatabase,
    }),
  ],
  providers: [Transactions, Clock],
  exports: [Transactions, Clock],
})
export class DatabaseModule {}

async function openDatabase(options?: DataSourceOptions): Promise<DataSource> {
  if (options === undefined) throw new Error('The database has no options.');
  const dataSource = await connect(createDataSource(options));
  await migrate(dataSource);
  return dataSource;
}
