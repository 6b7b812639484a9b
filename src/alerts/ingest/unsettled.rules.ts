import type { NormalizedDelivery } from '../rules/normalized-delivery';
import { episodeKeyUnder, isOrphan, type Episode } from './episode';

/** What of a known alert tells when it was open. */
export type KnownEpisode = Pick<
  Episode,
  'episodeKey' | 'signature' | 'occurrences' | 'firedAt' | 'ownResolvedAt' | 'resolvedAt'
>;

/** For each signature the earliest of the times that were noted for it. */
class EarliestTimes {
  readonly bySignature = new Map<string, Date>();

  note(signature: string, time: Date | null): void {
    const earliest = this.bySignature.get(signature);
    if (time !== null && (earliest === undefined || time < earliest)) this.bySignature.set(signature, time);
  }
}

/**
 * The signatures where orphans are in play, each with the time from which on its alerts matter to `settle`: a known orphan
 * is not older than what a delivery changes, a known one now gets its Fired, a Resolved comes whose episode nobody has seen
 * fire, or what is known of an episode changes, as it fires again or its end moves: then it was open at other times than
 * before. `alerts` are the batch's, without repeats; `rows` what is known of their episodes, and the orphans around them.
 */
export function unsettledSignatures(
  alerts: readonly NormalizedDelivery[],
  rows: readonly KnownEpisode[],
): ReadonlyMap<string, Date> {
  const unsettled = new EarliestTimes();
  const byKey = new Map(rows.map((row) => [row.episodeKey, row]));
  noteOrphans(unsettled, {
    rows,
    touched: touchedTimes(alerts, byKey),
    own: new Set(alerts.map(({ episodeKey }) => episodeKey)),
  });
  const firing = new Set(rows.filter(({ occurrences }) => occurrences > 0).map(({ episodeKey }) => episodeKey));
  for (const alert of firedFirst(alerts)) {
    if (alert.condition === 'fired') firing.add(alert.episodeKey);
    const known = knownOf(alert, byKey);
    noteChange(unsettled, alert, { known, hasFired: firing.has(alert.episodeKey) || (known?.occurrences ?? 0) > 0 });
  }
  return unsettled.bySignature;
}

/** From when on the batch changes anything about a signature. */
function touchedTimes(
  alerts: readonly NormalizedDelivery[],
  byKey: ReadonlyMap<string, KnownEpisode>,
): ReadonlyMap<string, Date> {
  const touched = new EarliestTimes();
  for (const alert of alerts) {
    touched.note(alert.signature, alert.eventAt);
    touched.note(byKey.get(alert.episodeKey)?.signature ?? alert.signature, alert.eventAt);
  }
  return touched.bySignature;
}

function noteOrphans(
  unsettled: EarliestTimes,
  {
    rows,
    touched,
    own,
  }: { rows: readonly KnownEpisode[]; touched: ReadonlyMap<string, Date>; own: ReadonlySet<string> },
): void {
  for (const row of rows) {
    const from = touched.get(row.signature);
    const isTouched = from !== undefined && row.ownResolvedAt !== null && row.ownResolvedAt >= from;
    if (isOrphan(row) && (isTouched || own.has(row.episodeKey))) unsettled.note(row.signature, row.ownResolvedAt);
  }
}

function noteChange(
  unsettled: EarliestTimes,
  alert: NormalizedDelivery,
  { known, hasFired }: { known: KnownEpisode | undefined; hasFired: boolean },
): void {
  if (alert.condition === 'fired' && known !== undefined)
    unsettled.note(alert.signature, known.firedAt ?? known.ownResolvedAt);
  if (alert.condition !== 'resolved') return;
  if (hasFired) unsettled.note(known?.signature ?? alert.signature, known?.resolvedAt ?? null);
  else unsettled.note(known?.ownResolvedAt ? known.signature : alert.signature, alert.eventAt);
}

/** The alert that a delivery is about: its own where its id has another signature, or is gone with that, else that of its id. */
function knownOf(alert: NormalizedDelivery, byKey: ReadonlyMap<string, KnownEpisode>): KnownEpisode | undefined {
  const base = byKey.get(alert.episodeKey);
  if (base?.signature === alert.signature) return base;
  return byKey.get(episodeKeyUnder(alert)) ?? base;
}

/** In the order in which they are folded, as far as it matters: a Resolved follows the Fired of its time. */
function firedFirst(alerts: readonly NormalizedDelivery[]): NormalizedDelivery[] {
  const rank = ({ condition }: NormalizedDelivery): number => (condition === 'fired' ? 0 : 1);
  return [...alerts].sort((one, other) => Number(one.eventAt) - Number(other.eventAt) || rank(one) - rank(other));
}
