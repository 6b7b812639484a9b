import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '../../auth';
import { DeliveriesService } from './deliveries.service';
import { DeliveriesQuery, DeliveryDetailDto, DeliveryPageDto } from './delivery.dto';

/** What action groups have sent, accepted or not. */
@ApiTags('administration')
@RequireRole('Admin')
@Controller('api/v1/admin/deliveries')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveriesService) {}

  /** Lists deliveries, the newest first; `status=parked,rejected` shows what a replay may mend. */
  @Get()
  list(@Query() query: DeliveriesQuery): Promise<DeliveryPageDto> {
    return this.deliveries.list(query);
  }

  /**
   * One delivery with its body (redacted), every fault found in it, and every attempt.
   * @param id As the caller was told, `deliveryId`
   */
  @Get(':id')
  get(@Param('id') id: string): Promise<DeliveryDetailDto> {
    return this.deliveries.get(id);
  }
}
