import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, Length, Matches, MaxLength } from 'class-validator';
import { FitsColumn, IsGiven, IsPresent, IsTime } from '../../common/validators';
import { AllowedAppEntity } from './allowed-app.entity';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A subscription, or a resource group of one. Source: Azure Resource Manager, naming rules of resource groups. */
const SCOPE =
  /^\/subscriptions\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/resourceGroups\/[-\p{L}\p{N}_.()]{0,89}[-\p{L}\p{N}_()])?\/?$/iu;

class AllowedAppFields {
  /** Subscriptions or resource groups (ARM ids) that its alerts may be about; empty = the whole tenant. */
  @IsGiven()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(SCOPE, {
    each: true,
    message: 'each scope must be /subscriptions/{guid} or /subscriptions/{guid}/resourceGroups/{name}',
  })
  scopes?: string[];

  /** false = refused from now on. */
  @IsGiven()
  @IsBoolean()
  enabled?: boolean;

  /** Refused from this time on (ISO 8601; without a zone: UTC); null = never. */
  @IsPresent()
  @IsTime()
  expiresAt?: Date | null;

  /** For the next administrator. */
  @IsPresent()
  @IsString()
  @MaxLength(2_000)
  @FitsColumn(2_000)
  notes?: string | null;
}

/** What can be changed about a caller; fields that are left out stay as they are. */
export class AllowedAppChangesDto extends AllowedAppFields {
  /** What people call it. */
  @IsGiven()
  @IsString()
  @Length(1, 200)
  @FitsColumn(200)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;
}

/** A caller to allow. */
export class NewAllowedAppDto extends AllowedAppFields {
  /** Application (client) id: a GUID. */
  @IsString()
  @Matches(GUID, { message: 'appId must be a GUID' })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value))
  appId: string;

  /** What people call it. */
  @IsString()
  @Length(1, 200)
  @FitsColumn(200)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;
}

/** A caller: an application that may post alerts. */
export class AllowedAppDto {
  /** Of the entry. */
  id: string;
  /** Application (client) id. */
  appId: string;
  /** What people call it. */
  name: string;
  /** ARM ids that its alerts may be about; empty = the whole tenant. */
  scopes: string[];
  /** false = refused. */
  enabled: boolean;
  /** Refused from this time on; null = never. */
  expiresAt: Date | null;
  /** For the next administrator. */
  notes: string | null;
  /** When it last called with a good token; some seconds behind. */
  lastSeenAt: Date | null;
  /** Calls that were let in; some seconds behind. */
  acceptedCount: number;
  /** Calls with a good token that were refused; some seconds behind. */
  rejectedCount: number;
}

/** One page of the allowlist. */
export class AllowedAppPageDto {
  /** The entries, the oldest first. */
  items: AllowedAppDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** A caller as the API shows it. */
export function toAllowedAppDto(app: AllowedAppEntity): AllowedAppDto {
  const { id, appId, name, scopes, enabled, expiresAt, notes, lastSeenAt, acceptedCount, rejectedCount } = app;
  return { id, appId, name, scopes, enabled, expiresAt, notes, lastSeenAt, acceptedCount, rejectedCount };
}

/** The columns that a request sets; absent fields are left out. A body of `null`, or none at all, sets nothing. */
export function columnsOf(changes: AllowedAppChangesDto | null | undefined): Partial<AllowedAppEntity> {
  return Object.fromEntries(Object.entries(changes ?? {}).filter(([, value]) => value !== undefined));
}
