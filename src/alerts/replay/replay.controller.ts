import { Body, Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConflictResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { NEEDS_BODY } from '../../common/http/request-body';
import { DeliveryDetailDto } from '../deliveries/delivery.dto';
import { BulkReplayService } from './bulk-replay.service';
import { DismissalService } from './dismissal.service';
import {
  BulkReplayDto,
  BulkReplayRequestDto,
  DeliveryDismissalDto,
  ReplayRequestDto,
  ReplayResultDto,
} from './replay.dto';
import { ReplayService } from './replay.service';

/** Processing again what was parked or refused, or giving it up. */
@ApiTags('administration')
@RequireRole('Admin')
@Controller('api/v1/admin/deliveries')
export class ReplayController {
  constructor(
    private readonly replays: ReplayService,
    private readonly bulk: BulkReplayService,
    private readonly dismissals: DismissalService,
  ) {}

  @Post('replay')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Replays the deliveries that a filter finds, each for itself, in the order of their arrival.',
    description:
      'Goes on past what fails in the pipeline. A call takes `limit` deliveries, or as many as fit into some 20 seconds; it ends early where the service is stopped or the database goes away: `nextCursor` leads on.',
  })
  replayMany(
    @Body() dto: BulkReplayRequestDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<BulkReplayDto> {
    return this.bulk.replay(dto, { principal, requestId: request.id });
  }

  /**
   * Has a delivery processed by the rules of today, or says what would happen.
   * @param id As the caller was told, `deliveryId`
   */
  @Post(':id/replay')
  @RouteConfig(NEEDS_BODY)
  @HttpCode(200)
  @ApiConflictResponse({ description: '`payload_removed`: its payload is no longer kept' })
  replay(
    @Param('id') id: string,
    @Body() { dryRun = false }: ReplayRequestDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<ReplayResultDto> {
    if (dryRun) return this.replays.foretell(id, { withRules: true });
    return this.replays.replay(id, { principal, requestId: request.id }, { evenDismissed: true });
  }

  /** @param id As the caller was told, `deliveryId` */
  @Post(':id/dismiss')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Gives up a parked delivery that can never be processed.',
    description:
      'It is `rejected` from then on, with the code `dismissed`, and is kept as long as any that is rejected. It may still be replayed, by its id or by that code.',
  })
  @ApiConflictResponse({ description: '`not_parked`: it is not parked, so there is nothing to give up' })
  dismiss(
    @Param('id') id: string,
    @Body() { reason = null }: DeliveryDismissalDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<DeliveryDetailDto> {
    return this.dismissals.dismiss(id, { reason, by: { principal, requestId: request.id } });
  }
}
