import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { ApiIfMatch } from '../../common/http/api-if-match';
import { etagOf } from '../../common/http/etag';
import { PageQuery } from '../../common/pagination';
import { NewRoutingRuleDto, RoutingRuleChangesDto, RoutingRuleDto, RoutingRulePageDto } from './routing-rule.dto';
import { RoutingRulesService } from './routing-rules.service';

const PATH = 'api/v1/admin/routing-rules';

/** The routing rules: what becomes of which alerts. A change takes effect on every instance within 5 seconds. */
@ApiTags('administration')
@RequireRole('Manager')
@Controller(PATH)
export class RoutingRulesController {
  constructor(private readonly rules: RoutingRulesService) {}

  /** Lists the rules, in the order in which they are tried. */
  @Get()
  list(@Query() query: PageQuery): Promise<RoutingRulePageDto> {
    return this.rules.list(query);
  }

  /**
   * Shows a rule; its version is the ETag.
   * @param id Of the rule.
   */
  @Get(':id')
  async get(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<RoutingRuleDto> {
    return tagged(reply, await this.rules.get(id));
  }

  /** Adds a rule. */
  @Post()
  async create(
    @Body() dto: NewRoutingRuleDto,
    @CurrentPrincipal() actor: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RoutingRuleDto> {
    const rule = await this.rules.create(dto, { actor, requestId: request.id });
    reply.header('location', `/${PATH}/${rule.id}`);
    return tagged(reply, rule);
  }

  /**
   * Changes a rule.
   * @param id Of the rule.
   */
  @Patch(':id')
  @ApiIfMatch({ required: true })
  async update(
    @Param('id') id: string,
    @Body() changes: RoutingRuleChangesDto,
    @Headers('If-Match') ifMatch: string | undefined,
    @CurrentPrincipal() actor: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RoutingRuleDto> {
    return tagged(reply, await this.rules.update(id, changes, { actor, requestId: request.id, ifMatch }));
  }

  /**
   * Removes a rule.
   * @param id Of the rule.
   */
  @Delete(':id')
  @HttpCode(204)
  @ApiIfMatch({ required: false })
  remove(
    @Param('id') id: string,
    @Headers('If-Match') ifMatch: string | undefined,
    @CurrentPrincipal() actor: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.rules.remove(id, { actor, requestId: request.id, ifMatch });
  }
}

function tagged(reply: FastifyReply, rule: RoutingRuleDto): RoutingRuleDto {
  reply.header('etag', etagOf(rule.version));
  return rule;
}
