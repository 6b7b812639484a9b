import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { PageQuery } from '../../common/pagination';
import { AllowedAppChangesDto, AllowedAppDto, AllowedAppPageDto, NewAllowedAppDto } from '../allowlist/allowed-app.dto';
import { AllowedAppsService, type ChangedBy } from '../allowlist/allowed-apps.service';
import { CurrentPrincipal, RequireRole } from '../decorators';
import type { Principal } from '../principal';

/** The allowlist: which applications may post alerts. A change takes effect on every instance within 5 seconds. */
@ApiTags('administration')
@RequireRole('Admin')
@Controller('api/v1/admin/allowed-apps')
export class AllowedAppsController {
  constructor(private readonly allowedApps: AllowedAppsService) {}

  /** Lists the callers. */
  @Get()
  list(@Query() query: PageQuery): Promise<AllowedAppPageDto> {
    return this.allowedApps.list(query);
  }

  /**
   * Shows a caller.
   * @param id Of the entry, not the application id.
   */
  @Get(':id')
  get(@Param('id') id: string): Promise<AllowedAppDto> {
    return this.allowedApps.get(id);
  }

  /** Allows a caller. */
  @Post()
  create(
    @Body() dto: NewAllowedAppDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<AllowedAppDto> {
    return this.allowedApps.create(dto, changedBy(principal, request));
  }

  /**
   * Changes a caller.
   * @param id Of the entry, not the application id.
   */
  @Patch(':id')
  update(
    @Param('id') id: string,
    @Body() changes: AllowedAppChangesDto,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<AllowedAppDto> {
    return this.allowedApps.update(id, changes, changedBy(principal, request));
  }

  /**
   * Removes a caller; it is refused from now on.
   * @param id Of the entry, not the application id.
   */
  @Delete(':id')
  @HttpCode(204)
  remove(
    @Param('id') id: string,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.allowedApps.remove(id, changedBy(principal, request));
  }
}

function changedBy(actor: Principal, request: FastifyRequest): ChangedBy {
  return { actor, requestId: request.id };
}
