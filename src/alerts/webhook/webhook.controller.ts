import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBody,
  ApiExtraModels,
  ApiForbiddenResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, WebhookCaller } from '../../auth/decorators';
import type { Principal } from '../../auth/principal';
import { NEEDS_BODY } from '../../common/http/request-body';
import { CommonAlertDto } from '../payload/common-alert.dto';
import { WEBHOOK_EXAMPLES } from './examples';
import { answerOf, IngestResultDto, KeptDeliveryDto } from './ingest-result.dto';
import { IntakeService } from './intake.service';

/** Headers for browsers cost a tenth of the whole call, and no browser posts here. */
const WITHOUT_HELMET = { helmet: { skipRoute: true } };

const NO_ALERT = {
  description:
    'The body is empty or not JSON: `invalid_json`; or it is not in the common alert schema: `not_common_schema`, of which `detail` ' +
    'says how to switch it on, or `invalid_payload`, of which `errors` names each value. What is JSON is kept for replay, as `deliveryId`',
};
const NOT_FOR_CALLER = {
  description:
    'A good token that may not do this: `forbidden`; or the alert is about something outside the scopes of the caller: `scope_violation`',
};

/** Where Azure Monitor's Secure Webhook actions post. */
@ApiTags('webhook')
@Controller('api/v1/webhooks')
export class WebhookController {
  constructor(private readonly intake: IntakeService) {}

  /** Takes an alert in the common alert schema. A 2xx means that it is on disk. */
  @Post('azure-monitor')
  @WebhookCaller()
  @RouteConfig({ ...WITHOUT_HELMET, ...NEEDS_BODY })
  @HttpCode(200)
  @ApiOperation({ summary: 'Take an alert in the common alert schema; a 2xx means that it is on disk' })
  @ApiExtraModels(CommonAlertDto)
  @ApiBody({ schema: { $ref: getSchemaPath(CommonAlertDto) }, examples: WEBHOOK_EXAMPLES })
  @ApiOkResponse({ type: IngestResultDto, description: 'Processed, in one transaction' })
  @ApiResponse({ status: 202, type: KeptDeliveryDto, description: 'Kept, to be processed later' })
  @ApiBadRequestResponse(NO_ALERT)
  @ApiForbiddenResponse(NOT_FOR_CALLER)
  async receive(
    @Req() request: FastifyRequest,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IngestResultDto | KeptDeliveryDto> {
    const { status, body } = answerOf(await this.intake.receive(request, principal));
    reply.status(status);
    return body;
  }
}
