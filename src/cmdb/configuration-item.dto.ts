import { Transform } from 'class-transformer';
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
import { PageQuery } from '../common/pagination';
import { IsListOf, IsTextList } from '../common/validators';
import { CI_STATUSES, type CiStatus, type ConfigurationItem } from './configuration-item.entity';

/** Azure allows tag names of 512 and values of 256 characters; some room for other sources. */
const MAX_TAG = 1_024;

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
  /** Who looks after it. */
  supportGroup: string | null;
  /** operational, maintenance or retired */
  status: CiStatus;
  /** Made by an alert whose resource the CMDB did not hold; nobody has looked at it yet. */
  stub: boolean;
  tags: Record<string, string>;
  /** Other ARM ids, FQDNs, host names and IP addresses by which alerts may name it. */
  aliases: string[];
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

  /** Whether it is in use. */
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
}

/** A configuration item as the API shows it. */
export function toConfigurationItemDto(item: ConfigurationItem): ConfigurationItemDto {
  const { nameKey: _name, canonicalKeyHash: _hash, ...shown } = item;
  return shown;
}

function IsTags(): PropertyDecorator {
  return ValidateBy({
    name: 'isTags',
    validator: { validate: isTags, defaultMessage: () => 'tags must be an object whose values are texts' },
  });
}

function isTags(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const tags = Object.entries(value as Record<string, unknown>);
  return tags.length <= 100 && tags.every(([name, text]) => isTagText(name) && isTagText(text));
}

function isTagText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_TAG;
}

/** What is neither stays as it is, and fails its check. */
function flagOf(value: unknown): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}
