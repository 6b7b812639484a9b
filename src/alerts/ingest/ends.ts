import { laterOf } from '../../common/time.rules';
import { isFinal } from '../../work-items/lifecycle.rules';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import { isFiring, type Episode } from './episode';
import type { Episodes } from './episodes';
import type { FoldResult, IngestState } from './ingest-state';
import { ownEnd, settle, type End } from './settle.rules';

/** Keeps the ends of alerts, and what their work items count, in step with what changes about alerts. */
export class Ends {
  constructor(
    private readonly state: Pick<IngestState, 'slots' | 'unsettled'>,
    private readonly episodes: Episodes,
    private readonly result: Pick<FoldResult, 'episodes' | 'workItems'>,
  ) {}

  /**
   * Changes an episode and gives it, and where orphans are in play all alerts of its signature, the end that follows from
   * it. Tells which work items an end changed for.
   */
  revise(episode: Episode, change: () => void): Set<WorkItemRecord> {
    return this.state.unsettled.has(episode.signature)
      ? this.resettle(episode.signature, change)
      : this.adjust([episode], change, () => new Map([[episode, ownEnd(episode)]]));
  }

  /** The same for all alerts of a signature where orphans are in play. */
  resettle(signature: string, change: () => void): Set<WorkItemRecord> {
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

  /**
   * An alert that fires again, because the Resolved that ended it was another's, belongs where its signature is now. One that is only
   * recorded stays so.
   */
  private moveToCurrent(episode: Episode): void {
    const current = this.state.slots.get(episode.signature) ?? null;
    if (episode.workItem !== null && current !== null && !isFinal(current.state)) episode.workItem = current;
  }
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

function isSame(one: Date | null, other: Date | null): boolean {
  return one?.getTime() === other?.getTime();
}
