import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { jsonColumn } from '../common/json-column';
import type { Actor } from './actor';

/** One change by someone, with what was before and after it; written in the transaction of the change. Never changed. */
@Entity('audit_events')
@Index('ix_audit_events_subject', ['subjectType', 'subjectId', 'id'])
@Index('ix_audit_events_actor', ['actorId', 'id'])
@Index('ix_audit_events_action', ['action', 'id'])
@Index('ix_audit_events_occurred_at', ['occurredAt'])
export class AuditEventEntity {
  /** Sorts by the time of the change. */
  @PrimaryColumn({ type: 'char', length: 36 })
  id: string;

  @Column({ type: 'datetime', precision: 3 })
  occurredAt: Date;

  @Column({ type: 'varchar', length: 16 })
  actorKind: Actor['kind'];

  @Column({ type: 'varchar', length: 100 })
  actorId: string;

  @Column({ type: 'varchar', length: 200, nullable: true })
  actorName: string | null;

  /** `allowed_app.created` */
  @Column({ type: 'varchar', length: 64 })
  action: string;

  @Column({ type: 'varchar', length: 64 })
  subjectType: string;

  @Column({ type: 'varchar', length: 100 })
  subjectId: string;

  /** null when the subject came into being. */
  @Column({ type: 'longtext', nullable: true, transformer: jsonColumn })
  valueBefore: object | null;

  /** null when the subject is gone. */
  @Column({ type: 'longtext', nullable: true, transformer: jsonColumn })
  valueAfter: object | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  requestId: string | null;
}
