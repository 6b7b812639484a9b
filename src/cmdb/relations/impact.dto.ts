import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { CI_STATUSES, type CiStatus } from '../items/item-fields.rules';
import { DEFAULT_DEPTH, MAX_DEPTH } from './impact-walk.rules';

/** How far to follow. */
export class ImpactQuery {
  /** Relations that a failure is followed. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_DEPTH, default: DEFAULT_DEPTH })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_DEPTH)
  depth: number = DEFAULT_DEPTH;
}

/** The item that fails. */
export class FailingItemDto {
  id: string;
  name: string;
  className: string;
  /** 1 is the most critical, 3 the least; null = nobody said. */
  criticality: number | null;
  /** What has retired hits nothing. */
  @ApiProperty({ enum: CI_STATUSES })
  status: CiStatus;
}

/** One item on the way, from the one that fails. */
export class ImpactStepDto {
  id: string;
  name: string;
  /** How it relates to the one before; null of the one that fails. */
  relation: string | null;
}

/** An item that fails too. */
export class HitItemDto {
  id: string;
  name: string;
  className: string;
  criticality: number | null;
  /** Relations from the one that fails. */
  depth: number;
  /** The shortest way. */
  @ApiProperty({ type: [ImpactStepDto] })
  path: readonly ImpactStepDto[];
}

/** An item that loses some of what stands in for each other, and goes on with the rest. */
export class DegradedItemDto {
  id: string;
  name: string;
  className: string;
  criticality: number | null;
  /** How it relates to the members. */
  relation: string;
  /** Null of what has members of its own, such as a pool. */
  redundancyGroup: string | null;
  hitMembers: number;
  /** Those in use; what the CMDB lacks counts. */
  members: number;
}

/** The most critical item that fails too. */
export class WorstHitDto {
  criticality: number;
  id: string;
  name: string;
  @ApiProperty({ type: [ImpactStepDto] })
  path: readonly ImpactStepDto[];
}

/** Who is hit if an item fails. */
export class ImpactDto {
  start: FailingItemDto;
  /** The most critical first, then the nearest, then by name. */
  hit: HitItemDto[];
  degraded: DegradedItemDto[];
  /** Null where nobody has said of any how critical it is. */
  @ApiProperty({ type: WorstHitDto, nullable: true })
  worst: WorstHitDto | null;
  /** More are hit than are told. */
  truncated: boolean;
  /** How far it was followed at most. */
  depth: number;
}
