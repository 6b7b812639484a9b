import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { TimelinePageDto, WorkItemDto, WorkItemPageDto } from '../work-item.dto';
import { WorkItemSearchService } from './work-item-search.service';
import { TimelineQuery, WorkItemsQuery } from './work-items-query.dto';

/** Reads what people work on. */
@ApiTags('work items')
@RequireRole('Viewer')
@Controller('api/v1/work-items')
export class WorkItemSearchController {
  constructor(private readonly search: WorkItemSearchService) {}

  /** Lists work items, the newest first. */
  @Get()
  list(@Query() query: WorkItemsQuery, @CurrentPrincipal() principal: Principal): Promise<WorkItemPageDto> {
    return this.search.list(query, principal);
  }

  /**
   * One work item; its version is the ETag.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Get(':number')
  async get(
    @Param('number') number: string,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkItemDto> {
    const workItem = await this.search.get(number, principal);
    reply.header('etag', `"${workItem.version}"`);
    return workItem;
  }

  /**
   * What happened to it, in the order in which it became known; `at` is when it happened.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Get(':number/timeline')
  timeline(@Param('number') number: string, @Query() query: TimelineQuery): Promise<TimelinePageDto> {
    return this.search.timeline(number, query);
  }
}
