import { Controller, HttpCode, Post, Query, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { STREAMED_BODY } from '../../common/http/request-body';
import { ImportQuery, ImportResultDto } from './import.dto';
import { fileOf, formatOf } from './import-body';
import { ImportService } from './import.service';

/** The things in the CMDB, many at once. */
@ApiTags('configuration items')
@Controller('api/v1/configuration-items')
export class ImportController {
  constructor(private readonly imports: ImportService) {}

  /** Imports configuration items: JSON, NDJSON or CSV of any length, or an export of Azure Resource Graph. */
  @Post('import')
  @HttpCode(200)
  @RequireRole('Operator')
  @RouteConfig(STREAMED_BODY)
  @ApiConsumes('application/json', 'application/x-ndjson', 'text/csv')
  @ApiBody({ schema: { type: 'array', items: { type: 'object' } } })
  import(
    @Query() { dryRun = false, format }: ImportQuery,
    @CurrentPrincipal() principal: Principal,
    @Req() { id, raw }: FastifyRequest,
  ): Promise<ImportResultDto> {
    const file = { bytes: fileOf(raw), format: formatOf(raw.headers['content-type'], format), dryRun };
    return this.imports.import(file, { actor: principal, requestId: id });
  }
}
