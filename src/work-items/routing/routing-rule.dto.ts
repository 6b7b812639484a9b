import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsObject, IsString, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import { FitsColumn, IsGiven } from '../../common/validators';
import { WORK_ITEM_TYPES, type WorkItemType } from '../lifecycle.rules';
import type { RoutingActions, RoutingMatch } from './routing-rule';
import type { RoutingRuleEntity } from './routing-rule.entity';
import {
  IsConditionList,
  IsConditionMap,
  IsGlob,
  IsKept,
  IsPosition,
  IsScopeList,
  IsSeverityList,
  IsTemplate,
  IsVisible,
} from './routing-validators';

const MAX_REOPEN_WINDOW_MINUTES = 43_200;
/** Of a template whose text is one line. */
const MAX_LINE_TEMPLATE = 1_000;
const MAX_TEXT_TEMPLATE = 8_000;

/** What an alert must be like; every condition that is given must hold, and none given matches all. */
export class RoutingMatchDto implements RoutingMatch {
  /** Any of these: `Sev0` to `Sev4`, in any letter case. */
  @IsSeverityList()
  severity?: string[];

  /** Any of these, as Azure calls them, such as `Platform`, in any letter case. */
  @IsConditionList()
  monitoringService?: string[];

  /** A target lies in one of these subscriptions or resource groups (ARM ids). */
  @IsScopeList()
  scope?: string[];

  /** What the name of the alert rule looks like, in any letter case: `*` is any run of characters. */
  @IsGlob()
  alertRule?: string;

  /** A bound configuration item has one of these classes, in exactly this case. */
  @IsConditionList()
  ciClass?: string[];

  /** A bound configuration item has all these tags: names in any letter case, values in exactly this one. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @IsConditionMap(['string'])
  ciTag?: Record<string, string>;

  /** The alert, as it is kept, has all these custom properties; numbers and booleans compare as their text. */
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
  })
  @IsConditionMap(['string', 'number', 'boolean'])
  @IsKept()
  customProperty?: Record<string, string | number | boolean>;
}

/** What becomes of an alert that matches. What is left out goes on as without any rule. */
export class RoutingActionsDto implements RoutingActions {
  /** What is opened. */
  @ApiPropertyOptional({ enum: WORK_ITEM_TYPES, default: 'incident' })
  @IsGiven()
  @IsIn(WORK_ITEM_TYPES)
  type?: WorkItemType;

  /** A template, such as `{{alert.rule}} on {{target.name}}`; becomes one line of 200 characters at most. */
  @IsTemplate(MAX_LINE_TEMPLATE)
  title?: string;

  /** A template; becomes 8,000 characters at most. */
  @IsTemplate(MAX_TEXT_TEMPLATE)
  description?: string;

  /** A template; becomes 100 characters at most, and none where they are blank. */
  @IsTemplate(MAX_LINE_TEMPLATE)
  assignmentGroup?: string;

  /** A template; becomes 100 characters at most, and none where they are blank. */
  @IsTemplate(MAX_LINE_TEMPLATE)
  category?: string;

  /** 1 (worst) to 3, whatever the configuration items say. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 3 })
  @IsGiven()
  @IsInt()
  @Min(1)
  @Max(3)
  impact?: 1 | 2 | 3;

  /** 1 (worst) to 3, whatever the alert says. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 3 })
  @IsGiven()
  @IsInt()
  @Min(1)
  @Max(3)
  urgency?: 1 | 2 | 3;

  /** How long after its resolution a new alert reopens the work item; 0 = never. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: MAX_REOPEN_WINDOW_MINUTES, default: 60 })
  @IsGiven()
  @IsInt()
  @Min(0)
  @Max(MAX_REOPEN_WINDOW_MINUTES)
  reopenWindowMinutes?: number;

  /** true = the alert is kept, and no work item is opened. */
  @ApiPropertyOptional({ default: false })
  @IsGiven()
  @IsBoolean()
  recordOnly?: boolean;

  /** true = a work item for each configuration item. */
  @ApiPropertyOptional({ default: false })
  @IsGiven()
  @IsBoolean()
  perConfigurationItem?: boolean;

  /** false = only people resolve the work item. */
  @ApiPropertyOptional({ default: true })
  @IsGiven()
  @IsBoolean()
  autoResolve?: boolean;
}

class RoutingRuleFields {
  /** false = passed over. */
  @IsGiven()
  @IsBoolean()
  enabled?: boolean;
}

/** What can be changed about a rule; what is left out stays as it is. `match` and `actions` are replaced as a whole. */
export class RoutingRuleChangesDto extends RoutingRuleFields {
  /** The lowest comes first; of the same position, the older rule. */
  @IsPosition()
  position?: number;

  /** What people call it. */
  @IsGiven()
  @IsString()
  @Length(1, 200)
  @FitsColumn(200)
  @Matches(/\S/, { message: 'name must not be blank' })
  @IsVisible()
  name?: string;

  /** Which alerts it is for. */
  @IsGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => RoutingMatchDto)
  match?: RoutingMatchDto;

  /** What becomes of them. */
  @IsGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => RoutingActionsDto)
  actions?: RoutingActionsDto;
}

/** A rule to add. */
export class NewRoutingRuleDto extends RoutingRuleFields {
  /** The lowest comes first. A rule without one comes behind all others, before the one for everything else. */
  @IsPosition()
  position?: number;

  /** What people call it. */
  @IsString()
  @Length(1, 200)
  @FitsColumn(200)
  @Matches(/\S/, { message: 'name must not be blank' })
  @IsVisible()
  name: string;

  /** Which alerts it is for; `{}` is for all. */
  @IsObject()
  @ValidateNested()
  @Type(() => RoutingMatchDto)
  match: RoutingMatchDto;

  /** What becomes of them. */
  @IsObject()
  @ValidateNested()
  @Type(() => RoutingActionsDto)
  actions: RoutingActionsDto;
}

/** A routing rule: which alerts, and what becomes of them. The first enabled one that matches wins. */
export class RoutingRuleDto {
  /** Of the rule. */
  id: string;
  /** The lowest comes first. */
  position: number;
  /** What people call it. */
  name: string;
  /** false = passed over. */
  enabled: boolean;
  /** Counts changes; the ETag. */
  version: number;
  /** Which alerts it is for. */
  match: RoutingMatchDto;
  /** What becomes of them. */
  actions: RoutingActionsDto;
}

/** One page of routing rules. */
export class RoutingRulePageDto {
  /** The rules in the order in which they are tried. */
  items: RoutingRuleDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** A rule as the API shows it. */
export function toRoutingRuleDto(rule: RoutingRuleEntity): RoutingRuleDto {
  const { id, position, name, enabled, version, match, actions } = rule;
  return { id, position, name, enabled, version, match, actions };
}
