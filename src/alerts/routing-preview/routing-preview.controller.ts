import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../../auth';
import { RoutingPreviewDto, RoutingPreviewRequestDto } from './routing-preview.dto';
import { RoutingPreviewService } from './routing-preview.service';

/** Trying routing rules out before they are in force. */
@ApiTags('administration')
@RequireRole('Manager')
@Controller('api/v1/admin/routing-rules/preview')
export class RoutingPreviewController {
  constructor(private readonly routing: RoutingPreviewService) {}

  /**
   * Shows what routing rules would do to deliveries, those of the request or stored ones, and does none of it. Each is looked at
   * as if it were the first of its kind: whether it would join a work item that is there is not asked, nor which scopes its
   * caller has.
   */
  @Post()
  @HttpCode(200)
  preview(@Body() request: RoutingPreviewRequestDto): Promise<RoutingPreviewDto> {
    return this.routing.preview(request);
  }
}
