import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { BindingTasksController } from './binding-tasks.controller';
import { BindingTasksService } from './binding-tasks.service';
import { CmdbService } from './cmdb.service';
import { ConfigurationItemSearchService } from './configuration-item-search.service';
import { ConfigurationItemsController } from './configuration-items.controller';
import { ConfigurationItemsService } from './configuration-items.service';

/** The configuration items, and what binds work items to them. Needs `Clock`, `Transactions` and the data source from global modules. */
@Module({
  imports: [AuditModule],
  controllers: [ConfigurationItemsController, BindingTasksController],
  providers: [CmdbService, ConfigurationItemSearchService, ConfigurationItemsService, BindingTasksService],
  exports: [CmdbService],
})
export class CmdbModule {}
