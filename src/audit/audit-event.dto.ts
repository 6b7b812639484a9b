import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../common/pagination';
import { IsTime } from '../common/validators';
import type { AuditEventEntity } from './audit-event.entity';

/** Filters of the audit trail; all that are given must hold. */
export class AuditEventsQuery extends PageQuery {
  /** Id of the user or application that acted. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  actorId?: string;

  /** Such as `allowed_app.changed`. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  action?: string;

  /** Such as `allowed_app`. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  subjectType?: string;

  /** Id of what was changed. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  subjectId?: string;

  /** Only changes at or after this time (ISO 8601). */
  @IsOptional()
  @IsTime()
  since?: Date;

  /** Only changes before this time (ISO 8601). */
  @IsOptional()
  @IsTime()
  until?: Date;
}

/** Who acted. */
export class AuditActorDto {
  /** user, application or system */
  kind: string;
  /** Object id of a user, application id, or the name of the rule. */
  id: string;
  /** As known when it happened. */
  name: string | null;
}

/** What was changed. */
export class AuditSubjectDto {
  /** Such as `allowed_app`. */
  type: string;
  /** Its id. */
  id: string;
}

/** One change by someone. */
export class AuditEventDto {
  /** Sorts by time. */
  id: string;
  /** When it was done. */
  occurredAt: Date;
  /** Who did it. */
  actor: AuditActorDto;
  /** What was done, such as `allowed_app.changed`. */
  action: string;
  /** What it was done to. */
  subject: AuditSubjectDto;
  /** null when the subject came into being. */
  before: object | null;
  /** null when the subject is gone. */
  after: object | null;
  /** Of the request that did it. */
  requestId: string | null;
}

/** One page of the audit trail, the newest first. */
export class AuditEventPageDto {
  /** The entries. */
  items: AuditEventDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** An audit event as the API shows it. */
export function toAuditEventDto(event: AuditEventEntity): AuditEventDto {
  return {
    id: event.id,
    occurredAt: event.occurredAt,
    actor: { kind: event.actorKind, id: event.actorId, name: event.actorName },
    action: event.action,
    subject: { type: event.subjectType, id: event.subjectId },
    before: event.valueBefore,
    after: event.valueAfter,
    requestId: event.requestId,
  };
}
