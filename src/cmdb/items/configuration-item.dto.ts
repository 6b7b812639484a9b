import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { PageQuery } from '../../common/pagination';
import { AsSent, IsListOf, IsTextList, IsTime } from '../../common/validators';
import { CI_STATUSES, type CiStatus, type FieldSources } from './item-fields.rules';
import type { ItemRecord } from './configuration-item.entity';
import { isTags } from './tags.rules';

/** A configuration item to put into the CMDB. Needs a name or a resource id; most of the rest follows from the resource id. */
export class NewConfigurationItemDto {
  /** Defaults to the last segment of the resource id. */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  name?: string | null;

  /** Defaults to the class of the resource type. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  className?: string | null;

  /** ARM id; compares without regard to case. */
  @IsOptional()
  @IsString()
  @MaxLength(8_000)
  resourceId?: string | null;

  /** Such as `microsoft.compute/virtualmachines`; of an item with a resource id it follows from that. */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  resourceType?: string | null;

  /** Of an item with a resource id it follows from that. */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  subscriptionId?: string | null;

  /** Of an item with a resource id it follows from that. */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  resourceGroup?: string | null;

  /** Such as `westeurope`. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  location?: string | null;

  /** Such as `prod`. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  environment?: string | null;

  /** 1 (most critical) to 3; null = not known. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3)
  criticality?: number | null;

  /** Who answers for it. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  owner?: string | null;

  /** Who looks after it. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  supportGroup?: string | null;

  /** A retired item is bound to nothing new. */
  @IsOptional()
  @IsIn(CI_STATUSES)
  status?: CiStatus | null;

  /** Names and texts. */
  @IsOptional()
  @AsSent()
  @IsTags()
  tags?: Record<string, string> | null;

  /** Other ARM ids, FQDNs, host names and IP addresses by which alerts may name it. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 2_048, { each: true })
  aliases?: string[] | null;
}

/** A thing in the CMDB. */
export class ConfigurationItemDto {
  id: string;
  name: string;
  className: string;
  /** ARM id as first seen. */
  resourceId: string | null;
  /** Lower case. */
  resourceType: string | null;
  subscriptionId: string | null;
  resourceGroup: string | null;
  location: string | null;
  environment: string | null;
  /** 1 (most critical) to 3; null = not known. */
  criticality: number | null;
  /** Who answers for it. */
  owner: string | null;
  /** Who looks after it. */
  supportGroup: string | null;
  /** operational, maintenance or retired */
  status: CiStatus;
  /** Made by an alert whose resource the CMDB did not hold; nobody has looked at it yet. */
  stub: boolean;
  tags: Record<string, string>;
  /** Other ARM ids, FQDNs, host names and IP addresses by which alerts may name it. */
  aliases: string[];
  /** Who said what a field holds: `person`, `import` or `stub`. What is not named follows from the resource id. */
  @ApiProperty({ type: 'object', additionalProperties: { enum: ['person', 'import', 'stub'] } })
  fieldSources: FieldSources;
  /** When an import or an alert first told of it. */
  firstSeenAt: Date | null;
  /** When one did last; of alerts, to the day. */
  lastSeenAt: Date | null;
  /** Of a stub that turned out to be another item: that one. */
  mergedIntoId: string | null;
  /** Counts changes; the ETag. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** One page of configuration items, the oldest first. */
export class ConfigurationItemPageDto {
  items: ConfigurationItemDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** Filters of the list; all that are given must hold, a list value holds if any of its values does. */
export class ConfigurationItemsQuery extends PageQuery {
  /** Part of the name, the resource id or an alias. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  q?: string;

  /** ARM id, in any case. */
  @IsOptional()
  @IsString()
  @MaxLength(8_000)
  resourceId?: string;

  /** Such as `cmdb_ci_vm_instance`, in exactly this case. */
  @IsTextList()
  className?: string[];

  /** In any case. */
  @IsTextList()
  resourceType?: string[];

  /** Whether it is in use. Stubs that have become part of another item are retired ones, listed only where this asks for them. */
  @IsListOf(CI_STATUSES)
  status?: CiStatus[];

  /** true = only stubs, false = no stubs. */
  @IsOptional()
  @Transform(({ obj }: { obj: { stub?: unknown } }) => flagOf(obj.stub))
  @IsBoolean()
  stub?: boolean;

  /** In any case. */
  @IsTextList()
  subscriptionId?: string[];

  /** Told of by imports or alerts before this time, and never since: the longest unseen first. Retired ones only where `status` asks for them. */
  @IsOptional()
  @IsTime()
  seenBefore?: Date;

  /** The same, told in days. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3_650)
  notSeenForDays?: number;
}

/** A configuration item as the API shows it. */
export function toConfigurationItemDto(item: ItemRecord): ConfigurationItemDto {
  const { nameKey: _name, canonicalKeyHash: _hash, searchText: _text, ...known } = item;
  const {
    uniqueIdHash: _uniqueId,
    mergeDueAt: _due,
    refusedAliases: _refused,
    aliases,
    fieldSources,
    ...shown
  } = known;
  return { ...shown, aliases: aliases.map(({ value }) => value), fieldSources: fieldSources ?? {} };
}

function IsTags(): PropertyDecorator {
  return ValidateBy({
    name: 'isTags',
    validator: { validate: isTags, defaultMessage: () => 'tags must be an object whose values are texts' },
  });
}

/** What is neither stays as it is, and fails its check. */
function flagOf(value: unknown): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}
