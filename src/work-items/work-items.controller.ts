import { Body, Controller, Delete, Headers, HttpCode, Param, Patch, Post, Put, Res } from '@nestjs/common';
import { ApiConflictResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../auth';
import { ApiIfMatch } from '../common/http/api-if-match';
import { etagOf } from '../common/http/etag';
import { CommentsService } from './actions/comments.service';
import {
  BulkAssignmentDto,
  BulkResultsDto,
  BulkTransitionDto,
  ManualBindingDto,
  NewCommentDto,
  NewWorkItemDto,
  TransitionDto,
  WorkItemChangesDto,
} from './actions/work-item-actions.dto';
import { WorkItemActionsService } from './actions/work-item-actions.service';
import { WorkItemOpeningService } from './actions/work-item-opening.service';
import { TimelineEntryDto, WorkItemDto } from './work-item.dto';

const IS_FINAL = { description: 'It is closed or canceled: `work_item_final`' };
const ILLEGAL = {
  description:
    'There is no such way: `illegal_transition`, with `from`, `to` and `allowed`; or another work item has its alerts now: ' +
    '`superseded`, which names it as `workItem`, too',
};

/** What people do to work items. */
@ApiTags('work items')
@RequireRole('Operator')
@Controller('api/v1/work-items')
export class WorkItemsController {
  constructor(
    private readonly opening: WorkItemOpeningService,
    private readonly actions: WorkItemActionsService,
    private readonly comments: CommentsService,
  ) {}

  /** Opens a work item by hand. */
  @Post()
  async open(
    @Body() dto: NewWorkItemDto,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkItemDto> {
    const workItem = tagged(reply, await this.opening.open(dto, principal));
    reply.header('location', `/api/v1/work-items/${workItem.number}`);
    return workItem;
  }

  /** Moves many work items to another state; each is decided for itself, and the answer says what became of it. */
  @Post('bulk/transitions')
  @HttpCode(200)
  transitionMany(
    @Body() { numbers, ...destination }: BulkTransitionDto,
    @CurrentPrincipal() principal: Principal,
  ): Promise<BulkResultsDto> {
    return this.actions.transitionMany(numbers, destination, principal);
  }

  /** Assigns many work items; each is decided for itself, and the answer says what became of it. */
  @Post('bulk/assignments')
  @HttpCode(200)
  assignMany(@Body() dto: BulkAssignmentDto, @CurrentPrincipal() principal: Principal): Promise<BulkResultsDto> {
    return this.actions.assignMany(dto, principal);
  }

  /**
   * Changes fields of a work item. Alerts leave alone what a person has set.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Patch(':number')
  @ApiConflictResponse(IS_FINAL)
  @ApiIfMatch({ required: true })
  async edit(
    @Param('number') number: string,
    @Body() dto: WorkItemChangesDto,
    @Headers('If-Match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkItemDto> {
    return tagged(reply, await this.actions.edit(number, dto, { principal, ifMatch }));
  }

  /**
   * Moves a work item to another state; its `allowedTransitions` say where to.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Post(':number/transitions')
  @ApiConflictResponse(ILLEGAL)
  @HttpCode(200)
  @ApiIfMatch({ required: false })
  async transition(
    @Param('number') number: string,
    @Body() dto: TransitionDto,
    @Headers('If-Match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkItemDto> {
    return tagged(reply, await this.actions.transition(number, dto, { principal, ifMatch }));
  }

  /**
   * Writes a work note or a comment into the timeline.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Post(':number/comments')
  comment(
    @Param('number') number: string,
    @Body() dto: NewCommentDto,
    @CurrentPrincipal() principal: Principal,
  ): Promise<TimelineEntryDto> {
    return this.comments.add(number, dto, principal);
  }

  /**
   * Binds a configuration item to a work item, or changes its role. Alerts never change that again.
   * @param number Such as `INC0000001`, in any letter case
   * @param ciId Of the configuration item
   */
  @Put(':number/configuration-items/:ciId')
  @ApiConflictResponse(IS_FINAL)
  @ApiIfMatch({ required: false })
  async bind(
    @Param('number') number: string,
    @Param('ciId') ciId: string,
    @Body() dto: ManualBindingDto,
    @Headers('If-Match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkItemDto> {
    const binding = { ciId, role: dto.role ?? null };
    return tagged(reply, await this.actions.bind(number, binding, { principal, ifMatch }));
  }

  /**
   * Takes a configuration item off a work item. Alerts never bind it there again.
   * @param number Such as `INC0000001`, in any letter case
   * @param ciId Of the configuration item
   */
  @Delete(':number/configuration-items/:ciId')
  @ApiConflictResponse(IS_FINAL)
  @HttpCode(204)
  @ApiIfMatch({ required: false })
  unbind(
    @Param('number') number: string,
    @Param('ciId') ciId: string,
    @Headers('If-Match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.actions.unbind(number, ciId, { principal, ifMatch });
  }
}

function tagged(reply: FastifyReply, workItem: WorkItemDto): WorkItemDto {
  reply.header('etag', etagOf(workItem.version));
  return workItem;
}
