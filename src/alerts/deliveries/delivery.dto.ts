import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { FieldError } from '../../common/errors';
import { PageQuery } from '../../common/pagination';
import { DELIVERY_STATUSES, type DeliveryEntity, type DeliveryStatus } from '../delivery.entity';

/** One HTTP call of an action group, without its body. */
export class DeliveryDto {
  id: string;
  receivedAt: Date;
  @ApiProperty({ enum: DELIVERY_STATUSES })
  status: DeliveryStatus;
  /** What the caller was told. */
  outcome: string | null;
  /** Why it was refused or parked. */
  code: string | null;
  /** The first delivery that this one repeats. */
  duplicateOf: string | null;
  alertId: string | null;
  callerAppId: string | null;
  requestId: string | null;
}

/** A delivery with its body, redacted. */
export class DeliveryDetailDto extends DeliveryDto {
  /** As it came, redacted. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  payload: unknown;
  /** Every faulty field. */
  errors: FieldErrorDto[] | null;
}

/** A faulty field. */
export class FieldErrorDto implements FieldError {
  path: string;
  message: string;
}

/** A page of deliveries. */
export class DeliveryPageDto {
  items: DeliveryDto[];
  nextCursor: string | null;
}

/** Filter of the list of deliveries. */
export class DeliveriesQuery extends PageQuery {
  /** What became of it. */
  @IsOptional()
  @IsIn(DELIVERY_STATUSES)
  status?: DeliveryStatus;
}

/** A delivery as lists show it. */
export function toDeliveryDto(row: DeliveryEntity): DeliveryDto {
  const { id, receivedAt, status, outcome, code, duplicateOf, alertId, callerAppId, requestId } = row;
  return { id, receivedAt, status, outcome, code, duplicateOf, alertId, callerAppId, requestId };
}

/** A delivery with its body and its faults. */
export function toDeliveryDetailDto(row: DeliveryEntity): DeliveryDetailDto {
  return Object.assign(toDeliveryDto(row), { payload: JSON.parse(row.body) as unknown, errors: row.errors });
}
