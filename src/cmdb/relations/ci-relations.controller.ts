import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiConflictResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { CiRelationDto, CiRelationPageDto, CiRelationsQuery, NewCiRelationDto } from './ci-relation.dto';
import { CiRelationsService } from './ci-relations.service';
import { ImpactDto, ImpactQuery } from './impact.dto';
import { ImpactService } from './impact.service';

const NOT_ADDED = {
  description:
    'It is there: `already_exists`, with `relationId`; one of the items has retired: `configuration_item_retired`, or has become ' +
    'part of another: `merged`, with `mergedIntoId`',
};

/** What a configuration item has to do with others, and who is hit if it fails. */
@ApiTags('configuration items')
@RequireRole('Viewer')
@Controller('api/v1/configuration-items/:id')
export class CiRelationsController {
  constructor(
    private readonly relations: CiRelationsService,
    private readonly impact: ImpactService,
  ) {}

  /**
   * The relations from a configuration item and to it, the oldest first.
   * @param id Of the configuration item.
   */
  @Get('relations')
  list(@Param('id') id: string, @Query() query: CiRelationsQuery): Promise<CiRelationPageDto> {
    return this.relations.list(id, query);
  }

  /**
   * Relates a configuration item to another one.
   * @param id Of the configuration item.
   */
  @Post('relations')
  @RequireRole('Operator')
  @ApiConflictResponse(NOT_ADDED)
  add(
    @Param('id') id: string,
    @Body() dto: NewCiRelationDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<CiRelationDto> {
    return this.relations.add(id, dto, { actor: principal, requestId: request.id });
  }

  /**
   * Takes a relation away that a person has set.
   * @param id Of the configuration item at either end.
   * @param relationId Of the relation.
   */
  @Delete('relations/:relationId')
  @RequireRole('Operator')
  @ApiConflictResponse({ description: 'An import has set it, and would again: `set_by_import`' })
  @HttpCode(204)
  remove(
    @Param('id') id: string,
    @Param('relationId') relationId: string,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.relations.remove(id, relationId, { actor: principal, requestId: request.id });
  }

  /**
   * Who is hit if a configuration item fails, the most critical first, and by which way.
   * @param id Of the configuration item.
   */
  @Get('impact')
  impactOf(@Param('id') id: string, @Query() { depth }: ImpactQuery): Promise<ImpactDto> {
    return this.impact.of(id, depth);
  }
}
