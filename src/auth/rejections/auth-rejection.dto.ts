import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../../common/pagination';
import { IsTime } from '../../common/validators';
import { REFUSAL_REASONS, type RefusalReason } from '../refusal';
import type { AuthRejectionEntity } from './auth-rejection.entity';

/** Filters of the refused calls; all that are given must hold. */
export class AuthRejectionsQuery extends PageQuery {
  /** Why it was refused. */
  @IsOptional()
  @IsIn(REFUSAL_REASONS)
  reason?: RefusalReason;

  /** Application id that the token names. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  appId?: string;

  /** Of the answer that the caller got. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  requestId?: string;

  /** Only calls at or after this time (ISO 8601). */
  @IsOptional()
  @IsTime()
  since?: Date;
}

/** One refused call. */
export class AuthRejectionDto {
  /** Sorts by time. */
  id: string;
  /** When it came. */
  occurredAt: Date;
  /** Why it was refused. */
  reason: string;
  /** The reason in words, with what was expected and what came. */
  detail: string;
  /** Of the answer that the caller got. */
  requestId: string;
  /** HTTP method. */
  method: string;
  /** Path without the query. */
  path: string;
  /** Where it came from. */
  remoteAddress: string;
  /** Application id that the token names. */
  appId: string | null;
  /** `oid` of the token. */
  oid: string | null;
  /** `tid` of the token. */
  tid: string | null;
  /** `roles` of the token. */
  roles: string[];
  /** Whether the token was good; if not, what it says need not be true. */
  verified: boolean;
}

/** One page of the refused calls, the newest first. */
export class AuthRejectionPageDto {
  /** The entries. */
  items: AuthRejectionDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
  /** Calls that this instance refused since its start without keeping them here, because they were too many. */
  dropped: number;
}

/** A refused call as the API shows it. */
export function toAuthRejectionDto({ objectId, tenantId, ...others }: AuthRejectionEntity): AuthRejectionDto {
  return { ...others, oid: objectId, tid: tenantId };
}
