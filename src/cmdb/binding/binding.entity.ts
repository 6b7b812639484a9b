import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { jsonColumn } from '../../common/json-column';
import type { BindingMethod, OtherCandidate } from './binding-evidence.rules';

/** The link from a work item to a configuration item. A person's link is never changed by the system. */
@Entity('bindings')
@Index('ix_bindings_item', ['ciId', 'isRemoved', 'workItemId'])
export class Binding {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'pk_bindings' })
  workItemId: number;

  @PrimaryColumn('char', { length: 36, primaryKeyConstraintName: 'pk_bindings' })
  ciId: string;

  /** It was the primary item of at least one of the work item's alerts. */
  @Column('boolean')
  isLead: boolean;

  /** A person took it off the work item; it stays off. */
  @Column('boolean')
  isRemoved: boolean;

  @Column('varchar', { length: 20 })
  method: BindingMethod;

  /** 0 to 100. */
  @Column('integer')
  confidence: number;

  /** The payload field, or what the person did. */
  @Column('varchar', { length: 255 })
  source: string;

  /** Items that the same value might have meant, and why it was not them; null = there were none. */
  @Column('longtext', { nullable: true, transformer: jsonColumn })
  others: OtherCandidate[] | null;

  @Column('varchar', { length: 10 })
  boundBy: 'system' | 'person';

  @Column('datetime', { precision: 3 })
  createdAt: Date;
}
