import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsObject,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import type { BoundCi } from '../../cmdb/binding/bound-ci';
import { oneLine, shortened } from '../../common/text.rules';
import { AsSent, IsGiven } from '../../common/validators';
import { WORK_ITEM_TYPES, type WorkItemType } from '../../work-items/lifecycle.rules';
import type { Route } from '../../work-items/routing/route.rules';
import { NewRoutingRuleDto } from '../../work-items/routing/routing-rule.dto';
import type { NormalizedDelivery } from '../rules/normalized-delivery';
import { PREVIEW_OUTCOMES, type Foresight, type ForeseenWorkItem, type PreviewOutcome } from './routing-preview.rules';

const MAX_RULES = 500;
const MAX_GIVEN = 50;
const MAX_LAST = 200;
/** A description of the alert's own may be as long as its body. */
const MAX_DESCRIPTION = 8_000;
/** Of a value of the payload, which may be as long as its body. */
const MAX_VALUE = 500;
const MAX_SKIPPED = 50;

/** Which rules to try on which deliveries: one of `deliveries`, `deliveryIds` and `last`, else the last 20. */
export class RoutingPreviewRequestDto {
  /** Rules to try in place of those in force, as they would be added; 500 at most, and `[]` is none at all. */
  @IsGiven()
  @IsArray()
  @ArrayMaxSize(MAX_RULES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => NewRoutingRuleDto)
  rules?: NewRoutingRuleDto[];

  /** Payloads in the common alert schema; 50 at most. */
  @ApiPropertyOptional({ type: 'array', items: { type: 'object', additionalProperties: true }, maxItems: MAX_GIVEN })
  @IsGiven()
  @AsSent()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MAX_GIVEN)
  deliveries?: unknown[];

  /** Ids of stored deliveries; 50 at most. */
  @IsGiven()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MAX_GIVEN)
  @IsUUID(undefined, { each: true })
  deliveryIds?: string[];

  /** The newest so many stored deliveries that were processed, repeats among them. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_LAST, default: 20 })
  @IsGiven()
  @IsInt()
  @Min(1)
  @Max(MAX_LAST)
  last?: number;
}

/** Why nothing can be said of a delivery. */
export class PreviewErrorDto {
  /** `not_common_schema`, `invalid_payload`, `scope_violation`, `not_found` or `not_kept`. */
  code: string;
  detail: string;
}

/** A rule that was tried. */
export class PreviewRuleDto {
  /** null where the rule is one of the request. */
  id: string | null;
  name: string;
  /** null where the rule is one of the request. */
  version: number | null;
  position: number;
}

/** A rule that was passed over. */
export class SkippedRuleDto {
  /** null where the rule is one of the request. */
  id: string | null;
  name: string;
  position: number;
}

/** A rule that was passed over, and why. */
export class PreviewSkippedDto {
  rule: SkippedRuleDto;
  reason: string;
}

/** A configuration item that a work item would be bound to. */
export class PreviewConfigurationItemDto {
  name: string;
  className: string;
  /** The rule that found it. */
  method: string;
  /** 0 to 100. */
  confidence: number;
  /** The CMDB lacks it, and would make it. */
  isNew: boolean;
}

/** A work item as it would be opened. */
export class PreviewWorkItemDto {
  @ApiProperty({ enum: WORK_ITEM_TYPES })
  type: WorkItemType;
  title: string;
  /** 8,000 characters of it at most. */
  description: string | null;
  assignmentGroup: string | null;
  category: string | null;
  /** 1 (worst) to 3. */
  impact: number;
  /** 1 (worst) to 3. */
  urgency: number;
  /** 1 (worst) to 5. */
  priority: number;
  priorityReason: string;
  reopenWindowMinutes: number;
  autoResolve: boolean;
  /** Which rule made it; of one of several work items it may be another than that of the whole alert. */
  rule: PreviewRuleDto | null;
  /** The primary one first. */
  configurationItems: PreviewConfigurationItemDto[];
}

/** What the rules would do to one delivery. */
export class RoutingPreviewItemDto {
  /** null where the delivery came with the request. */
  deliveryId: string | null;
  receivedAt: Date | null;
  @ApiProperty({ enum: ['fired', 'resolved', 'note'], nullable: true })
  condition: NormalizedDelivery['condition'] | null;
  /** One line; 500 characters of it at most. */
  alertRule: string | null;
  /** One line; 500 characters of it at most. */
  severity: string | null;
  /** One line; 500 characters of it at most. */
  monitoringService: string | null;
  /** Why nothing can be said of it; then all else is empty. */
  error: PreviewErrorDto | null;
  /** Rules before the one that matched, in the order in which they were tried; the first 50 at most. */
  skipped: PreviewSkippedDto[];
  /** How many more were passed over. */
  skippedMore: number;
  /** The rule that matched; null = none, and the defaults apply. */
  rule: PreviewRuleDto | null;
  /** `none` where it is no alert that fires: nothing is opened by it. */
  @ApiProperty({ enum: PREVIEW_OUTCOMES })
  outcome: PreviewOutcome;
  /** What would be opened if no work item had its signature yet. */
  workItems: PreviewWorkItemDto[];
  /** What the rules in force would do otherwise: `outcome`, `workItems` (another number of them), or fields of theirs. */
  differs: string[];
}

/** What the rules would do to each delivery. */
export class RoutingPreviewDto {
  /** In the order asked for; of the last ones the newest first. */
  items: RoutingPreviewItemDto[];
}

/** Where a delivery came from. */
export interface PreviewOrigin {
  deliveryId: string | null;
  receivedAt: Date | null;
}

/** How rules and items are shown. */
export interface ShownAs {
  /** The rules are those of the request: they have neither id nor version. */
  isProposed: boolean;
  newCiIds: ReadonlySet<string>;
  differs: string[];
}

/** A delivery that nothing can be said of. */
export function toErrorItemDto(origin: PreviewOrigin, error: PreviewErrorDto): RoutingPreviewItemDto {
  const nothing = { condition: null, alertRule: null, severity: null, monitoringService: null };
  const unasked = { skipped: [], skippedMore: 0, rule: null, workItems: [], differs: [] };
  return { ...origin, ...nothing, error, ...unasked, outcome: 'none' };
}

/** A delivery and what the rules would do to it. */
export function toPreviewItemDto(
  origin: PreviewOrigin,
  { alert, foresight }: { alert: NormalizedDelivery; foresight: Foresight },
  as: ShownAs,
): RoutingPreviewItemDto {
  const { skipped } = foresight;
  return {
    ...origin,
    condition: alert.condition,
    alertRule: valueOf(alert.alertRule),
    severity: valueOf(alert.severity),
    monitoringService: valueOf(alert.monitoringService),
    error: null,
    skipped: skipped.slice(0, MAX_SKIPPED).map(({ rule, reason }) => ({ rule: skippedRuleOf(rule, as), reason })),
    skippedMore: Math.max(0, skipped.length - MAX_SKIPPED),
    rule: ruleOf(foresight.rule, as),
    outcome: foresight.outcome,
    workItems: foresight.workItems.map((each) => workItemOf(each, as)),
    differs: as.differs,
  };
}

function valueOf(text: string | null): string | null {
  return text && oneLine(text, MAX_VALUE);
}

function workItemOf({ rule, workItem, configurationItems }: ForeseenWorkItem, as: ShownAs): PreviewWorkItemDto {
  const { type, title, assignmentGroup, category, impact, urgency, priority, priorityReason } = workItem;
  const { description, reopenWindowMinutes, autoResolve } = workItem;
  return {
    ...{ type, title, description: description && shortened(description, MAX_DESCRIPTION) },
    ...{ assignmentGroup, category, impact, urgency, priority, priorityReason, reopenWindowMinutes, autoResolve },
    rule: ruleOf(rule, as),
    configurationItems: configurationItems.map((ci) => configurationItemOf(ci, as)),
  };
}

function configurationItemOf(ci: BoundCi, { newCiIds }: ShownAs): PreviewConfigurationItemDto {
  const { ciId, name, className, method, confidence } = ci;
  return { name, className, method, confidence, isNew: newCiIds.has(ciId) };
}

function ruleOf(rule: Route['rule'], { isProposed }: ShownAs): PreviewRuleDto | null {
  return rule && isProposed ? { ...rule, id: null, version: null } : rule;
}

function skippedRuleOf({ id, name, position }: SkippedRuleDto, { isProposed }: ShownAs): SkippedRuleDto {
  return { id: isProposed ? null : id, name, position };
}
