import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../auth';
import {
  ConfigurationItemDto,
  ConfigurationItemPageDto,
  ConfigurationItemsQuery,
  NewConfigurationItemDto,
} from './configuration-item.dto';
import { ConfigurationItemSearchService } from './configuration-item-search.service';
import { ConfigurationItemsService } from './configuration-items.service';

/** The things in the CMDB. */
@ApiTags('configuration items')
@RequireRole('Viewer')
@Controller('api/v1/configuration-items')
export class ConfigurationItemsController {
  constructor(
    private readonly search: ConfigurationItemSearchService,
    private readonly items: ConfigurationItemsService,
  ) {}

  /** Lists configuration items, the oldest first. */
  @Get()
  list(@Query() query: ConfigurationItemsQuery): Promise<ConfigurationItemPageDto> {
    return this.search.list(query);
  }

  /**
   * One configuration item; its version is the ETag.
   * @param id Of the configuration item.
   */
  @Get(':id')
  async get(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ConfigurationItemDto> {
    return tagged(reply, await this.search.get(id));
  }

  /** Puts a configuration item into the CMDB; a stub of the same resource id becomes it. */
  @Post()
  @RequireRole('Operator')
  async create(
    @Body() dto: NewConfigurationItemDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConfigurationItemDto> {
    const item = await this.items.create(dto, { actor: principal, requestId: request.id });
    reply.header('location', `/api/v1/configuration-items/${item.id}`);
    return tagged(reply, item);
  }
}

function tagged(reply: FastifyReply, item: ConfigurationItemDto): ConfigurationItemDto {
  reply.header('etag', `"${item.version}"`);
  return item;
}
