import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { jsonColumn } from '../common/json-column';

/** One step in the life of a work item, with its reason; written in the transaction of the step itself. */
@Entity('timeline_entries')
@Index('ix_timeline_entries_work_item', ['workItemId', 'id', 'kind'])
export class TimelineEntryEntity {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id: number;

  @Column({ type: 'integer' })
  workItemId: number;

  @Column({ type: 'varchar', length: 32 })
  kind: string;

  /** When it happened, in the payload's time where a delivery tells of it. */
  @Column({ type: 'datetime', precision: 3 })
  at: Date;

  /** When it was written. */
  @Column({ type: 'datetime', precision: 3 })
  recordedAt: Date;

  @Column({ type: 'varchar', length: 200 })
  actor: string;

  @Column({ type: 'varchar', length: 500 })
  summary: string;

  @Column({ type: 'char', length: 36, nullable: true })
  deliveryId: string | null;

  @Column({ type: 'longtext', nullable: true, transformer: jsonColumn })
  detail: Record<string, unknown> | null;
}
