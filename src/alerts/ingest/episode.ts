import { hashAt } from '../../common/hash';
import { laterOf } from '../../common/time.rules';
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
  /** How long without news until it counts as over; null where its end is told. */
  quietMinutes: number | null;
  /** When that will be, by this service's clock. */
  expiresAt: Date | null;
  /** The end that silence gave it, in the payload's time. */
  expiredAt: Date | null;
  /** Episode key of the Azure alert that this is one configuration item's part of. */
  partOf: string | null;
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

/** The end that the episode's own Resolved gives it, or silence, whichever is later, unless it has fired again since. */
export function ownEndOf({
  lastFiredAt,
  ownResolvedAt,
  expiredAt,
}: Pick<Episode, 'lastFiredAt' | 'ownResolvedAt' | 'expiredAt'>): Date | null {
  const end = laterOf(ownResolvedAt, expiredAt);
  return end !== null && (lastFiredAt === null || end >= lastFiredAt) ? end : null;
}

/** When an alert that has just had news counts as over, should there be no more. */
export function expiryOf({ quietMinutes }: Pick<Episode, 'quietMinutes'>, now: Date): Date | null {
  return quietMinutes === null ? null : new Date(now.getTime() + quietMinutes * 60_000);
}

/** So many digits of a key say where it lies in an index; the others are enough to tell it from those beside it. */
const PLACE_DIGITS = 32;

/**
 * The key of an alert whose Azure id has fired for another signature before: the portal's Test button sends one constant id
 * for every kind of alert. Each signature gets an alert of its own; a Resolved goes to the first. The two keys lie side by side, so that
 * looking for both takes one page of the index.
 */
export function episodeKeyUnder(alert: Pick<NormalizedDelivery, 'episodeKey' | 'signature'>): string {
  const known = OWN_KEYS.get(alert);
  if (known !== undefined) return known;
  const key = hashAt(alert.episodeKey.slice(0, PLACE_DIGITS), alert.episodeKey, alert.signature);
  OWN_KEYS.set(alert, key);
  return key;
}

/** Each is asked for several times on the way of a delivery. */
const OWN_KEYS = new WeakMap<Pick<NormalizedDelivery, 'episodeKey' | 'signature'>, string>();

/** An episode that nothing is known of yet. */
export function newEpisode(
  id: string,
  {
    episodeKey,
    signature,
    quietMinutes,
    partOf,
  }: Pick<NormalizedDelivery, 'episodeKey' | 'signature' | 'quietMinutes' | 'partOf'>,
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
    quietMinutes,
    expiresAt: null,
    expiredAt: null,
    partOf: partOf ?? null,
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
