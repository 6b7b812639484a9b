import { Entity, Index, PrimaryColumn } from 'typeorm';

/** A key whose item would answer an open binding task: an item that gets it lets the task be looked at again. */
@Entity('binding_task_keys')
@Index('ix_binding_task_keys_task', ['taskId'])
export class BindingTaskKey {
  /** As in `ci_keys`, or the hash of an ARM id's canonical key. */
  @PrimaryColumn('char', { length: 64, primaryKeyConstraintName: 'pk_binding_task_keys' })
  keyHash: string;

  @PrimaryColumn('char', { length: 36, primaryKeyConstraintName: 'pk_binding_task_keys' })
  taskId: string;
}
