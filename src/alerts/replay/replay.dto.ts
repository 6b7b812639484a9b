import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsBoolean,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsGiven, IsListOf } from '../../common/validators';
import { DeliveryFilterDto, FieldErrorDto } from '../deliveries/delivery.dto';
import { DELIVERY_STATUSES, type DeliveryStatus } from '../delivery.entity';
import { DELIVERY_OUTCOMES } from '../ingest/ingest-state';
import { RoutingPreviewItemDto } from '../routing-preview/routing-preview.dto';

/** `skipped` = its payload is no longer kept, so that there is nothing to read again, it was given up meanwhile, or the replay itself failed. */
export const REPLAY_OUTCOMES = [...DELIVERY_OUTCOMES, 'rejected', 'parked', 'skipped'] as const;
export type ReplayOutcome = (typeof REPLAY_OUTCOMES)[number];

/** How a delivery is to be replayed. */
export class ReplayRequestDto {
  /** Only say what would happen, and write nothing. */
  @IsGiven()
  @IsBoolean()
  dryRun?: boolean;
}

/** Why a delivery is given up. */
export class DeliveryDismissalDto {
  /** For its attempts and the audit trail. */
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500 })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string | null;
}

/** What there may be something to replay of. */
export const REPLAYABLE = ['parked', 'rejected'] as const;

/** Which deliveries are replayed; what is given must hold. */
export class ReplayFilterDto extends DeliveryFilterDto {
  /** Any of these; both if it is absent. */
  @ApiProperty({ enum: REPLAYABLE, isArray: true, required: false })
  @IsListOf(REPLAYABLE)
  @ArrayNotEmpty()
  status?: (typeof REPLAYABLE)[number][];
}

/** Which deliveries are to be replayed, and how. */
export class BulkReplayRequestDto extends ReplayRequestDto {
  /** `{}` takes all that are parked or rejected, but for those that were given up: these are of `code` `dismissed`. */
  @IsObject()
  @ValidateNested()
  @Type(() => ReplayFilterDto)
  filter: ReplayFilterDto;

  /** Deliveries a call. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 1_000, default: 100, required: false })
  @IsGiven()
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit?: number;

  /** `nextCursor` of the call before; opaque. With null, as with none, it begins at the first. */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  cursor?: string | null;
}

/** A work item that a replay touches. */
export class ReplayedWorkItemDto {
  /** null for one that would be opened. */
  number: string | null;
  type: string;
  state: string;
}

/** What the record says of a delivery. */
export class DeliveryStandingDto {
  @ApiProperty({ enum: DELIVERY_STATUSES })
  status: DeliveryStatus;
  outcome: string | null;
  code: string | null;
  /** Its number; `(new)` for one that would be opened. */
  workItem: string | null;
}

/** What a replay came to, or would come to. */
export class ReplayResultDto {
  deliveryId: string;
  dryRun: boolean;
  /** As for a delivery that comes; besides `rejected`, `parked` (the pipeline fails on it still; what was given up stays so) and `skipped` */
  @ApiProperty({ enum: REPLAY_OUTCOMES })
  outcome: ReplayOutcome;
  /** Why it is refused, parked or skipped. */
  code: string | null;
  /** Every faulty field of one that is refused. */
  errors: FieldErrorDto[] | null;
  /** What failed, where it is parked. */
  error: string | null;
  alertId: string | null;
  workItems: ReplayedWorkItemDto[];
  /** As it was on record. */
  before: DeliveryStandingDto;
  /** As it is on record now, or would be. */
  after: DeliveryStandingDto;
  /** Which of these differ; of one that was processed, `workItem` if today's rules open one and there is none, or the other way round. */
  differs: string[];
  /** What the rules of today do to it, as in a routing preview; of a dry run of a single delivery only. */
  foreseen: RoutingPreviewItemDto | null;
}

/** What the replay of many came to. */
export class BulkReplayDto {
  dryRun: boolean;
  /** In the order of their arrival. */
  items: ReplayResultDto[];
  /** How many had each outcome. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' } })
  counts: Record<string, number>;
  /** Where to go on; null if there are no more. */
  nextCursor: string | null;
  /** How many come behind these; 10,001 = more than 10,000. At least so many where the database can't be asked. */
  remaining: number;
}
