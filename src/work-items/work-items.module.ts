import { Module } from '@nestjs/common';
import { CmdbModule } from '../cmdb/cmdb.module';
import { WorkItemSearchController } from './search/work-item-search.controller';
import { WorkItemSearchService } from './search/work-item-search.service';
import { WorkItemsController } from './work-items.controller';
import { WorkItemsService } from './work-items.service';

/** The incident and its life. */
@Module({
  imports: [CmdbModule],
  controllers: [WorkItemSearchController, WorkItemsController],
  providers: [WorkItemsService, WorkItemSearchService],
  exports: [WorkItemsService, WorkItemSearchService],
})
export class WorkItemsModule {}
