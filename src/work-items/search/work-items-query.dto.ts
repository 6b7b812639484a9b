import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { PageQuery } from '../../common/pagination';
import { IsListOf, IsIdList, IsTextList, IsTime } from '../../common/validators';
import { WORK_ITEM_STATES, WORK_ITEM_TYPES, type WorkItemState, type WorkItemType } from '../lifecycle.rules';
import { TIMELINE_KINDS, type TimelineKind } from '../work-item.record';

export const WORK_ITEM_SORTS = ['-openedAt', 'openedAt', 'priority', '-updatedAt'] as const;
export type WorkItemSort = (typeof WORK_ITEM_SORTS)[number];

/** Filters of the list; those given must all hold, and a list value holds if any of its values does. */
export class WorkItemsQuery extends PageQuery {
  /** Any of these states. */
  @IsListOf(WORK_ITEM_STATES)
  state?: WorkItemState[];

  /** Any of these types. */
  @IsListOf(WORK_ITEM_TYPES)
  type?: WorkItemType[];

  /** Any of these priorities, 1 (worst) to 5. */
  @IsListOf([1, 2, 3, 4, 5])
  priority?: number[];

  /** Any of these groups; `none` = those that no group has, so none should be called that. */
  @IsTextList()
  assignmentGroup?: string[];

  /** Any of these people; `none` = those that nobody has. */
  @IsTextList()
  assignee?: string[];

  /** Bound to this configuration item. */
  @IsOptional()
  @IsUUID()
  configurationItemId?: string;

  /** Any of these subscriptions. */
  @IsIdList()
  subscriptionId?: string[];

  /** Any of these, as Azure calls them, such as `Platform`. */
  @IsTextList()
  monitoringService?: string[];

  /** Any of these signatures. */
  @IsTextList()
  signature?: string[];

  /** Part of the title, the rule or a configuration item's name, in any letter case; or a number, or how it begins. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  q?: string;

  /** Opened after this time. */
  @IsOptional()
  @IsTime()
  openedAfter?: Date;

  /** Opened before this time. */
  @IsOptional()
  @IsTime()
  openedBefore?: Date;

  /** The order; `-` is descending. */
  @ApiPropertyOptional({ enum: WORK_ITEM_SORTS, default: '-openedAt' })
  @IsOptional()
  @IsIn(WORK_ITEM_SORTS)
  sort: WorkItemSort = '-openedAt';
}

/** Filters of a timeline. */
export class TimelineQuery extends PageQuery {
  /** Any of these kinds of entries. */
  @IsListOf(TIMELINE_KINDS)
  kind?: TimelineKind[];
}
