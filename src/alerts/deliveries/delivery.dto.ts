import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import type { FieldError } from '../../common/errors';
import { PageQuery } from '../../common/pagination';
import { IsGiven, IsListOf, IsTime } from '../../common/validators';
import { ATTEMPT_KINDS, type AttemptKind } from '../delivery-attempt.entity';
import { DELIVERY_STATUSES, type DeliveryEntity, type DeliveryStatus } from '../delivery.entity';
import { DELIVERY_OUTCOMES } from '../ingest/ingest-state';
import type { Attempt } from './attempts';
import type { DeliverySummary } from './delivery-store';

/** One HTTP call of an action group, without its body. */
export class DeliveryDto {
  id: string;
  receivedAt: Date;
  @ApiProperty({ enum: DELIVERY_STATUSES })
  status: DeliveryStatus;
  /** What the caller was told, or what a replay came to. */
  outcome: string | null;
  /** Why it was refused or parked. */
  code: string | null;
  /** The first delivery that this one repeats; it may be kept no longer. */
  duplicateOf: string | null;
  alertId: string | null;
  callerAppId: string | null;
  requestId: string | null;
  /** When its payload was removed, for its time was over; null while it is kept. */
  payloadRemovedAt: Date | null;
}

/** Who had it tried. */
export class AttemptActorDto {
  /** `system`, `user` or `application` */
  kind: string;
  /** Object id of a user, application id; null for the system. */
  id: string | null;
  /** As known when it happened. */
  name: string | null;
}

/** One try at processing a delivery, or that it was given up. */
export class DeliveryAttemptDto {
  at: Date;
  by: AttemptActorDto;
  /** `first` as it came · `replay` an administrator had it done again · `dismissal` an administrator gave it up */
  @ApiProperty({ enum: ATTEMPT_KINDS })
  kind: AttemptKind;
  /** What it came to. */
  outcome: string;
  /** Why it was refused or parked; `dismissed`. */
  code: string | null;
  /** What failed, in one line, without values and secrets; why it was given up. */
  error: string | null;
}

/** A faulty field. */
export class FieldErrorDto implements FieldError {
  path: string;
  message: string;
}

/** A delivery with its body, redacted, and all that was tried. */
export class DeliveryDetailDto extends DeliveryDto {
  /** As it came, redacted; null once it was removed. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  payload: unknown;
  /** Every faulty field. */
  errors: FieldErrorDto[] | null;
  /** What failed at the last attempt, or why it was given up; null if nothing did. */
  error: string | null;
  /** The oldest first. */
  attempts: DeliveryAttemptDto[];
}

/** A page of deliveries. */
export class DeliveryPageDto {
  items: DeliveryDto[];
  nextCursor: string | null;
}

/** What deliveries are found by, in a list and for a replay; what is given must hold. */
export class DeliveryFilterDto {
  /** Why it was refused or parked. */
  @IsGiven()
  @IsString()
  @MaxLength(64)
  code?: string;

  /** Application id of who posted it. */
  @IsGiven()
  @LowerCased()
  @IsUUID()
  callerAppId?: string;

  /** Only deliveries at or after this time (ISO 8601). */
  @IsGiven()
  @IsTime()
  receivedAfter?: Date;

  /** Only deliveries before this time (ISO 8601). */
  @IsGiven()
  @IsTime()
  receivedBefore?: Date;
}

/** Filters of the list of deliveries; those given must all hold. */
export class DeliveriesQuery extends IntersectionType(PageQuery, DeliveryFilterDto) {
  /** Any of these. */
  @IsListOf(DELIVERY_STATUSES)
  status?: DeliveryStatus[];

  /** What the caller was told. */
  @IsOptional()
  @IsIn(DELIVERY_OUTCOMES)
  outcome?: string;

  /** Id of the alert that it tells of. */
  @IsOptional()
  @LowerCased()
  @IsUUID()
  alertId?: string;
}

/** A delivery as lists show it. */
export function toDeliveryDto(row: DeliverySummary): DeliveryDto {
  const { id, receivedAt, status, outcome, code, duplicateOf, alertId, callerAppId, requestId } = row;
  const { payloadRemovedAt } = row;
  return { id, receivedAt, status, outcome, code, duplicateOf, alertId, callerAppId, requestId, payloadRemovedAt };
}

/** A delivery with its body, its faults and its attempts. */
export function toDeliveryDetailDto(row: DeliveryEntity, attempts: readonly Attempt[]): DeliveryDetailDto {
  const payload = row.body === '' ? null : (JSON.parse(row.body) as unknown);
  const error = attempts.at(-1)?.error ?? null;
  return Object.assign(toDeliveryDto(row), {
    payload,
    errors: row.errors,
    error,
    attempts: attempts.map(toAttemptDto),
  });
}

function toAttemptDto({ at, actor, actorName, kind, outcome, code, error }: Attempt): DeliveryAttemptDto {
  const [actorKind = 'system', id = null] = actor.split(':', 2);
  return { at, by: { kind: actorKind, id, name: actorName }, kind, outcome, code, error };
}

/** Ids are kept in lower case. */
function LowerCased(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value));
}
