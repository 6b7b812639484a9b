import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../../auth';
import { BindingTaskPageDto, ItemBindingTasksQuery } from './binding-task.dto';
import { BindingTasksService } from './binding-tasks.service';

/** The questions that binding left to people, seen from an item that may be the answer. */
@ApiTags('configuration items')
@RequireRole('Viewer')
@Controller('api/v1/configuration-items/:id/binding-tasks')
export class ItemBindingTasksController {
  constructor(private readonly tasks: BindingTasksService) {}

  /**
   * The binding tasks that a configuration item may answer, or was the answer to, the newest first.
   * @param id Of the configuration item.
   */
  @Get()
  list(@Param('id') id: string, @Query() query: ItemBindingTasksQuery): Promise<BindingTaskPageDto> {
    return this.tasks.ofItem(id, query);
  }
}
