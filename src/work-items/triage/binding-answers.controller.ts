import { Body, Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiConflictResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { BindingTaskDto } from '../../cmdb/triage/binding-task.dto';
import { AnsweredBindingTaskDto, BindingAnswerDto, DismissalDto } from './binding-answers.dto';
import { BindingAnswersService } from './binding-answers.service';

const NOT_RESOLVED = {
  description:
    'It is closed already: `binding_task_resolved`; or the item can’t be bound: `configuration_item_retired`, `alias_in_use`, `too_many_aliases`',
};
const CLOSED = { description: 'It is closed already: `binding_task_resolved`, with who did it and the item' };

/** What people answer to binding tasks. */
@ApiTags('configuration items')
@RequireRole('Operator')
@Controller('api/v1/binding-tasks')
export class BindingAnswersController {
  constructor(private readonly answers: BindingAnswersService) {}

  /**
   * Says which configuration item the value of a binding task means, and binds it to the work item.
   * @param id Of the binding task.
   */
  @Post(':id/resolve')
  @HttpCode(200)
  @ApiConflictResponse(NOT_RESOLVED)
  resolve(
    @Param('id') id: string,
    @Body() dto: BindingAnswerDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<AnsweredBindingTaskDto> {
    return this.answers.resolve(id, dto, { principal, requestId: request.id });
  }

  /**
   * Says that there is nothing to bind for a binding task.
   * @param id Of the binding task.
   */
  @Post(':id/dismiss')
  @HttpCode(200)
  @ApiConflictResponse(CLOSED)
  dismiss(
    @Param('id') id: string,
    @Body() dto: DismissalDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<BindingTaskDto> {
    return this.answers.dismiss(id, dto, { principal, requestId: request.id });
  }
}
