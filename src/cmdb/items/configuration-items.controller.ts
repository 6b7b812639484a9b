import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiConflictResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { ApiIfMatch } from '../../common/http/api-if-match';
import { etagOf } from '../../common/http/etag';
import { ConfigurationItemChangesDto } from './configuration-item-changes.dto';
import {
  ConfigurationItemDto,
  ConfigurationItemPageDto,
  ConfigurationItemsQuery,
  NewConfigurationItemDto,
} from './configuration-item.dto';
import { ConfigurationItemSearchService } from './configuration-item-search.service';
import { ConfigurationItemsService } from './configuration-items.service';

const MERGED = { description: 'It has become part of another item: `merged`, with `mergedIntoId`' };
const TAKEN = {
  description:
    'Another item has the resource id: `already_exists`; or another item in use has one of the aliases: `alias_in_use`; both with ' +
    '`configurationItemId`',
};
const REFUSED = { description: `${MERGED.description}. ${TAKEN.description}` };

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
  @ApiConflictResponse(TAKEN)
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

  /**
   * Changes a configuration item; a new resource id says that Azure has moved or renamed the resource.
   * @param id Of the configuration item.
   */
  @Patch(':id')
  @RequireRole('Operator')
  @ApiConflictResponse(REFUSED)
  @ApiIfMatch({ required: true })
  async change(
    @Param('id') id: string,
    @Body() dto: ConfigurationItemChangesDto,
    @Headers('If-Match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConfigurationItemDto> {
    return tagged(reply, await this.items.change({ id, ifMatch }, dto, { actor: principal, requestId: request.id }));
  }

  /**
   * Retires a configuration item: it is kept, and nothing new is bound to it. A `status` brings it back.
   * @param id Of the configuration item.
   */
  @Delete(':id')
  @RequireRole('Operator')
  @ApiConflictResponse(MERGED)
  @ApiIfMatch({ required: false })
  async retire(
    @Param('id') id: string,
    @Headers('If-Match') ifMatch: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConfigurationItemDto> {
    return tagged(reply, await this.items.retire({ id, ifMatch }, { actor: principal, requestId: request.id }));
  }
}

function tagged(reply: FastifyReply, item: ConfigurationItemDto): ConfigurationItemDto {
  reply.header('etag', etagOf(item.version));
  return item;
}
