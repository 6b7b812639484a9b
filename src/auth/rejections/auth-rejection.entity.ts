import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { jsonColumn } from '../../common/json-column';
import type { RefusalReason } from '../refusal';

/** One refused call, for the administrator who is asked why. Holds no token. */
@Entity('auth_rejections')
@Index('ix_auth_rejections_reason', ['reason', 'id'])
@Index('ix_auth_rejections_app_id', ['appId', 'id'])
@Index('ix_auth_rejections_request_id', ['requestId'])
@Index('ix_auth_rejections_occurred_at', ['occurredAt'])
export class AuthRejectionEntity {
  /** Sorts by time. */
  @PrimaryColumn({ type: 'char', length: 36 })
  id: string;

  @Column({ type: 'datetime', precision: 3 })
  occurredAt: Date;

  @Column({ type: 'varchar', length: 32 })
  reason: RefusalReason;

  @Column({ type: 'varchar', length: 500 })
  detail: string;

  @Column({ type: 'varchar', length: 100 })
  requestId: string;

  @Column({ type: 'varchar', length: 16 })
  method: string;

  /** Without the query. */
  @Column({ type: 'varchar', length: 500 })
  path: string;

  @Column({ type: 'varchar', length: 64 })
  remoteAddress: string;

  /** What the token says, as far as it could be read. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  appId: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  objectId: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  tenantId: string | null;

  @Column({ type: 'longtext', transformer: jsonColumn })
  roles: string[];

  /** Whether the token was good, so that what it says is true. */
  @Column({ type: 'boolean' })
  verified: boolean;
}
