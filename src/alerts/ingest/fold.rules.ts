import { laterOf } from '../../common/time.rules';
import { countOccurrence, keepInStep, openedBy, type Occurrence } from '../../work-items/absorb.rules';
import { isFinal, isLive, placementOf, type Placement, type SystemStep } from '../../work-items/lifecycle.rules';
import { SYSTEM_ACTOR, type TimelineKind, type WorkItemRecord } from '../../work-items/work-item.record';
import { describe, isFiring, type Episode } from './episode';
import { Episodes } from './episodes';
import type { AcceptedDelivery, DeliveryOutcome, FoldResult, IngestState } from './ingest-state';
import { ownEnd, settle, type End } from './settle.rules';

/** What folding takes from outside, so that it stays pure. */
export interface FoldPolicy {
  /** How long after its resolution a work item takes a new Fired of its signature, in the payloads' times. */
  reopenWindowMs: number;
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

/** Which work item an occurrence counts for, and why. */
interface Move {
  kind: Placement['kind'] | 'stay';
  reason: string;
  workItem: WorkItemRecord;
}

class Folding {
  readonly result: FoldResult = { folded: [], episodes: new Set(), workItems: new Set(), timeline: [] };
  private readonly episodes: Episodes;

  constructor(
    private readonly state: IngestState,
    private readonly policy: FoldPolicy,
  ) {
    this.episodes = new Episodes(state.episodes, policy.newId);
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
    const at = delivery.alert.eventAt;
    const stale = isStaleFired(episode, at);
    const move = this.moveOf(episode, delivery, stale);
    const former = episode.workItem;
    const touched = this.revise(episode, () => {
      episode.occurrences += 1;
      episode.firedAt = episode.firedAt === null || at < episode.firedAt ? at : episode.firedAt;
      episode.lastFiredAt = laterOf(episode.lastFiredAt, at);
      episode.workItem = move.workItem;
    });
    if (former !== null && former !== move.workItem) {
      this.result.workItems.add(former);
      touched.add(former);
    }
    const joined = this.count(move, delivery);
    const step = this.keepInStep(move.workItem, delivery, !stale && isFiring(episode));
    for (const other of touched) if (other !== move.workItem) this.keepInStep(other, delivery, false);
    return { outcome: outcomeOfFired(stale, move, step), workItem: move.workItem, joined };
  }

  private resolve(delivery: AcceptedDelivery, episode: Episode): Effect {
    const at = delivery.alert.eventAt;
    const stale = isStaleResolved(episode, at);
    const touched = this.revise(episode, () => {
      episode.ownResolvedAt = laterOf(episode.ownResolvedAt, at);
      episode.endsSignature ||= delivery.alert.resolvesSignature;
    });
    if (episode.workItem !== null) touched.add(episode.workItem);
    const resolved = [...touched].filter((workItem) => this.keepInStep(workItem, delivery, false) === 'resolve');
    const others = [...touched];
    const workItem = resolved[0] ?? episode.workItem ?? others.find(({ state }) => isLive(state)) ?? others[0] ?? null;
    if (resolved.length === 0 && workItem !== null)
      this.tell(workItem, delivery, 'alert_resolved', resolvedSummary(workItem));
    if (resolved.length > 0) return { outcome: 'resolved', workItem, joined: null };
    if (stale) return { outcome: 'stale', workItem, joined: null };
    return { outcome: workItem !== null && isLive(workItem.state) ? 'updated' : 'recorded', workItem, joined: null };
  }

  private note(delivery: AcceptedDelivery, { workItem }: Episode): Effect {
    if (workItem === null) return { outcome: 'recorded', workItem, joined: null };
    this.tell(workItem, delivery, 'note', delivery.alert.title);
    return { outcome: isLive(workItem.state) ? 'updated' : 'recorded', workItem, joined: null };
  }

  /** Where an occurrence belongs. One that tells nothing new stays with the work item that its alert has. */
  private moveOf(episode: Episode, delivery: AcceptedDelivery, stale: boolean): Move {
    if (stale && episode.workItem !== null) {
      return { kind: 'stay', reason: 'an earlier occurrence came late', workItem: episode.workItem };
    }
    const current = this.state.slots.get(episode.signature) ?? null;
    const placement = placementOf(current, delivery.alert.eventAt, this.policy.reopenWindowMs);
    if (placement.kind === 'join' && current !== null) return { ...placement, workItem: current };
    const opened = openedBy(occurrenceOf(delivery), current);
    this.state.slots.set(episode.signature, opened);
    return { ...placement, workItem: opened };
  }

  /** Counts the occurrence for its work item, and tells which one to bind; what is closed or canceled stays as it is. */
  private count({ kind, reason, workItem }: Move, delivery: AcceptedDelivery): WorkItemRecord | null {
    if (isFinal(workItem.state)) return null;
    const { urgencyRaised } = countOccurrence(workItem, occurrenceOf(delivery));
    this.result.workItems.add(workItem);
    if (isOpening(kind)) this.tell(workItem, delivery, 'opened', `Opened: ${reason}`);
    else this.tell(workItem, delivery, 'alert_fired', `Alert joined: ${reason}`);
    const { urgency, priorityReason } = workItem;
    if (urgencyRaised)
      this.tell(workItem, delivery, 'urgency_raised', `Urgency raised to ${urgency}: ${priorityReason}`);
    return workItem;
  }

  /**
   * Changes an episode and gives it, and where orphans are in play all alerts of its signature, the end that follows from
   * it. Tells which work items an end changed for.
   */
  private revise(episode: Episode, change: () => void): Set<WorkItemRecord> {
    return this.state.unsettled.has(episode.signature)
      ? this.resettle(episode.signature, change)
      : this.adjust([episode], change, () => new Map([[episode, ownEnd(episode)]]));
  }

  private resettle(signature: string, change: () => void): Set<WorkItemRecord> {
    const scope = this.episodes.ofSignature(signature);
    return this.adjust(scope, change, () => {
      const current = this.state.slots.get(signature) ?? null;
      // All its alerts are in the scope, and each contributes its end anew: one that was taken back no longer counts.
      if (current !== null) current.lastResolvedAt = null;
      return settle(scope);
    });
  }

  /** The work items' counts stay in step with their alerts: what these contribute is withdrawn, and then contributed anew. */
  private adjust(
    scope: readonly Episode[],
    change: () => void,
    endsAfter: () => ReadonlyMap<Episode, End>,
  ): Set<WorkItemRecord> {
    for (const each of scope) withdraw(each);
    change();
    const touched = new Set<WorkItemRecord>();
    for (const [each, end] of endsAfter()) {
      if (this.setEnd(each, end) && each.workItem !== null) touched.add(each.workItem);
    }
    for (const each of scope) contribute(each);
    for (const workItem of touched) this.result.workItems.add(workItem);
    return touched;
  }

  private setEnd(episode: Episode, { resolvedAt, resolvedByAlertId }: End): boolean {
    if (isSame(episode.resolvedAt, resolvedAt) && episode.resolvedByAlertId === resolvedByAlertId) return false;
    episode.resolvedAt = resolvedAt;
    episode.resolvedByAlertId = resolvedByAlertId;
    this.result.episodes.add(episode);
    if (isFiring(episode)) this.moveToCurrent(episode);
    return true;
  }

  /** An alert that fires again, because the Resolved that ended it was another's, belongs where its signature is now. */
  private moveToCurrent(episode: Episode): void {
    const current = this.state.slots.get(episode.signature) ?? null;
    if (current !== null && !isFinal(current.state)) episode.workItem = current;
  }

  private keepInStep(workItem: WorkItemRecord, delivery: AcceptedDelivery, firedAnew: boolean): SystemStep['kind'] {
    const step = keepInStep(workItem, { firedAnew, at: delivery.alert.eventAt });
    if (step !== 'none') this.result.workItems.add(workItem);
    if (step === 'resolve') this.tell(workItem, delivery, 'resolved', 'Resolved: none of its alerts fires any more');
    if (step === 'reopen') this.tell(workItem, delivery, 'reopened', 'Reopened: one of its alerts fires again');
    return step;
  }

  private tell(workItem: WorkItemRecord, { id, alert }: AcceptedDelivery, kind: TimelineKind, summary: string): void {
    const entry = { workItem, kind, at: alert.eventAt, actor: SYSTEM_ACTOR, summary, deliveryId: id, detail: null };
    this.result.timeline.push(entry);
  }

  /** The alert that a delivery is about. One that leaves another signature as an orphan no longer ends anything there. */
  private episodeOf(delivery: AcceptedDelivery): Episode {
    const { episode, left } = this.episodes.of(delivery.alert);
    if (left === null || !this.state.unsettled.has(left)) return episode;
    for (const workItem of this.resettle(left, () => undefined)) this.keepInStep(workItem, delivery, false);
    return episode;
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

function withdraw(episode: Episode): void {
  if (episode.workItem !== null && isFiring(episode)) episode.workItem.firingCount -= 1;
}

function contribute(episode: Episode): void {
  const { workItem } = episode;
  if (workItem === null) return;
  if (isFiring(episode)) workItem.firingCount += 1;
  else workItem.lastResolvedAt = laterOf(workItem.lastResolvedAt, episode.resolvedAt);
}

function occurrenceOf({ id, alert }: AcceptedDelivery): Occurrence {
  return { deliveryId: id, firedAt: alert.eventAt, ...alert };
}

function isOpening(kind: Move['kind']): boolean {
  return kind === 'open' || kind === 'open_next';
}

function outcomeOfFired(stale: boolean, { kind }: Move, step: SystemStep['kind']): DeliveryOutcome {
  if (stale) return 'stale';
  if (isOpening(kind)) return 'created';
  return step === 'reopen' ? 'reopened' : 'updated';
}

function resolvedSummary({ state, firingCount }: WorkItemRecord): string {
  return isLive(state)
    ? `Alert resolved; ${firingCount} more still fire`
    : `Alert resolved; the work item is ${state} already`;
}

function isSame(one: Date | null, other: Date | null): boolean {
  return one?.getTime() === other?.getTime();
}
