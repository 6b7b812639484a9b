import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../../auth';
import { BindingTaskDto, BindingTaskPageDto, BindingTasksQuery } from './binding-task.dto';
import { BindingTasksService } from './binding-tasks.service';

/** The questions that binding left to people. */
@ApiTags('configuration items')
@RequireRole('Viewer')
@Controller('api/v1/binding-tasks')
export class BindingTasksController {
  constructor(private readonly tasks: BindingTasksService) {}

  /** Lists binding tasks, the newest first. */
  @Get()
  list(@Query() query: BindingTasksQuery): Promise<BindingTaskPageDto> {
    return this.tasks.list(query);
  }

  /**
   * One binding task.
   * @param id Of the binding task.
   */
  @Get(':id')
  get(@Param('id') id: string): Promise<BindingTaskDto> {
    return this.tasks.get(id);
  }
}
