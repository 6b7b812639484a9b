import { keepInStep, type AlertChange } from '../../work-items/absorb.rules';
import { isLive } from '../../work-items/lifecycle.rules';
import type { Route } from '../../work-items/routing/route.rules';
import type { SystemStep } from '../../work-items/standing.rules';
import { SYSTEM_ACTOR, type TimelineKind, type WorkItemRecord } from '../../work-items/work-item.record';
import type { NormalizedDelivery } from '../rules/normalized-delivery';
import { isFiring, type Episode } from './episode';
import type { FoldResult, IngestState } from './ingest-state';

/** What makes something happen to a work item: a delivery, or that there was none. */
export interface Cause {
  /** The payload's time. */
  at: Date;
  deliveryId: string | null;
}

/** Moves work items as their alerts demand, and writes down why. */
export class Story {
  /** Whether an alert of them fired when they were last looked at; what is new has not been. */
  private readonly wasFiring = new Map<WorkItemRecord, boolean>();

  constructor(
    { slots, episodes }: Pick<IngestState, 'slots' | 'episodes'>,
    private readonly result: Pick<FoldResult, 'workItems' | 'timeline'>,
    private readonly now: Date,
  ) {
    for (const workItem of slots.values()) this.lookAt(workItem);
    for (const { workItem } of episodes.values()) this.lookAt(workItem);
  }

  keepInStep(
    workItem: WorkItemRecord,
    cause: Cause,
    change: Pick<AlertChange, 'firedAnew' | 'because'>,
  ): SystemStep['kind'] {
    const isNews = this.wasFiring.get(workItem) !== workItem.firingCount > 0;
    const { kind, flappingBegan } = keepInStep(workItem, { ...change, isNews, at: cause.at, now: this.now });
    this.lookAt(workItem);
    if (kind !== 'none' || flappingBegan) this.result.workItems.add(workItem);
    if (kind === 'resolve') this.tell(workItem, cause, { kind: 'resolved', summary: resolvedBecause(change.because) });
    if (kind === 'reopen')
      this.tell(workItem, cause, { kind: 'reopened', summary: 'Reopened: one of its alerts fires again' });
    if (flappingBegan) this.tell(workItem, cause, flapping(workItem));
    return kind;
  }

  tell(
    workItem: WorkItemRecord,
    { at, deliveryId }: Cause,
    entry: { kind: TimelineKind; summary: string; detail?: Record<string, unknown> },
  ): void {
    this.result.timeline.push({ workItem, at, actor: SYSTEM_ACTOR, deliveryId, detail: null, ...entry });
  }

  private lookAt(workItem: WorkItemRecord | null): void {
    if (workItem !== null) this.wasFiring.set(workItem, workItem.firingCount > 0);
  }
}

function resolvedBecause(because: AlertChange['because']): string {
  return because === 'expired'
    ? 'Resolved: there is no news of its alerts any more'
    : 'Resolved: none of its alerts fires any more';
}

function flapping({ flappingUntil }: WorkItemRecord): {
  kind: TimelineKind;
  summary: string;
  detail: object & Record<string, unknown>;
} {
  return {
    kind: 'flapping_began',
    summary: 'Flapping: four changes within 30 minutes; it stays open until there has been none for 30 minutes',
    detail: { quietUntil: flappingUntil },
  };
}

/** What the timeline says of the delivery that opens a work item: by which key, for what reason, by which rule. */
export function openingOf(
  alert: NormalizedDelivery,
  { workItem, route, reason }: { workItem: WorkItemRecord; route: Route; reason: string },
): { kind: TimelineKind; summary: string; detail: Record<string, unknown> } {
  const rule = route.rule === null ? 'no routing rule matches' : `routed by "${route.rule.name}"`;
  return {
    kind: 'opened',
    summary: `Opened: ${reason}; ${rule}`,
    detail: {
      reason,
      signature: alert.signature,
      episodeKey: alert.episodeKey,
      deliveryKey: alert.deliveryKey,
      severity: alert.severity,
      priorityReason: workItem.priorityReason,
      routing: routingOf(route),
    },
  };
}

/** What the timeline says of an occurrence that joins a work item. */
export function joiningOf(
  { signature, episodeKey, deliveryKey, severity }: NormalizedDelivery,
  reason: string,
): { kind: TimelineKind; summary: string; detail: Record<string, unknown> } {
  const detail = { reason, signature, episodeKey, deliveryKey, severity };
  return { kind: 'alert_fired', summary: `Alert joined: ${reason}`, detail };
}

/** A route without what the work item itself shows. */
function routingOf({ title: _, description: __, ...route }: Route): Record<string, unknown> {
  return route;
}

/** What the timeline says of a Resolved that did not resolve its work item. */
export function unresolvedBecause({ state, firingCount, flappingUntil }: WorkItemRecord, episode: Episode): string {
  if (isFiring(episode)) return 'A Resolved came late: its alert has fired again since';
  if (!isLive(state)) return `Alert resolved; the work item is ${state} already`;
  if (firingCount > 0) return `Alert resolved; ${firingCount} more still fire`;
  if (flappingUntil !== null) return 'Alert resolved; the work item stays open until it has been quiet';
  return 'Alert resolved; the work item stays open until a person resolves it';
}
