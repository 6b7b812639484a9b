import { isOrphan, ownEndOf, type Episode } from './episode';

/** The end of an alert: when, and by which orphan's Resolved if not by its own. */
export interface End {
  resolvedAt: Date | null;
  resolvedByAlertId: string | null;
}

const STILL_OPEN: End = { resolvedAt: null, resolvedByAlertId: null };

/**
 * The ends of all alerts of one signature. An alert's own Resolved always counts. Besides, each *orphan* (a Resolved whose
 * episode never fired) ends the one alert that fired before it and was open then; with none or several it ends nothing,
 * unless it tells that the thing itself is well again (Resource Health), which ends all of them.
 *
 * The result depends on the payloads' times alone, never on the order of arrival: when an orphan's own Fired comes after
 * all, what it had ended fires again.
 */
export function settle(episodes: readonly Episode[]): Map<Episode, End> {
  const orphans = episodes.filter(isOrphan).sort(byEnd);
  const inSight = new Set(episodes.map(({ id }) => id));
  const ends = new Map(episodes.map((episode) => [episode, firstEndOf(episode, inSight)]));
  const alerts = episodes.filter(({ occurrences }) => occurrences > 0);
  for (const orphan of orphans) {
    const at = orphan.ownResolvedAt as Date;
    for (const alert of endedBy(orphan, alerts, ends)) {
      if (ends.get(alert)?.resolvedAt === null) ends.set(alert, { resolvedAt: at, resolvedByAlertId: orphan.id });
    }
  }
  return ends;
}

/** The end of an alert of a signature without orphans in play. */
export function ownEnd(episode: Episode): End {
  return firstEndOf(episode, new Set());
}

/** Its own end; else the one that an orphan out of sight gave it earlier, as long as it has not fired again since. */
function firstEndOf(episode: Episode, idsInSight: ReadonlySet<string>): End {
  const own = ownEndOf(episode);
  if (own !== null) return { resolvedAt: own, resolvedByAlertId: null };
  const { resolvedAt, resolvedByAlertId, lastFiredAt } = episode;
  if (resolvedByAlertId === null || idsInSight.has(resolvedByAlertId)) return STILL_OPEN;
  const kept = resolvedAt !== null && lastFiredAt !== null && lastFiredAt <= resolvedAt;
  return kept ? { resolvedAt, resolvedByAlertId } : STILL_OPEN;
}

/** The alerts that an orphan's Resolved is about: all that were open, or the only one. A second one ends the search. */
function endedBy(orphan: Episode, alerts: readonly Episode[], ends: ReadonlyMap<Episode, End>): Episode[] {
  const open: Episode[] = [];
  for (const alert of alerts) {
    if (!isOpenFor(orphan, alert, ends.get(alert)?.resolvedAt ?? null)) continue;
    open.push(alert);
    if (open.length > 1 && !orphan.endsSignature) return [];
  }
  return open;
}

/** A thing that is well again ends what it had at that very moment, too. */
function isOpenFor({ ownResolvedAt, endsSignature }: Episode, { lastFiredAt }: Episode, end: Date | null): boolean {
  if (ownResolvedAt === null || lastFiredAt === null) return false;
  const hasFired = lastFiredAt < ownResolvedAt || (endsSignature && lastFiredAt.getTime() === ownResolvedAt.getTime());
  return hasFired && (end === null || end > ownResolvedAt);
}

function byEnd(one: Episode, other: Episode): number {
  const byTime = Number(one.ownResolvedAt) - Number(other.ownResolvedAt);
  return byTime !== 0 ? byTime : one.episodeKey < other.episodeKey ? -1 : 1;
}
