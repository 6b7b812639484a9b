import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../../auth';
import { RoutingPreviewDto, RoutingPreviewRequestDto } from './routing-preview.dto';
import { RoutingPreviewService } from './routing-preview.service';

/** Trying routing rules out before they are in force. */
@ApiTags('administration')
@RequireRole('Manager')
@Controller('api/v1/admin/routing-rules/preview')
export class RoutingPreviewController {
  constructor(private readonly routing: RoutingPreviewService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Shows what routing rules would do to deliveries, and does none of it.',
    description:
      'Of the request, or stored ones. Each is looked at as if it were the first of its kind: whether it would join a work item that is there is not asked. A stored one is read as if its caller posted it now, one of the request as if Azure Monitor did.',
  })
  preview(@Body() request: RoutingPreviewRequestDto): Promise<RoutingPreviewDto> {
    return this.routing.preview(request);
  }
}
