import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { CmdbModule } from '../cmdb/cmdb.module';
import { CommentsService } from './actions/comments.service';
import { WorkItemActionsService } from './actions/work-item-actions.service';
import { WorkItemChanges } from './actions/work-item-changes';
import { WorkItemOpeningService } from './actions/work-item-opening.service';
import { RoutingRules } from './routing/routing-rules-cache';
import { RoutingRulesController } from './routing/routing-rules.controller';
import { RoutingRulesService } from './routing/routing-rules.service';
import { WorkItemExportService } from './search/work-item-export.service';
import { WorkItemSearchController } from './search/work-item-search.controller';
import { WorkItemSearchService } from './search/work-item-search.service';
import { WorkItemStatsController } from './search/work-item-stats.controller';
import { WorkItemStatsService } from './search/work-item-stats.service';
import { WorkItemsOfItemController } from './search/work-items-of-item.controller';
import { BindingAnswersController } from './triage/binding-answers.controller';
import { BindingAnswersService } from './triage/binding-answers.service';
import { BindingChecks } from './triage/binding-checks.service';
import { WorkItemTimers } from './timers/work-item-timers.service';
import { WorkItemsController } from './work-items.controller';
import { WorkItemsService } from './work-items.service';

/** The incident and its life. */
@Module({
  imports: [AuditModule, CmdbModule],
  controllers: [
    WorkItemStatsController,
    WorkItemSearchController,
    WorkItemsOfItemController,
    WorkItemsController,
    RoutingRulesController,
    BindingAnswersController,
  ],
  providers: [
    WorkItemsService,
    WorkItemSearchService,
    WorkItemExportService,
    WorkItemStatsService,
    WorkItemOpeningService,
    WorkItemActionsService,
    WorkItemChanges,
    CommentsService,
    WorkItemTimers,
    BindingAnswersService,
    BindingChecks,
    RoutingRules,
    RoutingRulesService,
  ],
  exports: [WorkItemsService, WorkItemSearchService, RoutingRules],
})
export class WorkItemsModule {}
