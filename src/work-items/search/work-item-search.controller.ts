import { Controller, Get, Param, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole, type Principal } from '../../auth';
import { DomainError } from '../../common/errors';
import { TimelinePageDto, WorkItemDto, WorkItemPageDto } from '../work-item.dto';
import { MEDIA_TYPES, preferredMediaType } from './media-type.rules';
import { WorkItemExportService } from './work-item-export.service';
import { WorkItemSearchService } from './work-item-search.service';
import { TimelineQuery, WorkItemsQuery } from './work-items-query.dto';

/** Reads what people work on. */
@ApiTags('work items')
@RequireRole('Viewer')
@Controller('api/v1/work-items')
export class WorkItemSearchController {
  constructor(
    private readonly search: WorkItemSearchService,
    private readonly exports: WorkItemExportService,
  ) {}

  /** Lists work items, the newest first, a page at a time; or exports all of them as CSV or NDJSON. */
  @Get()
  @ApiOperation({
    summary: 'Lists work items, the newest first, a page at a time; or exports all of them as CSV or NDJSON',
    description:
      '`Accept` decides. An export has the whole list, or what comes after `cursor`, whatever `limit` says. CSV is safe to ' +
      'open in a spreadsheet: what looks like a formula begins with an apostrophe there. An export that breaks off has no ' +
      'regular end.',
  })
  @ApiExtraModels(WorkItemPageDto, WorkItemDto)
  @ApiOkResponse({
    description: 'A page, or with `Accept: text/csv` or `application/x-ndjson` the whole list as a stream',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(WorkItemPageDto) } },
      'text/csv': { schema: { type: 'string', description: 'A line of headings, and a line for each work item' } },
      'application/x-ndjson': { schema: { $ref: getSchemaPath(WorkItemDto) } },
    },
  })
  @ApiResponse({ status: 406, description: 'There is none of the accepted media types: `not_acceptable`' })
  async list(
    @Query() query: WorkItemsQuery,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkItemPageDto | StreamableFile> {
    const type = preferredMediaType(request.headers.accept);
    if (type === null) throw notAcceptable();
    reply.header('vary', 'accept');
    // For HEAD nothing of an export would be read: it would run to its end for nobody.
    if (type === 'application/json' || request.method === 'HEAD') return this.search.list(query, principal);
    const { content, contentType, fileName } = await this.exports.open({
      query,
      principal,
      type,
      requestId: request.id,
    });
    return new StreamableFile(content, { type: contentType, disposition: `attachment; filename="${fileName}"` });
  }

  /**
   * One work item; its version is the ETag.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Get(':number')
  async get(
    @Param('number') number: string,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WorkItemDto> {
    const workItem = await this.search.get(number, principal);
    reply.header('etag', `"${workItem.version}"`);
    return workItem;
  }

  /**
   * What happened to it, in the order in which it became known; `at` is when it happened.
   * @param number Such as `INC0000001`, in any letter case
   */
  @Get(':number/timeline')
  timeline(@Param('number') number: string, @Query() query: TimelineQuery): Promise<TimelinePageDto> {
    return this.search.timeline(number, query);
  }
}

function notAcceptable(): DomainError {
  return new DomainError(406, 'not_acceptable', `The list can be had as ${MEDIA_TYPES.join(', ')}.`);
}
