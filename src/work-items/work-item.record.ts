import type { FieldSources } from './field-sources.rules';
import type { WorkItemType } from './lifecycle.rules';
import type { Standing } from './move.rules';

/**
 * A work item in memory, read under its lock and written back in the same transaction: by alerts, by people and by timers.
 * So none of them can overwrite what another one did meanwhile.
 */
export interface WorkItemRecord extends Standing {
  /** Null until it is inserted. */
  id: number | null;
  type: WorkItemType;
  title: string;
  description: string | null;
  impact: number;
  urgency: number;
  priority: number;
  priorityReason: string;
  category: string | null;
  assignmentGroup: string | null;
  source: WorkItemSource;
  openedAt: Date;
  alertCount: number;
  lastResolvedAt: Date | null;
  previous: Pick<WorkItemRecord, 'id'> | null;
  /** This and what follows tells of its alerts: null where a person opened it. */
  signature: string | null;
  monitoringService: string | null;
  alertRule: string | null;
  subscriptionId: string | null;
  leadKey: string | null;
  openedByDeliveryId: string | null;
  fieldSources: FieldSources | null;
  autoResolve: boolean;
  /** Its facets as they were read; null until it is inserted. */
  knownFacets: string | null;
  version: number;
}

/** Where a work item came from. */
export type WorkItemSource = 'azure-monitor' | 'manual';

/** A timeline entry to be written with the work items' changes. */
export interface TimelineDraft {
  workItem: Pick<WorkItemRecord, 'id'>;
  kind: TimelineKind;
  /** When it happened, in the payload's time. */
  at: Date;
  actor: string;
  summary: string;
  deliveryId: string | null;
  detail: Record<string, unknown> | null;
}

/** What a timeline entry tells. */
export const TIMELINE_KINDS = [
  'opened',
  'alert_fired',
  'alert_resolved',
  'alert_expired',
  'note',
  'in_progress',
  'on_hold',
  'resolved',
  'reopened',
  'closed',
  'canceled',
  'urgency_raised',
  'impact_changed',
  'changed',
  'work_note',
  'comment',
  'flapping_began',
  'flapping_ended',
  'reopen_window_ended',
  'configuration_item_bound',
  'configuration_item_removed',
  'binding_task_opened',
  'binding_task_resolved',
  'binding_task_dismissed',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

/** Who acts when an alert does. */
export const SYSTEM_ACTOR = 'system:monitoring';
/** Who acts when time does. */
export const TIMER_ACTOR = 'system:timer';
