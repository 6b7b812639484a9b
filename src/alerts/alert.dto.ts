import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../common/pagination';
import { IsIdList, IsTextList } from '../common/validators';
import type { AlertEntity } from './alert.entity';

export const ALERT_CONDITIONS = ['fired', 'resolved'] as const;
export type AlertCondition = (typeof ALERT_CONDITIONS)[number];

/** One episode of an Azure alert. */
export class AlertDto {
  id: string;
  /** Azure's id, as sent. */
  alertId: string;
  originAlertId: string | null;
  signature: string;
  @ApiProperty({ enum: ALERT_CONDITIONS })
  condition: AlertCondition;
  alertRule: string | null;
  alertRuleId: string | null;
  severity: string | null;
  signalType: string | null;
  monitoringService: string;
  /** Its first occurrence; null as long as only its Resolved is known. */
  firedAt: Date | null;
  resolvedAt: Date | null;
  targets: string[];
  configurationItems: string[];
  description: string | null;
  alertContext: Record<string, unknown>;
  customProperties: Record<string, unknown>;
  /** How often it fired. */
  occurrences: number;
  /** Number of its work item. */
  workItem: string | null;
  /** Ids of the deliveries that told of it and are still kept, repeats included. */
  deliveries: string[];
}

/** A page of alerts. */
export class AlertPageDto {
  items: AlertDto[];
  nextCursor: string | null;
}

/** Filters of the list of alerts. */
export class AlertsQuery extends PageQuery {
  /** Fires now, or is over. */
  @IsOptional()
  @IsIn(ALERT_CONDITIONS)
  condition?: AlertCondition;

  /** Any of these, as Azure calls them, such as `Platform`. */
  @IsTextList()
  monitoringService?: string[];

  /** Any of these signatures. */
  @IsTextList()
  signature?: string[];

  /** Any of these subscriptions. */
  @IsIdList()
  subscriptionId?: string[];
}

/** Filters of the alerts of a configuration item. */
export class AlertsOfItemQuery extends PageQuery {
  /** Fires now, or is over. */
  @IsOptional()
  @IsIn(ALERT_CONDITIONS)
  condition?: AlertCondition;
}

/** An alert as the API shows it. */
export function toAlertDto(
  row: AlertEntity,
  { workItem, deliveries }: { workItem: string | null; deliveries: string[] },
): AlertDto {
  return {
    id: row.id,
    signature: row.signature,
    condition: row.occurrences > 0 && row.resolvedAt === null ? 'fired' : 'resolved',
    alertRule: row.alertRule,
    severity: row.severity,
    signalType: row.signalType,
    monitoringService: row.monitoringService,
    firedAt: row.firedAt,
    resolvedAt: row.resolvedAt,
    ...row.detail,
    occurrences: row.occurrences,
    workItem,
    deliveries,
  };
}
