import type { ResolutionCode, WorkItemState, WorkItemType } from './lifecycle.rules';

/**
 * A work item while alerts are folded into it, in memory: what alerts can change, and what deciding needs. Fields that
 * only people set are not here, so that an ingest can never overwrite them.
 */
export interface WorkItemRecord {
  /** Null until it is inserted. */
  id: number | null;
  type: WorkItemType;
  state: WorkItemState;
  title: string;
  description: string | null;
  impact: number;
  urgency: number;
  priority: number;
  priorityReason: string;
  assignee: string | null;
  openedAt: Date;
  resolvedAt: Date | null;
  resolvedBy: string | null;
  resolutionCode: ResolutionCode | null;
  resolutionNotes: string | null;
  reopenCount: number;
  alertCount: number;
  firingCount: number;
  lastResolvedAt: Date | null;
  previous: Pick<WorkItemRecord, 'id'> | null;
  signature: string;
  monitoringService: string;
  alertRule: string | null;
  subscriptionId: string | null;
  leadKey: string;
  openedByDeliveryId: string;
  version: number;
}

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
export type TimelineKind =
  | 'opened'
  | 'alert_fired'
  | 'alert_resolved'
  | 'note'
  | 'resolved'
  | 'reopened'
  | 'urgency_raised'
  | 'configuration_item_bound'
  | 'binding_task_opened';

/** Who acts when an alert does. */
export const SYSTEM_ACTOR = 'system:monitoring';
