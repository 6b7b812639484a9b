import { isOwned } from './field-sources.rules';
import { isTooMany, quietUntil, withChange } from './flapping.rules';
import { isFinal, type ResolutionCode, type WorkItemState } from './lifecycle.rules';
import { move } from './move.rules';
import { priorityOf } from './priority.rules';
import type { Route } from './routing/route.rules';
import { systemStepOf, type Standing, type SystemStep } from './standing.rules';
import { SYSTEM_ACTOR, type WorkItemRecord } from './work-item.record';

/** What an occurrence of an alert brings to its work item. */
export interface Occurrence {
  deliveryId: string;
  deliveryKey: string;
  firedAt: Date;
  urgency: number;
  signature: string;
  monitoringService: string;
  alertRule: string | null;
  subscriptionId: string | null;
  /** What the routing rules make of it. */
  route: Route;
}

/** Impact while no configuration item tells another. */
export const DEFAULT_IMPACT = 2;

/** A work item as an alert opens it, before the alert itself is counted. */
export function openedBy(occurrence: Occurrence, previous: WorkItemRecord | null): WorkItemRecord {
  const { route } = occurrence;
  const impact = route.impact ?? DEFAULT_IMPACT;
  const { priority, reason } = priorityOf(impact, urgencyOf(occurrence));
  return {
    id: null,
    type: route.type,
    state: 'new',
    holdReason: null,
    title: route.title,
    description: route.description,
    impact,
    urgency: urgencyOf(occurrence),
    priority,
    priorityReason: reason,
    category: route.category,
    assignmentGroup: route.assignmentGroup,
    assignee: null,
    source: 'azure-monitor',
    openedAt: occurrence.firedAt,
    acknowledgedAt: null,
    resolvedAt: null,
    resolvedBy: null,
    closedAt: null,
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
    fieldSources: route.impact === null ? null : { impact: 'rule' },
    reopenWindowMinutes: route.reopenWindowMinutes,
    autoResolve: route.autoResolve,
    knownFacets: null,
    stateChangedAt: null,
    reopenUntil: null,
    flappingUntil: null,
    recentChanges: null,
    version: 0,
  };
}

/**
 * Counts one occurrence. Count, opening time, urgency and title come out the same for every order of arrival: a sum, a
 * minimum, a minimum, and the earliest occurrence's. A closed or canceled work item stays as it is, and so does what a
 * person has set.
 */
export function countOccurrence(workItem: WorkItemRecord, occurrence: Occurrence): { urgencyRaised: boolean } {
  if (isFinal(workItem.state)) return { urgencyRaised: false };
  workItem.alertCount += 1;
  if (isEarlier(occurrence, workItem)) adoptLead(workItem, occurrence);
  const urgencyRaised = urgencyOf(occurrence) < workItem.urgency && !isOwned(workItem.fieldSources, 'urgency');
  if (urgencyRaised) {
    workItem.urgency = urgencyOf(occurrence);
    prioritize(workItem);
  }
  return { urgencyRaised };
}

/** Sets impact as the configuration items tell it, unless a person or a routing rule has. */
export function setImpact(workItem: WorkItemRecord, impact: number): void {
  if (workItem.impact === impact || isOwned(workItem.fieldSources, 'impact')) return;
  workItem.impact = impact;
  prioritize(workItem);
}

/** Priority from impact and urgency, unless a person has set it. */
export function prioritize(workItem: WorkItemRecord): void {
  if (isOwned(workItem.fieldSources, 'priority')) return;
  const { priority, reason } = priorityOf(workItem.impact, workItem.urgency);
  workItem.priority = priority;
  workItem.priorityReason = reason;
}

/** What happened to the alerts of a work item. */
export interface AlertChange {
  /** A firing alert joined just now. */
  firedAnew: boolean;
  /** Whether one fires has changed; so it has for a work item that is new. */
  isNews: boolean;
  /** The payload's time. */
  at: Date;
  now: Date;
  /** Why its last alert is over. */
  because?: 'resolved' | 'expired';
}

/** What the system did about a work item, and whether it flaps since. */
export interface StepTaken extends SystemStep {
  flappingBegan: boolean;
}

/**
 * Does at `at` (the payload's time) what {@link systemStepOf} says is due, and tells what that was. The fourth change
 * within half an hour holds the work item open until it has been quiet.
 */
export function keepInStep(workItem: WorkItemRecord, change: AlertChange): StepTaken {
  const { kind } = systemStepOf(standingOf(workItem, change));
  if (workItem.flappingUntil !== null && change.isNews) noteNoise(workItem, change);
  if (kind !== 'resolve' && kind !== 'reopen') {
    if (kind === 'correct_resolved_at') correctResolvedAt(workItem);
    return { kind, flappingBegan: false };
  }
  const flappingBegan = beginsToFlap(workItem, change);
  if (kind === 'resolve' && flappingBegan) return { kind: 'hold', flappingBegan };
  if (kind === 'resolve') resolveByMonitoring(workItem, change);
  else reopen(workItem, change);
  return { kind, flappingBegan };
}

/** Ends the flapping of a work item that has been quiet: it takes its true state. Tells what that took. */
export function endFlapping(workItem: WorkItemRecord, now: Date): 'resolve' | 'none' {
  workItem.flappingUntil = null;
  workItem.recentChanges = null;
  const { kind } = systemStepOf(standingOf(workItem, { firedAnew: false, isNews: true }));
  if (kind !== 'resolve') return 'none';
  resolveByMonitoring(workItem, { at: workItem.lastResolvedAt ?? now, now });
  return 'resolve';
}

function standingOf(workItem: WorkItemRecord, change: Pick<AlertChange, 'firedAnew' | 'isNews'>): Standing {
  const { state, resolvedAt, resolvedBy, firingCount, lastResolvedAt, autoResolve, flappingUntil } = workItem;
  const resolvedBySystem = resolvedBy?.startsWith('system:') ?? false;
  const isFlapping = flappingUntil !== null;
  const { firedAnew, isNews } = change;
  const alerts = { firingCount, lastResolvedAt, firedAnew, isNews };
  return { state, resolvedAt, resolvedBySystem, ...alerts, autoResolve, isFlapping };
}

/** Notes a change; true where it is one too many. */
function beginsToFlap(workItem: WorkItemRecord, { at, now }: AlertChange): boolean {
  workItem.recentChanges = withChange(workItem.recentChanges, { at, now });
  if (workItem.flappingUntil !== null || !isTooMany(workItem.recentChanges)) return false;
  workItem.flappingUntil = quietUntil(null, { at, now });
  return true;
}

function noteNoise(workItem: WorkItemRecord, { at, now }: AlertChange): void {
  workItem.flappingUntil = quietUntil(workItem.flappingUntil, { at, now });
}

function urgencyOf({ route, urgency }: Occurrence): number {
  return route.urgency ?? urgency;
}

function isEarlier(occurrence: Occurrence, workItem: WorkItemRecord): boolean {
  const byTime = occurrence.firedAt.getTime() - workItem.openedAt.getTime();
  return byTime < 0 || (byTime === 0 && occurrence.deliveryKey < (workItem.leadKey ?? ''));
}

function adoptLead(workItem: WorkItemRecord, occurrence: Occurrence): void {
  workItem.openedAt = occurrence.firedAt;
  workItem.leadKey = occurrence.deliveryKey;
  workItem.alertRule = occurrence.alertRule;
  workItem.subscriptionId = occurrence.subscriptionId;
  if (!isOwned(workItem.fieldSources, 'title')) workItem.title = occurrence.route.title;
  if (!isOwned(workItem.fieldSources, 'description')) workItem.description = occurrence.route.description;
}

const ENDS = {
  resolved: {
    resolutionCode: 'resolved_by_monitoring',
    resolutionNotes: 'Azure Monitor reports that the condition has ended.',
  },
  expired: {
    resolutionCode: 'expired',
    resolutionNotes: 'Its alerts tell no end of their own, and there has been no news of them.',
  },
} as const satisfies Record<string, { resolutionCode: ResolutionCode; resolutionNotes: string }>;

function resolveByMonitoring(
  workItem: WorkItemRecord,
  { at, now, because = 'resolved' }: Pick<AlertChange, 'at' | 'now' | 'because'>,
): void {
  // No alert of it has an end where its last one has moved on to another work item.
  workItem.lastResolvedAt ??= at;
  apply(workItem, { to: 'resolved', at: workItem.lastResolvedAt, now, input: ENDS[because] });
}

function reopen(workItem: WorkItemRecord, { at, now }: AlertChange): void {
  apply(workItem, { to: workItem.assignee === null ? 'new' : 'in_progress', at, now });
}

function correctResolvedAt(workItem: WorkItemRecord): void {
  workItem.resolvedAt = workItem.lastResolvedAt;
  if (workItem.reopenUntil !== null && workItem.resolvedAt !== null)
    workItem.reopenUntil = new Date(workItem.resolvedAt.getTime() + workItem.reopenWindowMinutes * 60_000);
}

/** Moves a record as the system; what is illegal here is our own fault. */
function apply(
  workItem: WorkItemRecord,
  request: { to: WorkItemState; at: Date; now: Date; input?: (typeof ENDS)[keyof typeof ENDS] },
): void {
  const result = move(workItem, { ...request, by: { kind: 'system', actor: SYSTEM_ACTOR } });
  if (result.kind !== 'moved')
    throw new Error(`The system can't move a work item from ${workItem.state} to ${request.to}.`);
  Object.assign(workItem, result.changes);
}
