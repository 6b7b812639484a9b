import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../auth';
import { PageQuery } from '../common/pagination';
import { AlertDto, AlertPageDto, AlertsOfItemQuery, AlertsQuery } from './alert.dto';
import { AlertsService } from './alerts.service';

/** What Azure Monitor told. */
@ApiTags('alerts')
@RequireRole('Viewer')
@Controller('api/v1')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  /** Lists alerts, the newest first. */
  @Get('alerts')
  list(@Query() query: AlertsQuery): Promise<AlertPageDto> {
    return this.alerts.list(query);
  }

  /**
   * One alert, with all that its newest delivery says.
   * @param id The alert's own id, not Azure's
   */
  @Get('alerts/:id')
  get(@Param('id') id: string): Promise<AlertDto> {
    return this.alerts.get(id);
  }

  /**
   * The alerts of a work item, the newest first.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Get('work-items/:number/alerts')
  ofWorkItem(@Param('number') number: string, @Query() query: PageQuery): Promise<AlertPageDto> {
    return this.alerts.ofWorkItem(number, query);
  }

  /**
   * The alerts of the work items that a configuration item is bound to, the newest first.
   * @param id Of the configuration item.
   */
  @Get('configuration-items/:id/alerts')
  ofItem(@Param('id') id: string, @Query() query: AlertsOfItemQuery): Promise<AlertPageDto> {
    return this.alerts.ofItem(id, query);
  }
}
