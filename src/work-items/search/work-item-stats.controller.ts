import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../../auth';
import { WorkItemStatsDto, WorkItemStatsQuery } from './work-item-stats.dto';
import { WorkItemStatsService } from './work-item-stats.service';

/** Counts what people work on. */
@ApiTags('work items')
@RequireRole('Viewer')
@Controller('api/v1/work-items')
export class WorkItemStatsController {
  constructor(private readonly statistics: WorkItemStatsService) {}

  /** Numbers about the work items that were opened in a time, by default the last 30 days. */
  @Get('stats')
  stats(@Query() query: WorkItemStatsQuery): Promise<WorkItemStatsDto> {
    return this.statistics.stats(query);
  }
}
