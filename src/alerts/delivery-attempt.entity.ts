import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `first` = as it came, `replay` = an administrator had it done again, `dismissal` = an administrator gave it up. */
export const ATTEMPT_KINDS = ['first', 'replay', 'dismissal'] as const;
export type AttemptKind = (typeof ATTEMPT_KINDS)[number];

/**
 * One try at processing a delivery. A delivery that went well at once has no row: what its own row says is its one attempt.
 */
@Entity('delivery_attempts')
@Index('ix_delivery_attempts_delivery', ['deliveryId', 'id'])
export class DeliveryAttemptEntity {
  /** Sorts by the time of the attempt. */
  @PrimaryColumn({ type: 'char', length: 36 })
  id: string;

  @Column({ type: 'char', length: 36 })
  deliveryId: string;

  @Column({ type: 'datetime', precision: 3 })
  at: Date;

  /** `system`, or who asked for it: `user:<object id>`, `application:<application id>`. */
  @Column({ type: 'varchar', length: 150 })
  actor: string;

  @Column({ type: 'varchar', length: 200, nullable: true })
  actorName: string | null;

  @Column({ type: 'varchar', length: 16 })
  kind: AttemptKind;

  @Column({ type: 'varchar', length: 16 })
  outcome: string;

  /** Why it was refused or parked; `dismissed`. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  code: string | null;

  /** What failed, in a line without values; why it was given up. */
  @Column({ type: 'varchar', length: 1000, nullable: true })
  error: string | null;
}
