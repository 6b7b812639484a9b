import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditEventPageDto, AuditEventsQuery } from '../../audit/audit-event.dto';
import { AuditEventsService } from '../../audit/audit-events.service';
import { RequireRole } from '../decorators';

/** Who did what, with what was before and after it. */
@ApiTags('administration')
@RequireRole('Admin')
@Controller('api/v1/admin/audit-events')
export class AuditEventsController {
  constructor(private readonly auditEvents: AuditEventsService) {}

  /** Lists the changes, the newest first. */
  @Get()
  list(@Query() query: AuditEventsQuery): Promise<AuditEventPageDto> {
    return this.auditEvents.list(query);
  }
}
