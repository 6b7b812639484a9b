import {
  Global,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Clock } from '../common/clock';
import { CONFIG, type Config } from '../common/config';
import { DatabaseState } from '../common/database-state';
import { ReadinessChecks } from '../common/operations/readiness';
import { PeriodicTask } from '../common/periodic-task';
import { ServiceDataSource } from '../common/service-data-source';
import { isUnreachable, Transactions } from '../common/transactions';
import { connect, createDataSource, dataSourceOptions, prepare } from './data-source-options';
import { ENTITIES } from './entities';
import { migrate } from './migrate';
import { MIGRATIONS } from './migrations';

const RETRY_MS = 1_000;

/**
 * The database connection, up to date with the migrations before anything else starts. A server that can't be reached then is
 * tried again and again where there is a spool: alerts are taken meanwhile.
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({
        ...dataSourceOptions(config, ENTITIES, MIGRATIONS),
        retryAttempts: 0,
        manualInitialization: true,
        mayBeAway: config.spoolDir !== null,
      }),
      dataSourceFactory: openDatabase,
    }),
  ],
  providers: [Transactions, Clock, DatabaseState],
  exports: [Transactions, Clock, DatabaseState],
})
export class DatabaseModule implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseModule.name);
  private readonly retries = new PeriodicTask(
    () => this.retry(),
    (error) => this.retryFailed(error),
  );
  private isTold = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly state: DatabaseState,
    private readonly checks: ReadinessChecks,
  ) {}

  onModuleInit(): void {
    this.checks.register('database', 'the database can not be reached', async () => {
      if (!this.state.isUp) throw new Error('the database has not been reached since the start');
      await this.dataSource.query('SELECT 1');
    });
    this.checks.register('migrations', 'the database is not up to date', async () => {
      if (!this.state.isUp || (await this.dataSource.showMigrations())) throw new Error('some migrations have not run');
    });
    if (this.dataSource.isInitialized) {
      this.state.reached();
      return;
    }
    this.logger.error('started without the database: alerts go to the spool until it is there');
    this.retries.start(RETRY_MS);
  }

  /** What waits for a server that says nothing must not keep the service from its end. */
  onModuleDestroy(): void {
    if (this.dataSource instanceof ServiceDataSource) this.dataSource.hurry();
  }

  async onApplicationShutdown(): Promise<void> {
    this.retries.stop();
    await this.retries.idle();
  }

  private async retry(): Promise<void> {
    if (this.state.isUp) return;
    if (!this.dataSource.isInitialized) await connect(this.dataSource);
    await migrate(this.dataSource);
    this.state.reached();
    this.retries.stop();
    this.logger.log('the database is there, and up to date');
  }

  /** A login that is refused or a migration that fails does not pass by itself: somebody has to hear of it. */
  private retryFailed(error: unknown): void {
    if (isUnreachable(error) || this.isTold) {
      this.logger.debug({ msg: 'the database still can not be reached', err: error });
      return;
    }
    this.isTold = true;
    this.logger.error({ msg: 'the database is there, and can not be used', err: error });
  }
}

/** Connected and up to date, or, where it may be away and is, neither yet. */
async function openDatabase(options?: DataSourceOptions & { mayBeAway?: boolean }): Promise<DataSource> {
  if (options === undefined) throw new Error('The database has no options.');
  const dataSource = await prepare(createDataSource(options));
  try {
    await connect(dataSource);
  } catch (error) {
    if (options.mayBeAway === true && isUnreachable(error)) return dataSource;
    throw error;
  }
  await migrate(dataSource);
  return dataSource;
}
