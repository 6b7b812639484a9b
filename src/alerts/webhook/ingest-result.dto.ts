import type { IngestResult } from '../ingest/ingest.service';
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../ingest/ingest-state';
import { ApiProperty } from '@nestjs/swagger';
import { WORK_ITEM_STATES, WORK_ITEM_TYPES } from '../../work-items/lifecycle.rules';

/** A work item that a delivery touched. */
export class TouchedWorkItemDto {
  /** Such as `INC0000001`. */
  number: string;

  @ApiProperty({ enum: WORK_ITEM_TYPES })
  type: string;

  @ApiProperty({ enum: WORK_ITEM_STATES })
  state: string;
}

/** What became of a delivery; it is committed when this is answered. */
export class IngestResultDto {
  deliveryId: string;

  /**
   * `created` a work item was opened · `updated` joined to a live one · `reopened` a resolved one lives again · `resolved` a
   * work item was resolved by it · `recorded` stored, no work item by rule, or a Resolved that nothing matches · `duplicate` the
   * same delivery again · `stale` older than what is known already
   */
  @ApiProperty({ enum: DELIVERY_OUTCOMES })
  outcome: DeliveryOutcome;

  alertId: string;

  workItems: TouchedWorkItemDto[];
}

/** A delivery that is kept and will be processed later. */
export class KeptDeliveryDto {
  deliveryId: string;

  @ApiProperty({ enum: ['spooled', 'parked'] })
  outcome: string;
}

/** The HTTP status and body for the result of a delivery. */
export function answerOf(result: IngestResult): { status: 200 | 202; body: IngestResultDto | KeptDeliveryDto } {
  const { deliveryId, outcome, alertId, workItems } = result;
  if (outcome === 'parked' || outcome === 'spooled' || outcome === 'rejected' || alertId === null)
    return { status: 202, body: { deliveryId, outcome } };
  return { status: 200, body: { deliveryId, outcome, alertId, workItems } };
}
