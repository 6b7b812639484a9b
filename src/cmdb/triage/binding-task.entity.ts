import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { jsonColumn } from '../../common/json-column';
import type { TaskReason } from '../binding/binding-evidence.rules';
import type { Asked } from '../binding/bound-ci';

export const TASK_STATUSES = ['open', 'resolved', 'dismissed'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/**
 * A question to a person: which configuration item does this value name? One per work item and value. It is `resolved` once an item
 * was bound for it, by whomever, and `dismissed` once a person has said that there is nothing to bind; neither opens again.
 */
@Entity('binding_tasks')
@Index('uq_binding_tasks_value', ['workItemId', 'valueHash'], { unique: true })
@Index('ix_binding_tasks_value', ['valueHash', 'status'])
@Index('ix_binding_tasks_status', ['status', 'id'])
@Index('ix_binding_tasks_check', ['checkAt'])
@Index('ix_binding_tasks_reason', ['status', 'reason', 'id'])
@Index('ix_binding_tasks_number', ['workItemNumber', 'id'])
@Index('ix_binding_tasks_answer', ['answerId', 'id'])
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

  /** How the alerts asked, so that it can be looked for again; null in tasks from before this was kept. */
  @Column('longtext', { nullable: true, transformer: jsonColumn })
  asked: Asked | null;

  /** When it is to be looked for again; null = nothing has come since that might be the answer. */
  @Column('datetime', { precision: 3, nullable: true })
  checkAt: Date | null;

  /** The item that was the answer. */
  @Column('char', { length: 36, nullable: true })
  answerId: string | null;

  /** The person who answered or dismissed it, by name; null where it was the system, or nobody yet. */
  @Column('varchar', { length: 255, nullable: true })
  resolvedBy: string | null;
}
