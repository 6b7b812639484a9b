import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { RelationType } from './relation-types.rules';

/**
 * That one item relates to another, in one direction. What an import names before it comes is kept by its ARM id, without
 * a `targetId`, until an item of that id is there.
 */
@Entity('ci_relations')
@Index('uq_ci_relations_key', ['relationKey'], { unique: true })
@Index('ix_ci_relations_source', ['sourceId', 'type', 'targetId'])
@Index('ix_ci_relations_target', ['targetId', 'type', 'sourceId'])
@Index('ix_ci_relations_missing', ['targetKeyHash', 'targetId'])
export class CiRelation {
  @PrimaryColumn('char', { length: 36 })
  id: string;

  /** SHA-256 of source, type and target: the same relation is there once. */
  @Column('char', { length: 64 })
  relationKey: string;

  @Column('char', { length: 36 })
  sourceId: string;

  @Column('varchar', { length: 20 })
  type: RelationType;

  /** Null while the CMDB lacks the target. */
  @Column('char', { length: 36, nullable: true })
  targetId: string | null;

  /** SHA-256 of the canonical key of the target's ARM id, where the relation names it so. */
  @Column('char', { length: 64, nullable: true })
  targetKeyHash: string | null;

  /** The target's ARM id as it was given. */
  @Column('longtext', { nullable: true })
  targetResourceId: string | null;

  /** Of several targets of one source that stand in for each other, the name of their group. */
  @Column('varchar', { length: 100, nullable: true })
  redundancyGroup: string | null;

  @Column('varchar', { length: 10 })
  setBy: 'person' | 'import';

  /** Who set it; null for an import that nobody is on record for. */
  @Column('varchar', { length: 255, nullable: true })
  createdBy: string | null;

  @Column('datetime', { precision: 3 })
  createdAt: Date;
}
