import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { jsonColumn } from '../common/json-column';
import type { FieldSources } from './field-sources.rules';
import type { HoldReason, ResolutionCode, WorkItemState, WorkItemType } from './lifecycle.rules';

const TIME = { type: 'datetime', precision: 3 } as const;

/** What people work on: an incident (default), an event or an alert record. Its `id` is the number without the prefix. */
@Entity('work_items')
@Index('ix_work_items_opened', ['openedAt'])
@Index('ix_work_items_updated_by_class', ['ageClass', 'updatedAt', 'openedAt', 'priority'])
@Index('ix_work_items_state', ['state', 'priority', 'openedAt'])
@Index('ix_work_items_priority', ['priority', 'openedAt'])
@Index('ix_work_items_type', ['type', 'priority', 'openedAt'])
@Index('ix_work_items_group', ['assignmentGroup', 'priority', 'openedAt'])
@Index('ix_work_items_assignee', ['assignee', 'priority', 'openedAt'])
@Index('ix_work_items_subscription', ['subscriptionId', 'priority', 'openedAt'])
@Index('ix_work_items_service', ['monitoringService', 'priority', 'openedAt'])
@Index('ix_work_items_signature', ['signature', 'priority', 'openedAt'])
@Index('ix_work_items_sort_keys', ['id', 'priority', 'openedAt', 'updatedAt'])
export class WorkItemEntity {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id: number;

  @Column({ type: 'varchar', length: 16 })
  type: WorkItemType;

  @Column({ type: 'varchar', length: 16 })
  state: WorkItemState;

  @Column({ type: 'varchar', length: 32, nullable: true })
  holdReason: HoldReason | null;

  @Column({ type: 'varchar', length: 255 })
  title: string;

  @Column({ type: 'longtext', nullable: true })
  description: string | null;

  @Column({ type: 'tinyint' })
  impact: number;

  @Column({ type: 'tinyint' })
  urgency: number;

  @Column({ type: 'tinyint' })
  priority: number;

  @Column({ type: 'varchar', length: 500 })
  priorityReason: string;

  @Column({ type: 'varchar', length: 100, nullable: true })
  category: string | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  assignmentGroup: string | null;

  @Column({ type: 'varchar', length: 200, nullable: true })
  assignee: string | null;

  @Column({ type: 'varchar', length: 32 })
  source: string;

  @Column(TIME)
  openedAt: Date;

  @Column({ ...TIME, nullable: true })
  acknowledgedAt: Date | null;

  @Column({ ...TIME, nullable: true })
  resolvedAt: Date | null;

  @Column({ type: 'varchar', length: 200, nullable: true })
  resolvedBy: string | null;

  @Column({ ...TIME, nullable: true })
  closedAt: Date | null;

  @Column({ type: 'varchar', length: 32, nullable: true })
  resolutionCode: ResolutionCode | null;

  @Column({ type: 'longtext', nullable: true })
  resolutionNotes: string | null;

  @Column({ type: 'integer' })
  reopenCount: number;

  /** Occurrences of all its alerts. */
  @Column({ type: 'integer' })
  alertCount: number;

  /** How many of its alerts fire now. */
  @Column({ type: 'integer' })
  firingCount: number;

  /** The latest end of any of its alerts, in the payloads' times. */
  @Column({ ...TIME, nullable: true })
  lastResolvedAt: Date | null;

  @Column({ type: 'integer', nullable: true })
  previousWorkItemId: number | null;

  @Column({ type: 'varchar', length: 80, nullable: true })
  signature: string | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  monitoringService: string | null;

  @Column({ type: 'varchar', length: 500, nullable: true })
  alertRule: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  subscriptionId: string | null;

  /** Delivery key of the earliest occurrence, which gives title and description. */
  @Column({ type: 'char', length: 64, nullable: true })
  leadKey: string | null;

  @Index('ix_work_items_opened_by')
  @Column({ type: 'char', length: 36, nullable: true })
  openedByDeliveryId: string | null;

  /** Which fields alerts leave alone, and who set them; null = none. */
  @Column({ type: 'varchar', length: 500, nullable: true, transformer: jsonColumn })
  fieldSources: FieldSources | null;

  /** How long after its resolution a new alert of its signature reopens it, in the payloads' times. */
  @Column({ type: 'integer', default: 60 })
  reopenWindowMinutes: number;

  /** False = only people resolve it. */
  @Column({ type: 'boolean', default: true })
  autoResolve: boolean;

  /** When its state last changed, by this service's clock; null as long as it is as it was opened. */
  @Column({ ...TIME, nullable: true })
  stateChangedAt: Date | null;

  /** The end of its reopen window, in the payloads' times; null once that has been told. */
  @Column({ ...TIME, nullable: true })
  reopenUntil: Date | null;

  /** Until when it has to be quiet to take its true state; null = it is not flapping. */
  @Column({ ...TIME, nullable: true })
  flappingUntil: Date | null;

  /** When its condition last changed, in the payloads' times as milliseconds, the latest last. */
  @Column({ type: 'varchar', length: 255, nullable: true, transformer: jsonColumn })
  recentChanges: number[] | null;

  /** When a timer next has something to do about it, by this service's clock. */
  @Index('ix_work_items_due')
  @Column({ ...TIME, nullable: true })
  dueAt: Date | null;

  /** Counts every change; the ETag. */
  @Column({ type: 'integer' })
  version: number;

  @Column(TIME)
  createdAt: Date;

  @Column(TIME)
  updatedAt: Date;

  /** How long it had been open then, see `age-class.rules`; one that is too high makes searches slower, and no less right. */
  @Column({ type: 'tinyint', default: 2 })
  ageClass: number;

  /** The title in lower case, what `q` looks through; null where alerts opened it, for there the slot has the texts. */
  @Index('ix_work_items_title_by_hand')
  @Column({ type: 'varchar', length: 510, nullable: true })
  titleByHand: string | null;
}

/** The slot of a signature: which work item its alerts meet. One row, so that all who decide about a signature queue here. */
@Entity('signatures')
export class SignatureEntity {
  @PrimaryColumn({ type: 'varchar', length: 80 })
  signature: string;

  /** Its newest work item, whether it still takes alerts or not; null while only a Resolved without its Fired is known. */
  @Column({ type: 'integer', nullable: true })
  workItemId: number | null;

  /** Titles and rules of its work items in lower case, a line each: what `q` looks through. */
  @Column({ type: 'varchar', length: 2_000, nullable: true })
  searchText: string | null;

  /** Priorities, types, groups, services and subscriptions that its work items ever had, a line each; null = not known. */
  @Column({ type: 'varchar', length: 2_000, nullable: true })
  facets: string | null;

  /** Turned over by whoever decides about the signature on a cluster, so that of two who do so at once one has to do it again. */
  @Column({ type: 'tinyint', default: 0 })
  turn: number;
}
