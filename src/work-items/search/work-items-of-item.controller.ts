import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { CmdbService } from '../../cmdb/cmdb.service';
import { WorkItemPageDto } from '../work-item.dto';
import { WorkItemSearchService } from './work-item-search.service';
import { WorkItemsOfItemQuery } from './work-items-of-item.dto';
import { WorkItemsQuery } from './work-items-query.dto';

/** What people work on, seen from what it is about. */
@ApiTags('configuration items')
@RequireRole('Viewer')
@Controller('api/v1/configuration-items/:id/work-items')
export class WorkItemsOfItemController {
  constructor(
    private readonly search: WorkItemSearchService,
    private readonly cmdb: CmdbService,
  ) {}

  /**
   * The work items that a configuration item is bound to, the newest first.
   * @param id Of the configuration item.
   */
  @Get()
  async list(
    @Param('id') id: string,
    @Query() { state, limit, cursor }: WorkItemsOfItemQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<WorkItemPageDto> {
    const configurationItemId = await this.cmdb.itemIdOf(id);
    const query = Object.assign(new WorkItemsQuery(), { configurationItemId, state, limit, cursor });
    return this.search.list(query, principal);
  }
}
