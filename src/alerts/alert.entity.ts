import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { jsonColumn } from '../common/json-column';

const TIME = { type: 'datetime', precision: 3 } as const;

/** What an alert's newest delivery says and no query asks for. */
export interface AlertDetail {
  alertId: string;
  originAlertId: string | null;
  alertRuleId: string | null;
  targets: string[];
  configurationItems: string[];
  description: string | null;
  alertContext: Record<string, unknown>;
  customProperties: Record<string, unknown>;
}

/** One episode of an Azure alert: it fires, perhaps resolves, and is then history. It fires while `resolvedAt` is null. */
@Entity('alerts')
@Index('ix_alerts_orphan', ['orphanKey', 'ownResolvedAt'])
@Index('ix_alerts_signature', ['signature', 'resolvedAt'])
@Index('ix_alerts_resolved', ['resolvedAt', 'id'])
@Index('ix_alerts_service', ['monitoringService', 'id'])
@Index('ix_alerts_subscription', ['subscriptionId', 'id'])
export class AlertEntity {
  @PrimaryColumn({ type: 'char', length: 36 })
  id: string;

  @Index('ux_alerts_episode', { unique: true })
  @Column({ type: 'char', length: 64 })
  episodeKey: string;

  @Column({ type: 'varchar', length: 80 })
  signature: string;

  /** The signature while the alert is an orphan: resolved, but never seen to fire. */
  @Column({ type: 'varchar', length: 80, nullable: true })
  orphanKey: string | null;

  /** Its Resolved ends every earlier alert of its signature. */
  @Column({ type: 'tinyint' })
  endsSignature: number;

  @Index('ix_alerts_work_item')
  @Column({ type: 'integer', nullable: true })
  workItemId: number | null;

  /** Its first occurrence. */
  @Column({ ...TIME, nullable: true })
  firedAt: Date | null;

  @Column({ ...TIME, nullable: true })
  lastFiredAt: Date | null;

  /** The latest Resolved of this very episode. */
  @Column({ ...TIME, nullable: true })
  ownResolvedAt: Date | null;

  /** Its end, by its own Resolved or by that of an orphan. */
  @Column({ ...TIME, nullable: true })
  resolvedAt: Date | null;

  /** The orphan whose Resolved ended it. */
  @Index('ix_alerts_ended_by')
  @Column({ type: 'char', length: 36, nullable: true })
  resolvedByAlertId: string | null;

  /** How long without news until it counts as over; null for what tells its end itself. */
  @Column({ type: 'integer', nullable: true })
  quietMinutes: number | null;

  /** When it counts as over for want of news, by this service's clock; null for what does not, and what is over. */
  @Index('ix_alerts_expires')
  @Column({ ...TIME, nullable: true })
  expiresAt: Date | null;

  /** The end that silence gave it, in the payload's time. */
  @Column({ ...TIME, nullable: true })
  expiredAt: Date | null;

  /** Episode key of the Azure alert that this is one configuration item's part of. */
  @Index('ix_alerts_part_of')
  @Column({ type: 'char', length: 64, nullable: true })
  partOf: string | null;

  @Column({ type: 'integer' })
  occurrences: number;

  @Column({ type: 'varchar', length: 500, nullable: true })
  alertRule: string | null;

  @Column({ type: 'varchar', length: 32, nullable: true })
  severity: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  signalType: string | null;

  @Column({ type: 'varchar', length: 100 })
  monitoringService: string;

  @Column({ type: 'varchar', length: 64, nullable: true })
  subscriptionId: string | null;

  @Column({ type: 'longtext', transformer: jsonColumn })
  detail: AlertDetail;

  /** Rank of the delivery that `detail` is of: the highest one wins, in whatever order they come. */
  @Column({ type: 'varchar', length: 100 })
  detailRank: string;

  @Column(TIME)
  createdAt: Date;

  @Column(TIME)
  updatedAt: Date;
}
