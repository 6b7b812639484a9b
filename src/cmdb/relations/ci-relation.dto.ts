import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { PageQuery } from '../../common/pagination';
import { FitsColumn, IsListOf } from '../../common/validators';
import { CI_STATUSES, type CiStatus } from '../items/item-fields.rules';
import { RELATION_KINDS, RELATION_TYPES, type RelationType } from './relation-types.rules';

/** Whether the item that is asked about is the source of a relation or its target. */
export const DIRECTIONS = ['outgoing', 'incoming'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Filters of an item's relations. */
export class CiRelationsQuery extends PageQuery {
  /** How they relate, read from source to target. */
  @IsListOf(RELATION_TYPES)
  type?: RelationType[];

  /** From the item, or to it. */
  @IsListOf(DIRECTIONS)
  direction?: Direction[];
}

/** A relation to set, from the item in the path to another one. */
export class NewCiRelationDto {
  /** Read from the item in the path: it `runs_on` the target. */
  @ApiProperty({ enum: RELATION_TYPES })
  @IsIn(RELATION_TYPES)
  type: RelationType;

  /** Id of the other item; or else give its `targetResourceId`. */
  @IsOptional()
  @IsString()
  @MaxLength(36)
  targetId?: string | null;

  /** ARM id of the other item. */
  @IsOptional()
  @IsString()
  @MaxLength(8_000)
  targetResourceId?: string | null;

  /** Of `depends_on` and `runs_on`: targets of one group stand in for each other, so the item fails with the last of them. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @FitsColumn(100)
  redundancyGroup?: string | null;
}

/** The item at the other end of a relation. */
export class RelatedItemDto {
  id: string;
  name: string;
  className: string;
  resourceId: string | null;
  /** 1 is the most critical, 3 the least; null = nobody said. */
  criticality: number | null;
  @ApiProperty({ enum: CI_STATUSES })
  status: CiStatus;
}

/** An item that a relation names and that the CMDB does not have. */
export class MissingItemDto {
  resourceId: string;
}

/** One relation, as seen from one of its items. */
export class CiRelationDto {
  id: string;
  @ApiProperty({ enum: RELATION_TYPES })
  type: RelationType;
  /** `outgoing`: the item that was asked about is its source. */
  @ApiProperty({ enum: DIRECTIONS })
  direction: Direction;
  /** How it reads from the item that was asked about: the type, or its inverse. */
  label: string;
  /** Null while the CMDB lacks it. */
  @ApiProperty({ type: RelatedItemDto, nullable: true })
  item: RelatedItemDto | null;
  /** What is known of an item that the CMDB lacks; null where it has it. */
  @ApiProperty({ type: MissingItemDto, nullable: true })
  missing: MissingItemDto | null;
  redundancyGroup: string | null;
  /** What an import has set goes when it no longer names it; people can't take it away. */
  @ApiProperty({ enum: ['person', 'import'] })
  setBy: 'person' | 'import';
  /** Who; null where nobody is on record. */
  createdBy: string | null;
  createdAt: Date;
}

/** One page of relations, the oldest first. */
export class CiRelationPageDto {
  items: CiRelationDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** How a relation of this type reads from one of its ends. */
export function labelOf(type: RelationType, direction: Direction): string {
  return direction === 'outgoing' ? type : RELATION_KINDS[type].inverse;
}
