import { ApiProperty } from '@nestjs/swagger';
import type { Principal } from '../auth';
import { LOSING_REASONS, type LosingReason } from '../cmdb/binding/binding-evidence.rules';
import type { WorkItemConfigurationItem } from '../cmdb/binding/bound-ci';
import {
  allowedTransitions,
  HOLD_REASONS,
  RESOLUTION_CODES,
  WORK_ITEM_STATES,
  WORK_ITEM_TYPES,
  type HoldReason,
  type ResolutionCode,
  type WorkItemState,
  type WorkItemType,
} from './lifecycle.rules';
import { numberOf } from './number.rules';
import { TIMELINE_KINDS } from './work-item.record';
import type { TimelineEntryEntity } from './timeline-entry.entity';
import type { WorkItemEntity } from './work-item.entity';

/** An item that the same value might have meant, and why it was not bound. */
export class OtherCandidateDto {
  /** Of the configuration item. */
  ciId: string;
  /** As it was when the work item was bound. */
  name: string;
  /** The best rule that found it. */
  method: string;
  /** 0 to 100. */
  confidence: number;
  /** It has retired, is in another place than the alert speaks from, or less speaks for it than for the one that was bound. */
  @ApiProperty({ enum: LOSING_REASONS })
  reason: LosingReason;
}

/** How a configuration item came to a work item. */
export class BindingDto {
  /** The rule that found it. */
  method: string;
  /** 0 to 100. */
  confidence: number;
  /** The payload field that named it; where a person bound it, who. */
  source: string;
  /** Empty where nothing else came into question, and where a person bound it. */
  @ApiProperty({ type: [OtherCandidateDto] })
  others: readonly OtherCandidateDto[];
}

/** A configuration item of a work item. */
export class WorkItemConfigurationItemDto {
  id: string;
  name: string;
  className: string;
  resourceId: string | null;
  @ApiProperty({ enum: ['primary', 'affected'] })
  role: string;
  binding: BindingDto;
}

/** What people work on: an incident, an event or an alert record. */
export class WorkItemDto {
  /** Such as `INC0000001`; never reused. */
  number: string;
  @ApiProperty({ enum: WORK_ITEM_TYPES })
  type: WorkItemType;
  title: string;
  description: string | null;
  @ApiProperty({ enum: WORK_ITEM_STATES })
  state: WorkItemState;
  @ApiProperty({ enum: HOLD_REASONS, nullable: true })
  holdReason: HoldReason | null;
  /** 1 (worst) to 3, from the criticality of the configuration items. */
  impact: number;
  /** 1 (worst) to 3, from the severity of the alerts; may rise, never falls. */
  urgency: number;
  /** 1 (worst) to 5, from impact and urgency. */
  priority: number;
  priorityReason: string;
  category: string | null;
  assignmentGroup: string | null;
  assignee: string | null;
  source: string;
  /** When its first alert fired. */
  openedAt: Date;
  acknowledgedAt: Date | null;
  resolvedAt: Date | null;
  resolvedBy: string | null;
  closedAt: Date | null;
  @ApiProperty({ enum: RESOLUTION_CODES, nullable: true })
  resolutionCode: ResolutionCode | null;
  resolutionNotes: string | null;
  reopenCount: number;
  /** It has changed too often of late, and is held open until it has been quiet. */
  flapping: boolean;
  /** Occurrences of all its alerts. */
  alertCount: number;
  /** Number of the work item that had this signature before. */
  previousWorkItem: string | null;
  /** What recurs: the same rule on the same thing. */
  signature: string | null;
  monitoringService: string | null;
  alertRule: string | null;
  subscriptionId: string | null;
  /** The primary one first. */
  configurationItems: WorkItemConfigurationItemDto[];
  /** Where the one who asks may move it now. */
  @ApiProperty({ enum: WORK_ITEM_STATES, isArray: true })
  allowedTransitions: WorkItemState[];
  /** Counts changes; the ETag. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** A page of work items. */
export class WorkItemPageDto {
  items: WorkItemDto[];
  nextCursor: string | null;
}

/** One step in the life of a work item. */
export class TimelineEntryDto {
  id: number;
  /** What happened. */
  @ApiProperty({ enum: TIMELINE_KINDS })
  kind: string;
  /** When it happened, in the payload's time where an alert tells of it. */
  at: Date;
  /** When it was written. */
  recordedAt: Date;
  /** `user:` or `application:` with its id, or `system:` with the rule that acted. */
  actor: string;
  summary: string;
  /** The delivery that it goes back to. */
  deliveryId: string | null;
  /** Reasons and evidence, by kind; of a note or comment the whole `text`, of a change what was `before` and `after`. */
  detail: Record<string, unknown> | null;
}

/** A page of a timeline. */
export class TimelinePageDto {
  items: TimelineEntryDto[];
  nextCursor: string | null;
}

/** A work item as this person sees it. */
export function toWorkItemDto(
  row: WorkItemEntity,
  context: {
    principal: Pick<Principal, 'can'>;
    configurationItems: WorkItemConfigurationItem[];
    previous: WorkItemType | undefined;
    /** Another work item has its signature now. */
    isSuperseded: boolean;
  },
): WorkItemDto {
  const { id, previousWorkItemId, flappingUntil } = row;
  return {
    number: numberOf({ type: row.type, id }),
    ...picked(row, SHOWN),
    flapping: flappingUntil !== null,
    previousWorkItem:
      previousWorkItemId === null ? null : numberOf({ type: context.previous ?? 'incident', id: previousWorkItemId }),
    configurationItems: context.configurationItems,
    allowedTransitions: allowedTransitions({ state: row.state, isSuperseded: context.isSuperseded }, (role) =>
      context.principal.can(role),
    ),
  };
}

/** What is shown as it is stored. Anything else of the row is for the service alone. */
const SHOWN = [
  ...(['type', 'title', 'description', 'state', 'holdReason', 'impact', 'urgency', 'priority'] as const),
  ...(['priorityReason', 'category', 'assignmentGroup', 'assignee', 'source', 'openedAt', 'acknowledgedAt'] as const),
  ...(['resolvedAt', 'resolvedBy', 'closedAt', 'resolutionCode', 'resolutionNotes', 'reopenCount'] as const),
  ...(['alertCount', 'signature', 'monitoringService', 'alertRule', 'subscriptionId'] as const),
  ...(['version', 'createdAt', 'updatedAt'] as const),
] as const;

function picked<Row, Name extends keyof Row>(row: Row, names: readonly Name[]): Pick<Row, Name> {
  return Object.fromEntries(names.map((name) => [name, row[name]])) as Pick<Row, Name>;
}

/** A timeline entry as the API shows it. */
export function toTimelineEntryDto({ workItemId, ...entry }: TimelineEntryEntity): TimelineEntryDto {
  return entry;
}
