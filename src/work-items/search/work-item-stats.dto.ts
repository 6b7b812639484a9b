import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsTime } from '../../common/validators';

/** The time that is counted; a work item belongs to the time at which it was opened. */
export class WorkItemStatsQuery {
  /** From this time on (ISO 8601); 30 days before `to` if it is not given. */
  @IsOptional()
  @IsTime()
  from?: Date;

  /** Before this time (ISO 8601); now if it is not given. */
  @IsOptional()
  @IsTime()
  to?: Date;
}

/** How many work items a group has. */
export class GroupCountDto {
  /** null = those that no group has. */
  assignmentGroup: string | null;
  count: number;
}

/** A mean time. */
export class MeanTimeDto {
  /** Work items that it is the mean of. */
  count: number;
  /** null where there is none. */
  meanSeconds: number | null;
}

/** A rule that makes much noise. */
export class NoisyRuleDto {
  alertRule: string;
  workItems: number;
  /** Occurrences of the alerts of all of them. */
  alerts: number;
}

/** A configuration item that much is about. */
export class NoisyConfigurationItemDto {
  id: string;
  name: string;
  className: string;
  workItems: number;
  /** Occurrences of the alerts of all of them. */
  alerts: number;
}

/** What nobody had to look at a second time. */
export class DuplicatesDto {
  /** Occurrences that joined a work item instead of opening one. */
  alertsFolded: number;
  /** Deliveries that repeated one that was known. */
  deliveriesRepeated: number;
}

/** Numbers about the work items that were opened in a time. */
export class WorkItemStatsDto {
  from: Date;
  to: Date;
  total: number;
  /** How many are in each state now. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, example: { new: 3, closed: 40 } })
  byState: Record<string, number>;
  /** How many have each priority, 1 to 5. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, example: { 1: 2, 4: 41 } })
  byPriority: Record<string, number>;
  /** The 50 groups that have most, the largest first. */
  byAssignmentGroup: GroupCountDto[];
  /** From the opening until somebody took it up. */
  acknowledge: MeanTimeDto;
  /** From the opening until the resolution that holds. */
  resolve: MeanTimeDto;
  /** The ten with most alerts. */
  noisiestRules: NoisyRuleDto[];
  /** The ten with most alerts. */
  noisiestConfigurationItems: NoisyConfigurationItemDto[];
  duplicates: DuplicatesDto;
}
