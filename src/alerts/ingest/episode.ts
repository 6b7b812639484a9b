import { hashOf } from '../../common/hash';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import type { AlertDetail } from '../alert.entity';
import type { NormalizedDelivery } from '../rules/normalized-delivery';

/** An alert (one episode) while deliveries are folded into it, in memory. */
export interface Episode {
  id: string;
  episodeKey: string;
  signature: string;
  workItem: WorkItemRecord | null;
  /** First and latest occurrence; null while only its Resolved (or a note) is known. */
  firedAt: Date | null;
  lastFiredAt: Date | null;
  /** The latest Resolved of this very episode. */
  ownResolvedAt: Date | null;
  /** Its end in force; null while it fires. */
  resolvedAt: Date | null;
  /** The orphan whose Resolved ended it. */
  resolvedByAlertId: string | null;
  endsSignature: boolean;
  occurrences: number;
  detailRank: string;
  /** What the newest delivery says; null as long as nothing newer than what is stored has come. */
  newDetail: EpisodeDetail | null;
  stored: boolean;
}

/** The descriptive part of an alert. */
export interface EpisodeDetail extends AlertDetail {
  alertRule: string | null;
  severity: string | null;
  signalType: string | null;
  monitoringService: string;
  subscriptionId: string | null;
}

/** Whether the alert's condition is "fired" now. */
export function isFiring(episode: Pick<Episode, 'occurrences' | 'resolvedAt'>): boolean {
  return episode.occurrences > 0 && episode.resolvedAt === null;
}

/** Resolved, but never seen to fire: Azure promises neither the order of deliveries nor equal ids. */
export function isOrphan(episode: Pick<Episode, 'occurrences' | 'ownResolvedAt'>): boolean {
  return episode.occurrences === 0 && episode.ownResolvedAt !== null;
}

/** The end that the episode's own Resolved gives it, unless it has fired again since. */
export function ownEndOf(episode: Pick<Episode, 'lastFiredAt' | 'ownResolvedAt'>): Date | null {
  const { lastFiredAt, ownResolvedAt } = episode;
  if (ownResolvedAt === null) return null;
  return lastFiredAt === null || ownResolvedAt >= lastFiredAt ? ownResolvedAt : null;
}

/**
 * The key of an alert whose Azure id has fired for another signature before: the portal's Test button sends one constant id
 * for every kind of alert. Each signature gets an alert of its own; a Resolved goes to the first.
 */
export function episodeKeyUnder({
  episodeKey,
  signature,
}: Pick<NormalizedDelivery, 'episodeKey' | 'signature'>): string {
  return hashOf(episodeKey, signature);
}

/** An episode that nothing is known of yet. */
export function newEpisode(
  id: string,
  { episodeKey, signature }: Pick<NormalizedDelivery, 'episodeKey' | 'signature'>,
): Episode {
  return {
    id,
    episodeKey,
    signature,
    workItem: null,
    firedAt: null,
    lastFiredAt: null,
    ownResolvedAt: null,
    resolvedAt: null,
    resolvedByAlertId: null,
    endsSignature: false,
    occurrences: 0,
    detailRank: '',
    newDetail: null,
    stored: false,
  };
}

/**
 * Takes over what a delivery says of its alert, if it ranks above all before it: a Fired above the rest, then the later
 * one. So the description is the same for every order of arrival.
 */
export function describe(episode: Episode, alert: NormalizedDelivery): void {
  const rank = `${alert.condition === 'fired' ? 1 : 0} ${alert.eventAt.toISOString()} ${alert.deliveryKey}`;
  if (rank <= episode.detailRank) return;
  episode.detailRank = rank;
  episode.newDetail = {
    alertId: alert.alertId,
    originAlertId: alert.originAlertId,
    alertRuleId: alert.alertRuleId,
    alertRule: alert.alertRule,
    severity: alert.severity,
    signalType: alert.signalType,
    monitoringService: alert.monitoringService,
    subscriptionId: alert.subscriptionId,
    targets: alert.targets,
    configurationItems: alert.configurationItems,
    description: alert.description,
    alertContext: alert.alertContext,
    customProperties: alert.customProperties,
  };
}
