import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * One way, besides its own ARM id, by which an item is found: an alias, its name, its name within a subscription or a resource
 * group. All ways of a whole batch of alerts are looked up with one `IN`. Stubs have none: see `ci-keys.rules.ts`.
 */
@Entity('ci_keys')
@Index('ix_ci_keys_item', ['ciId'])
export class CiKey {
  /** SHA-256 of a lookup key (its kind and its lower-case parts). */
  @PrimaryColumn('char', { length: 64, primaryKeyConstraintName: 'pk_ci_keys' })
  keyHash: string;

  @PrimaryColumn('char', { length: 36, primaryKeyConstraintName: 'pk_ci_keys' })
  ciId: string;

  @Column('varchar', { length: 20 })
  kind: string;
}
