import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { BindingAnswers } from './triage/binding-answers.service';
import { BindingTasksController } from './triage/binding-tasks.controller';
import { ItemBindingTasksController } from './triage/item-binding-tasks.controller';
import { BindingTasksService } from './triage/binding-tasks.service';
import { CmdbService } from './cmdb.service';
import { AliasesController } from './items/aliases.controller';
import { AliasesService } from './items/aliases.service';
import { ImportService } from './import/import.service';
import { ImportController } from './import/import.controller';
import { ConfigurationItemSearchService } from './items/configuration-item-search.service';
import { ConfigurationItemsController } from './items/configuration-items.controller';
import { ConfigurationItemsService } from './items/configuration-items.service';
import { CiRelationsController } from './relations/ci-relations.controller';
import { CiRelationsService } from './relations/ci-relations.service';
import { ImpactService } from './relations/impact.service';

/** The configuration items, and what binds work items to them. Needs `Clock`, `Transactions` and the data source from global modules. */
@Module({
  imports: [AuditModule],
  controllers: [
    ImportController,
    ConfigurationItemsController,
    AliasesController,
    CiRelationsController,
    BindingTasksController,
    ItemBindingTasksController,
  ],
  providers: [
    CmdbService,
    ImportService,
    ConfigurationItemSearchService,
    ConfigurationItemsService,
    AliasesService,
    CiRelationsService,
    ImpactService,
    BindingTasksService,
    BindingAnswers,
  ],
  exports: [CmdbService, BindingTasksService, BindingAnswers],
})
export class CmdbModule {}
