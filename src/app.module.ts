import { Module, type DynamicModule } from '@nestjs/common';
import { AlertsModule } from './alerts/alerts.module';
import { AuditModule } from './audit/audit.module';
import { AuthModule } from './auth';
import { CmdbModule } from './cmdb/cmdb.module';
import type { Config } from './common/config';
import { ConfigModule } from './common/config.module';
import { OperationsModule } from './common/operations/operations.module';
import { RetentionModule } from './common/retention/retention.module';
import { ScheduleModule } from './common/schedule/schedule.module';
import { DatabaseModule } from './database/database.module';
import { HealthModule } from './health/health.module';
import { WorkItemsModule } from './work-items/work-items.module';

/** The whole service; the modules stand in the order of the data's way. */
@Module({
  imports: [
    OperationsModule,
    DatabaseModule,
    ScheduleModule,
    RetentionModule,
    AuthModule,
    AlertsModule,
    WorkItemsModule,
    CmdbModule,
    AuditModule,
    HealthModule,
  ],
})
export class AppModule {
  static of(config: Config): DynamicModule {
    return { module: AppModule, imports: [ConfigModule.of(config)] };
  }
}
