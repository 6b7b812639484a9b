import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsExactly,
  IsJsonObject,
  IsOptionalEventTime,
  IsOptionalJsonObject,
  IsOptionalText,
  IsOptionalTextList,
  IsRequiredText,
} from './wire-validators';

/** The one value of `schemaId` that this service reads. */
export const COMMON_SCHEMA_ID = 'azureMonitorCommonAlertSchema';

/**
 * What every alert has in common, as Azure writes it. Only `alertId` and `monitoringService` are required: each other
 * field has been seen absent, null or empty somewhere. Fields that are not listed are kept with the delivery.
 */
export class EssentialsDto {
  /** Id of the alert instance; the same for Fired and Resolved of one episode. */
  @ApiProperty({
    example: '/subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444/providers/Microsoft.AlertsManagement/alerts/…',
  })
  @IsRequiredText()
  alertId: string;

  /** Name of the alert rule; null for cost alerts. */
  @IsOptionalText()
  alertRule?: string | null;

  /** ARM id of the alert rule. */
  @IsOptionalText()
  alertRuleID?: string | null;

  /** The same ARM id in the other spelling that is in use. */
  @IsOptionalText()
  alertRuleId?: string | null;

  /** `Sev0` (worst) to `Sev4`; null for cost alerts. */
  @IsOptionalText()
  severity?: string | null;

  /** `Metric`, `Log` or `Activity Log`. */
  @IsOptionalText()
  signalType?: string | null;

  /** `Fired` or `Resolved`; null or absent means Fired. */
  @IsOptionalText()
  monitorCondition?: string | null;

  /** The service that raised the alert, such as `Platform`; values that are not known here are taken too. */
  @IsRequiredText()
  monitoringService: string;

  /** ARM ids of what the rule watches. */
  @ApiPropertyOptional({ type: [String], nullable: true })
  @IsOptionalTextList()
  alertTargetIDs?: (string | null)[] | null;

  /** What is affected: resource names, host names, FQDNs or ARM ids. */
  @ApiPropertyOptional({ type: [String], nullable: true })
  @IsOptionalTextList()
  configurationItems?: (string | null)[] | null;

  /** Id that the monitoring service itself gave; for metric alerts the same over all episodes of a rule on a thing. */
  @IsOptionalText()
  originAlertId?: string | null;

  /** When the alert fired: ISO 8601 with 0 to 7 fraction digits, UTC where it has no zone. */
  @IsOptionalEventTime()
  firedDateTime?: string | null;

  /** When it resolved; only on Resolved, and not always there. */
  @IsOptionalEventTime()
  resolvedDateTime?: string | null;

  /** Text of the alert rule. */
  @IsOptionalText()
  description?: string | null;

  /** Version of these fields. */
  @IsOptionalText()
  essentialsVersion?: string | null;

  /** Version of `alertContext`. */
  @IsOptionalText()
  alertContextVersion?: string | null;

  /** Link to the investigation in the portal. */
  @IsOptionalText()
  investigationLink?: string | null;

  /** Resource group of the target. */
  @IsOptionalText()
  targetResourceGroup?: string | null;

  /** Resource type of the target. */
  @IsOptionalText()
  targetResourceType?: string | null;
}

/** The alert itself. */
export class AlertDataDto {
  /** What every alert has in common. */
  @IsJsonObject()
  essentials: EssentialsDto;

  /** What only this kind of alert has; its shape differs per monitoring service and is kept as sent. */
  @IsOptionalJsonObject()
  alertContext?: Record<string, unknown> | null;

  /** The rule's custom properties. */
  @IsOptionalJsonObject()
  customProperties?: Record<string, unknown> | null;
}

/** A delivery of an action group in the common alert schema. */
export class CommonAlertDto {
  /** Always `azureMonitorCommonAlertSchema`. */
  @ApiProperty({ enum: [COMMON_SCHEMA_ID] })
  @IsExactly(COMMON_SCHEMA_ID)
  schemaId: string;

  /** The alert itself. */
  @IsJsonObject()
  data: AlertDataDto;
}
