import { isFinal, isLive, systemStepOf, type SystemStep } from './lifecycle.rules';
import { priorityOf } from './priority.rules';
import { SYSTEM_ACTOR, type WorkItemRecord } from './work-item.record';

/** What an occurrence of an alert brings to its work item. */
export interface Occurrence {
  deliveryId: string;
  deliveryKey: string;
  firedAt: Date;
  urgency: number;
  title: string;
  description: string | null;
  signature: string;
  monitoringService: string;
  alertRule: string | null;
  subscriptionId: string | null;
}

/** Impact while no configuration item tells another. */
const DEFAULT_IMPACT = 2;

/** A work item as an alert opens it, before the alert itself is counted. */
export function openedBy(occurrence: Occurrence, previous: WorkItemRecord | null): WorkItemRecord {
  const { priority, reason } = priorityOf(DEFAULT_IMPACT, occurrence.urgency);
  return {
    id: null,
    type: 'incident',
    state: 'new',
    title: occurrence.title,
    description: occurrence.description,
    impact: DEFAULT_IMPACT,
    urgency: occurrence.urgency,
    priority,
    priorityReason: reason,
    assignee: null,
    openedAt: occurrence.firedAt,
    resolvedAt: null,
    resolvedBy: null,
    resolutionCode: null,
    resolutionNotes: null,
    reopenCount: 0,
    alertCount: 0,
    firingCount: 0,
    lastResolvedAt: null,
    previous,
    signature: occurrence.signature,
    monitoringService: occurrence.monitoringService,
    alertRule: occurrence.alertRule,
    subscriptionId: occurrence.subscriptionId,
    leadKey: occurrence.deliveryKey,
    openedByDeliveryId: occurrence.deliveryId,
    version: 0,
  };
}

/**
 * Counts one occurrence. Count, opening time, urgency and title come out the same for every order of arrival: a sum, a
 * minimum, a minimum, and the earliest occurrence's. A closed or canceled work item stays as it is.
 */
export function countOccurrence(workItem: WorkItemRecord, occurrence: Occurrence): { urgencyRaised: boolean } {
  if (isFinal(workItem.state)) return { urgencyRaised: false };
  workItem.alertCount += 1;
  if (isEarlier(occurrence, workItem)) adoptLead(workItem, occurrence);
  const urgencyRaised = occurrence.urgency < workItem.urgency;
  if (urgencyRaised) {
    workItem.urgency = occurrence.urgency;
    prioritize(workItem);
  }
  return { urgencyRaised };
}

/** Sets impact as the configuration items tell it. */
export function setImpact(workItem: WorkItemRecord, impact: number): void {
  if (workItem.impact === impact) return;
  workItem.impact = impact;
  prioritize(workItem);
}

/** Does at `at` (the payload's time) what {@link systemStepOf} says is due, and tells what that was. */
export function keepInStep(
  workItem: WorkItemRecord,
  { firedAnew, at }: { firedAnew: boolean; at: Date },
): SystemStep['kind'] {
  const resolvedBySystem = workItem.resolvedBy === SYSTEM_ACTOR;
  const { kind } = systemStepOf({ resolvedBySystem, firedAnew, ...workItem });
  if (kind === 'resolve') resolveByMonitoring(workItem, at);
  if (kind === 'reopen') reopen(workItem);
  if (kind === 'correct_resolved_at') workItem.resolvedAt = workItem.lastResolvedAt;
  return kind;
}

function isEarlier(occurrence: Occurrence, workItem: WorkItemRecord): boolean {
  const byTime = occurrence.firedAt.getTime() - workItem.openedAt.getTime();
  return byTime < 0 || (byTime === 0 && occurrence.deliveryKey < workItem.leadKey);
}

function adoptLead(workItem: WorkItemRecord, occurrence: Occurrence): void {
  workItem.openedAt = occurrence.firedAt;
  workItem.leadKey = occurrence.deliveryKey;
  workItem.title = occurrence.title;
  workItem.description = occurrence.description;
  workItem.alertRule = occurrence.alertRule;
  workItem.subscriptionId = occurrence.subscriptionId;
}

function prioritize(workItem: WorkItemRecord): void {
  const { priority, reason } = priorityOf(workItem.impact, workItem.urgency);
  workItem.priority = priority;
  workItem.priorityReason = reason;
}

function resolveByMonitoring(workItem: WorkItemRecord, at: Date): void {
  if (!isLive(workItem.state))
    throw new Error(`A work item in state ${workItem.state} can't be resolved by monitoring.`);
  workItem.state = 'resolved';
  // No alert of it has an end where its last one has moved on to another work item.
  workItem.lastResolvedAt ??= at;
  workItem.resolvedAt = workItem.lastResolvedAt;
  workItem.resolvedBy = SYSTEM_ACTOR;
  workItem.resolutionCode = 'resolved_by_monitoring';
  workItem.resolutionNotes = 'Azure Monitor reports that the condition has ended.';
}

function reopen(workItem: WorkItemRecord): void {
  workItem.state = workItem.assignee === null ? 'new' : 'in_progress';
  workItem.resolvedAt = null;
  workItem.resolvedBy = null;
  workItem.resolutionCode = null;
  workItem.resolutionNotes = null;
  workItem.reopenCount += 1;
}
