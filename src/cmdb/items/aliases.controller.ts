import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiConflictResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { PageQuery } from '../../common/pagination';
import { AliasDto, AliasPageDto, NewAliasDto } from './alias.dto';
import { AliasesService } from './aliases.service';

const IN_USE = {
  description:
    'It leads to another item in use: `alias_in_use`, with `configurationItemId`; the item has as many as it may have: ' +
    '`too_many_aliases`; or it has become part of another: `merged`, with `mergedIntoId`',
};

/** By what else alerts may name a configuration item. */
@ApiTags('configuration items')
@RequireRole('Viewer')
@Controller('api/v1/configuration-items/:id/aliases')
export class AliasesController {
  constructor(private readonly aliases: AliasesService) {}

  /**
   * The aliases of a configuration item, the oldest first, and where each comes from.
   * @param id Of the configuration item.
   */
  @Get()
  list(@Param('id') id: string, @Query() query: PageQuery): Promise<AliasPageDto> {
    return this.aliases.list(id, query);
  }

  /**
   * Gives a configuration item one more alias; what waits for it is bound.
   * @param id Of the configuration item.
   */
  @Post()
  @RequireRole('Operator')
  @ApiOkResponse({ description: 'It has this alias already', type: AliasDto })
  @ApiConflictResponse(IN_USE)
  async add(
    @Param('id') id: string,
    @Body() { value }: NewAliasDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AliasDto> {
    const { alias, isNew } = await this.aliases.add(id, value, { actor: principal, requestId: request.id });
    reply.status(isNew ? 201 : 200);
    return alias;
  }

  /**
   * Takes an alias off a configuration item; what was bound by it stays bound.
   * @param id Of the configuration item.
   * @param aliasId Of the alias.
   */
  @Delete(':aliasId')
  @RequireRole('Operator')
  @HttpCode(204)
  remove(
    @Param('id') id: string,
    @Param('aliasId') aliasId: string,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.aliases.remove(id, aliasId, { actor: principal, requestId: request.id });
  }
}
