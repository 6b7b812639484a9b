import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { jsonColumn } from '../../common/json-column';
import type { CiAlias } from './alias.rules';
import type { CiStatus, FieldSources } from './item-fields.rules';

/** The same without the class. */
export type ItemRecord = { [Field in keyof ConfigurationItem]: ConfigurationItem[Field] };

/** A thing in the CMDB. Never deleted: it retires. */
@Entity('configuration_items')
@Index('uq_configuration_items_canonical_key', ['canonicalKeyHash'], { unique: true })
@Index('ix_configuration_items_name', ['nameKey', 'id'])
@Index('ix_configuration_items_class', ['className', 'id'])
@Index('ix_configuration_items_type', ['resourceType', 'id'])
@Index('ix_configuration_items_status', ['status', 'id'])
@Index('ix_configuration_items_stub', ['stub', 'id'])
@Index('ix_configuration_items_subscription', ['subscriptionId', 'id'])
@Index('ix_configuration_items_seen', ['lastSeenAt', 'id'])
@Index('ix_configuration_items_unique_id', ['uniqueIdHash'])
@Index('ix_configuration_items_merge_due', ['mergeDueAt'])
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

  /** All that `q` looks in, in lower case: name, ARM id and aliases, a line each. */
  @Column('longtext', { nullable: true })
  searchText: string | null;

  /** Who answers for it. */
  @Column('varchar', { length: 255, nullable: true })
  owner: string | null;

  /** Who looks after it. */
  @Column('varchar', { length: 255, nullable: true })
  supportGroup: string | null;

  @Column('varchar', { length: 20 })
  status: CiStatus;

  /** Made by an alert whose ARM id the CMDB did not hold; nobody has looked at it yet. */
  @Column('boolean')
  stub: boolean;

  @Column('longtext', { transformer: jsonColumn })
  tags: Record<string, string>;

  /** `ci_keys` is what finds them. */
  @Column('longtext', { transformer: jsonColumn })
  aliases: CiAlias[];

  /** Aliases that a person took off, as they compare: imports leave them off. null = none. */
  @Column('longtext', { nullable: true, transformer: jsonColumn })
  refusedAliases: string[] | null;

  /** Who said what a field holds. */
  @Column('varchar', { length: 1000, nullable: true, transformer: jsonColumn })
  fieldSources: FieldSources | null;

  /** When an import or an alert first told of it. */
  @Column('datetime', { precision: 3, nullable: true })
  firstSeenAt: Date | null;

  /** When one did last; of alerts, to the day. */
  @Column('datetime', { precision: 3, nullable: true })
  lastSeenAt: Date | null;

  /** SHA-256 of what Azure keeps when it moves or renames the resource, such as the `vmId` of a virtual machine. */
  @Column('char', { length: 64, nullable: true })
  uniqueIdHash: string | null;

  /** The item that this stub turned out to be. It has retired then, and what was bound to it is bound to that. */
  @Column('char', { length: 36, nullable: true })
  mergedIntoId: string | null;

  /** Since when work items may have to be told so; null once all have been. */
  @Column('datetime', { precision: 3, nullable: true })
  mergeDueAt: Date | null;

  @Column('integer')
  version: number;

  @Column('datetime', { precision: 3 })
  createdAt: Date;

  @Column('datetime', { precision: 3 })
  updatedAt: Date;
}
