import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { FieldError } from '../common/errors';
import { jsonColumn } from '../common/json-column';

/** Where a delivery stands; one that is `parked` or `spooled` is still to be processed. */
export const DELIVERY_STATUSES = ['processed', 'duplicate', 'rejected', 'parked', 'spooled'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One HTTP call of an action group, kept as it came (redacted), whether it was accepted, a duplicate or refused. */
@Entity('deliveries')
@Index('ix_deliveries_status', ['status', 'receivedAt', 'id'])
@Index('ix_deliveries_received', ['receivedAt', 'id'])
@Index('ix_deliveries_code', ['code', 'receivedAt', 'id'])
@Index('ix_deliveries_caller', ['callerAppId', 'receivedAt', 'id'])
@Index('ix_deliveries_outcome', ['outcome', 'receivedAt', 'id'])
@Index('ix_deliveries_payload', ['payloadRemovedAt', 'status', 'receivedAt'])
export class DeliveryEntity {
  @PrimaryColumn({ type: 'char', length: 36 })
  id: string;

  @Column({ type: 'datetime', precision: 3 })
  receivedAt: Date;

  @Column({ type: 'varchar', length: 16 })
  status: DeliveryStatus;

  /** What became of it, as the caller was told. */
  @Column({ type: 'varchar', length: 16, nullable: true })
  outcome: string | null;

  /** Why it was refused or parked. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  code: string | null;

  /** Which delivery; null on repeats, so that the unique index holds the first one only. */
  @Index('ux_deliveries_dedup', { unique: true })
  @Column({ type: 'char', length: 64, nullable: true })
  dedupKey: string | null;

  @Column({ type: 'char', length: 36, nullable: true })
  duplicateOf: string | null;

  @Index('ix_deliveries_alert')
  @Column({ type: 'char', length: 36, nullable: true })
  alertId: string | null;

  @Column({ type: 'integer', nullable: true })
  workItemId: number | null;

  @Column({ type: 'char', length: 36, nullable: true })
  callerAppId: string | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  requestId: string | null;

  /** The body as it came, redacted; empty once it was removed. */
  @Column({ type: 'longtext' })
  body: string;

  /** When the body was removed, for its time was over; null while it is kept. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  payloadRemovedAt: Date | null;

  @Column({ type: 'longtext', nullable: true, transformer: jsonColumn })
  errors: FieldError[] | null;
}
