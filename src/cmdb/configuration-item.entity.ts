import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { jsonColumn } from '../common/json-column';

/** Whether an item is in use. A retired one is kept for its history and is bound to nothing new. */
export const CI_STATUSES = ['operational', 'maintenance', 'retired'] as const;
export type CiStatus = (typeof CI_STATUSES)[number];

/** A thing in the CMDB. Never deleted: it retires. */
@Entity('configuration_items')
@Index('uq_configuration_items_canonical_key', ['canonicalKeyHash'], { unique: true })
@Index('ix_configuration_items_name', ['nameKey', 'id'])
@Index('ix_configuration_items_class', ['className', 'id'])
@Index('ix_configuration_items_type', ['resourceType', 'id'])
@Index('ix_configuration_items_status', ['status', 'id'])
@Index('ix_configuration_items_stub', ['stub', 'id'])
@Index('ix_configuration_items_subscription', ['subscriptionId', 'id'])
export class ConfigurationItem {
  @PrimaryColumn('char', { length: 36 })
  id: string;

  @Column('varchar', { length: 255 })
  name: string;

  /** The name in lower case. */
  @Column('varchar', { length: 255 })
  nameKey: string;

  @Column('varchar', { length: 100 })
  className: string;

  /** The ARM id as it was first seen. */
  @Column('longtext', { nullable: true })
  resourceId: string | null;

  /** SHA-256 of the ARM id's canonical key: an ARM id may be longer than an index takes. */
  @Column('char', { length: 64, nullable: true })
  canonicalKeyHash: string | null;

  @Column('varchar', { length: 255, nullable: true })
  resourceType: string | null;

  @Column('varchar', { length: 255, nullable: true })
  subscriptionId: string | null;

  /** In the case in which it came. */
  @Column('varchar', { length: 255, nullable: true })
  resourceGroup: string | null;

  @Column('varchar', { length: 100, nullable: true })
  location: string | null;

  @Column('varchar', { length: 100, nullable: true })
  environment: string | null;

  /** 1 is the most critical, 3 the least. */
  @Column('tinyint', { nullable: true })
  criticality: number | null;

  @Column('varchar', { length: 255, nullable: true })
  supportGroup: string | null;

  @Column('varchar', { length: 20 })
  status: CiStatus;

  /** Made by an alert whose ARM id the CMDB did not hold; nobody has looked at it yet. */
  @Column('boolean')
  stub: boolean;

  @Column('longtext', { transformer: jsonColumn })
  tags: Record<string, string>;

  /** As they were given; `ci_keys` is what finds them. */
  @Column('longtext', { transformer: jsonColumn })
  aliases: string[];

  @Column('integer')
  version: number;

  @Column('datetime', { precision: 3 })
  createdAt: Date;

  @Column('datetime', { precision: 3 })
  updatedAt: Date;
}
