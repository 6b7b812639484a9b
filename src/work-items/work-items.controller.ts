import { Controller } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../auth';

/** What people do with work items. */
@ApiTags('work items')
@RequireRole('Operator')
@Controller('api/v1/work-items')
export class WorkItemsController {}
