import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Clock } from '../common/clock';
import { CONFIG, type Config } from '../common/config';
import { ReadinessChecks } from '../common/operations/readiness';
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
export class DatabaseModule implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly checks: ReadinessChecks,
  ) {}

  onModuleInit(): void {
    this.checks.register('database', 'the database can not be reached', async () => {
      await this.dataSource.query('SELECT 1');
    });
    this.checks.register('migrations', 'the database is not up to date', async () => {
      if (await this.dataSource.showMigrations()) throw new Error('some migrations have not run');
    });
  }
}

async function openDatabase(options?: DataSourceOptions): Promise<DataSource> {
  if (options === undefined) throw new Error('The database has no options.');
  const dataSource = await connect(createDataSource(options));
  await migrate(dataSource);
  return dataSource;
}
