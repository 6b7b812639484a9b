import { laterOf } from '../../common/time.rules';
import { countOccurrence, openedBy, type Occurrence } from '../../work-items/absorb.rules';
import { isFinal, isLive } from '../../work-items/lifecycle.rules';
import type { Route } from '../../work-items/routing/route.rules';
import { placementOf, type Placement, type SystemStep } from '../../work-items/standing.rules';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import { Ends } from './ends';
import { describe, expiryOf, isFiring, type Episode } from './episode';
import { Episodes } from './episodes';
import type { AcceptedDelivery, DeliveryOutcome, FoldResult, IngestState } from './ingest-state';
import { joiningOf, openingOf, Story, unresolvedBecause, type Cause } from './story';

/** What folding takes from outside, so that it stays pure. */
export interface FoldPolicy {
  /** This service's clock. */
  now: Date;
  /** Makes the id of a new alert. */
  newId: () => string;
}

/**
 * Decides what becomes of each delivery of a batch, given all that is known. It changes the
 * objects in `state` (they are this batch's own copies) and tells what there is to write; it reads no clock and does no I/O.
 *
 * The deliveries are taken in the order of the payloads' times, which spares detours such as reopening; the end state is
 * the same for any order.
 */
export function fold(state: IngestState, deliveries: readonly AcceptedDelivery[], policy: FoldPolicy): FoldResult {
  const folding = new Folding(state, policy);
  for (const delivery of inOrderOfTime(deliveries)) folding.take(delivery);
  return folding.result;
}

/** Decides what becomes of alerts that have been silent for as long as their kind may be: they count as over since then. */
export function foldExpiries(state: IngestState, policy: FoldPolicy): FoldResult {
  const folding = new Folding(state, policy);
  for (const episode of state.episodes.values()) folding.expire(episode);
  return folding.result;
}

const CONDITION_ORDER = { fired: 0, resolved: 1, note: 2 } as const;

/** By the payloads' times; at one instant a Fired comes before its Resolved. */
function inOrderOfTime(deliveries: readonly AcceptedDelivery[]): AcceptedDelivery[] {
  return [...deliveries].sort(({ alert: one }, { alert: other }) => {
    const byTime = one.eventAt.getTime() - other.eventAt.getTime();
    return byTime !== 0 ? byTime : CONDITION_ORDER[one.condition] - CONDITION_ORDER[other.condition];
  });
}

/** What a delivery did, and to which work item. */
interface Effect {
  outcome: DeliveryOutcome;
  workItem: WorkItemRecord | null;
  /** The work item that the occurrence counts for. */
  joined: WorkItemRecord | null;
}

/** Which work item an occurrence counts for, and why; `record` = none. */
interface Move {
  kind: Placement['kind'] | 'stay' | 'record';
  reason: string;
  workItem: WorkItemRecord | null;
}

class Folding {
  readonly result: FoldResult = { folded: [], episodes: new Set(), workItems: new Set(), timeline: [] };
  private readonly episodes: Episodes;
  private readonly ends: Ends;
  private readonly story: Story;

  constructor(
    private readonly state: IngestState,
    private readonly policy: FoldPolicy,
  ) {
    this.episodes = new Episodes(state.episodes, policy.newId);
    this.ends = new Ends(state, this.episodes, this.result);
    this.story = new Story(state, this.result, policy.now);
  }

  take(delivery: AcceptedDelivery): void {
    const { alert } = delivery;
    const known = this.state.deliveries.get(alert.deliveryKey);
    if (known !== undefined) {
      this.result.folded.push({ delivery, outcome: 'duplicate', ...known, duplicateOf: known.id, joined: null });
      return;
    }
    const episode = this.episodeOf(delivery);
    const effect = this.apply(delivery, episode);
    describe(episode, alert);
    this.result.episodes.add(episode);
    this.result.folded.push({ delivery, ...effect, alertId: episode.id, duplicateOf: null });
    this.state.deliveries.set(alert.deliveryKey, { id: delivery.id, alertId: episode.id, workItem: effect.workItem });
  }

  expire(episode: Episode): void {
    if (!isFiring(episode) || episode.lastFiredAt === null || episode.quietMinutes === null) return;
    const at = new Date(episode.lastFiredAt.getTime() + episode.quietMinutes * 60_000);
    const cause: Cause = { at, deliveryId: null };
    const touched = this.ends.revise(episode, () => {
      episode.expiredAt = at;
    });
    if (episode.workItem !== null && !isFinal(episode.workItem.state)) {
      const summary = `An alert counts as over: no news of it for ${episode.quietMinutes / 60} hours`;
      this.story.tell(episode.workItem, cause, { kind: 'alert_expired', summary, detail: { alertId: episode.id } });
    }
    for (const workItem of touched) this.story.keepInStep(workItem, cause, { firedAnew: false, because: 'expired' });
  }

  private apply(delivery: AcceptedDelivery, episode: Episode): Effect {
    switch (delivery.alert.condition) {
      case 'fired':
        return this.fire(delivery, episode);
      case 'resolved':
        return this.resolve(delivery, episode);
      case 'note':
        return this.note(delivery, episode);
    }
  }

  private fire(delivery: AcceptedDelivery, episode: Episode): Effect {
    const stale = isStaleFired(episode, delivery.alert.eventAt);
    const occurrence = this.occurrenceOf(delivery);
    const move = this.moveOf(episode, { occurrence, stale });
    const former = episode.workItem;
    const touched = this.ends.revise(episode, () =>
      this.addOccurrence(episode, { delivery, stale, workItem: move.workItem }),
    );
    if (former !== null && former !== move.workItem) {
      this.result.workItems.add(former);
      touched.add(former);
    }
    if (move.kind !== 'stay' && move.workItem !== null) touched.add(move.workItem);
    const joined = this.count(move, delivery, occurrence);
    const steps = new Map<WorkItemRecord, SystemStep['kind']>();
    for (const workItem of inTurn(move.workItem, touched)) {
      const firedAnew = workItem === move.workItem && !stale && isFiring(episode);
      steps.set(workItem, this.story.keepInStep(workItem, causeOf(delivery), { firedAnew }));
    }
    const step = move.workItem === null ? undefined : steps.get(move.workItem);
    return { outcome: outcomeOfFired(stale, move, step), workItem: move.workItem, joined };
  }

  private resolve(delivery: AcceptedDelivery, episode: Episode): Effect {
    const at = delivery.alert.eventAt;
    const stale = isStaleResolved(episode, at);
    const changed = this.ends.revise(episode, () => {
      episode.ownResolvedAt = laterOf(episode.ownResolvedAt, at);
      episode.endsSignature ||= delivery.alert.resolvesSignature;
    });
    const cause = causeOf(delivery);
    const resolved = [...changed].filter(
      (workItem) => this.story.keepInStep(workItem, cause, { firedAnew: false }) === 'resolve',
    );
    const others = episode.workItem === null ? [...changed] : [...changed, episode.workItem];
    const workItem = resolved[0] ?? episode.workItem ?? others.find(({ state }) => isLive(state)) ?? others[0] ?? null;
    if (resolved.length === 0 && workItem !== null)
      this.story.tell(workItem, cause, { kind: 'alert_resolved', summary: unresolvedBecause(workItem, episode) });
    if (resolved.length > 0) return { outcome: 'resolved', workItem, joined: null };
    if (stale) return { outcome: 'stale', workItem, joined: null };
    return { outcome: workItem !== null && isLive(workItem.state) ? 'updated' : 'recorded', workItem, joined: null };
  }

  private note(delivery: AcceptedDelivery, { workItem }: Episode): Effect {
    if (workItem === null) return { outcome: 'recorded', workItem, joined: null };
    this.story.tell(workItem, causeOf(delivery), { kind: 'note', summary: delivery.alert.title });
    return { outcome: isLive(workItem.state) ? 'updated' : 'recorded', workItem, joined: null };
  }

  private addOccurrence(
    episode: Episode,
    { delivery, stale, workItem }: { delivery: AcceptedDelivery; stale: boolean; workItem: WorkItemRecord | null },
  ): void {
    const at = delivery.alert.eventAt;
    episode.occurrences += 1;
    episode.firedAt = episode.firedAt === null || at < episode.firedAt ? at : episode.firedAt;
    episode.lastFiredAt = laterOf(episode.lastFiredAt, at);
    episode.workItem = workItem;
    if (stale) return;
    episode.quietMinutes = delivery.alert.quietMinutes;
    episode.expiredAt = null;
    episode.expiresAt = expiryOf(episode, this.policy.now);
  }

  /** Where an occurrence belongs. One that tells nothing new stays with the work item that its alert has. */
  private moveOf(episode: Episode, { occurrence, stale }: { occurrence: Occurrence; stale: boolean }): Move {
    if (stale) {
      const kind = episode.workItem === null ? 'record' : 'stay';
      return { kind, reason: 'an earlier occurrence came late', workItem: episode.workItem };
    }
    const current = this.state.slots.get(episode.signature) ?? null;
    const placement = placementOf(current, occurrence.firedAt);
    if (placement.kind === 'join' && current !== null) return { ...placement, workItem: current };
    if (occurrence.route.recordOnly)
      return { kind: 'record', reason: 'by its routing rule it has no work item', workItem: null };
    const opened = openedBy(occurrence, current);
    this.state.slots.set(episode.signature, opened);
    return { ...placement, workItem: opened };
  }

  /** Counts the occurrence for its work item, and tells which one to bind; what is closed or canceled stays as it is. */
  private count(
    { kind, reason, workItem }: Move,
    delivery: AcceptedDelivery,
    occurrence: Occurrence,
  ): WorkItemRecord | null {
    if (workItem === null || isFinal(workItem.state)) return null;
    const { urgencyRaised } = countOccurrence(workItem, occurrence);
    const cause = causeOf(delivery);
    this.result.workItems.add(workItem);
    if (isOpening(kind))
      this.story.tell(workItem, cause, openingOf(delivery.alert, { workItem, route: occurrence.route, reason }));
    else this.story.tell(workItem, cause, joiningOf(delivery.alert, reason));
    const { urgency, priority, priorityReason } = workItem;
    if (urgencyRaised)
      this.story.tell(workItem, cause, {
        kind: 'urgency_raised',
        summary: `Urgency raised to ${urgency}: priority ${priority} (${priorityReason})`,
      });
    return workItem;
  }

  /** The alert that a delivery is about. One that leaves another signature as an orphan no longer ends anything there. */
  private episodeOf(delivery: AcceptedDelivery): Episode {
    const { episode, left } = this.episodes.of(delivery.alert);
    if (left === null || !this.state.unsettled.has(left)) return episode;
    for (const workItem of this.ends.resettle(left, () => undefined))
      this.story.keepInStep(workItem, causeOf(delivery), { firedAnew: false });
    return episode;
  }

  private occurrenceOf({ id, alert }: AcceptedDelivery): Occurrence {
    const route = this.state.routes.get(alert.deliveryKey);
    if (route === undefined) throw new Error(`Delivery ${id} fired and was not routed.`);
    const { deliveryKey, eventAt, urgency, signature, monitoringService, alertRule, subscriptionId } = alert;
    return {
      deliveryId: id,
      firedAt: eventAt,
      route: route satisfies Route,
      ...{ deliveryKey, urgency, signature, monitoringService, alertRule, subscriptionId },
    };
  }
}

/** An occurrence that tells nothing new of an episode that has fired before. */
function isStaleFired({ occurrences, lastFiredAt, ownResolvedAt }: Episode, at: Date): boolean {
  const known = laterOf(lastFiredAt, ownResolvedAt);
  return occurrences > 0 && known !== null && at <= known;
}

/** A Resolved that is not later than one already known, or that an occurrence has overtaken. */
function isStaleResolved({ lastFiredAt, ownResolvedAt }: Episode, at: Date): boolean {
  return (ownResolvedAt !== null && at <= ownResolvedAt) || (lastFiredAt !== null && at < lastFiredAt);
}

/** The occurrence's own work item comes first. */
function inTurn(first: WorkItemRecord | null, touched: ReadonlySet<WorkItemRecord>): WorkItemRecord[] {
  const others = [...touched].filter((workItem) => workItem !== first);
  return first !== null && touched.has(first) ? [first, ...others] : others;
}

function causeOf({ id, alert }: AcceptedDelivery): Cause {
  return { at: alert.eventAt, deliveryId: id };
}

function isOpening(kind: Move['kind']): boolean {
  return kind === 'open' || kind === 'open_next';
}

function outcomeOfFired(stale: boolean, { kind }: Move, step: SystemStep['kind'] | undefined): DeliveryOutcome {
  if (stale) return 'stale';
  if (kind === 'record') return 'recorded';
  if (isOpening(kind)) return 'created';
  return step === 'reopen' ? 'reopened' : 'updated';
}
