import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { TaskReason } from './binding-evidence.rules';
import { jsonColumn } from '../common/json-column';

export const TASK_STATUSES = ['open', 'resolved'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** A question to a person: which configuration item does this value name? One per work item and value. */
@Entity('binding_tasks')
@Index('uq_binding_tasks_value', ['workItemId', 'valueHash'], { unique: true })
@Index('ix_binding_tasks_value', ['valueHash', 'status'])
@Index('ix_binding_tasks_status', ['status', 'id'])
export class BindingTask {
  @PrimaryColumn('char', { length: 36 })
  id: string;

  @Column('integer')
  workItemId: number;

  /** Kept beside the id, for the CMDB knows no work items. */
  @Column('varchar', { length: 20 })
  workItemNumber: string;

  /** SHA-256 of the value in lower case: the same question, however it was written. */
  @Column('char', { length: 64 })
  valueHash: string;

  /** As the payload spelled it. */
  @Column('longtext')
  value: string;

  @Column('varchar', { length: 255 })
  source: string;

  @Column('varchar', { length: 10 })
  status: TaskStatus;

  @Column('varchar', { length: 10 })
  reason: TaskReason;

  @Column('longtext', { transformer: jsonColumn })
  candidateIds: string[];

  @Column('datetime', { precision: 3 })
  createdAt: Date;

  @Column('datetime', { precision: 3, nullable: true })
  resolvedAt: Date | null;
}
