import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who does some work that all instances share, and until when nobody else may. A row stays when its lease is over. */
@Entity('leases')
export class LeaseEntity {
  /** What the work is called. */
  @PrimaryColumn({ type: 'varchar', length: 64 })
  name: string;

  /** The id that an instance gives itself at its start. */
  @Column({ type: 'char', length: 36 })
  holder: string;

  /** In the past: whoever comes first may take it. */
  @Column({ type: 'datetime', precision: 3 })
  expiresAt: Date;
}
