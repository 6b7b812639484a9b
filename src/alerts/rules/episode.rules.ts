import { hashAt, hashOf } from '../../common/hash';
import { timeOf } from '../../common/time.rules';
import { objectOf, textOf } from '../payload/json-values';
import { subscriptionOf, textsOf } from './alert-parts.rules';
import type { ClassifiedAlert } from './family.rules';
import type { DeliveryCondition } from './normalized-delivery';

/**
 * Lower-case subscription of the first target that has one, else of the alertId; null where neither has.
 */
export function subscriptionIdOf({ essentials }: ClassifiedAlert): string | null {
  for (const target of textsOf(essentials.alertTargetIDs)) {
    const subscription = subscriptionOf(target);
    if (subscription !== null) return subscription;
  }
  return subscriptionOf(essentials.alertId);
}

/** Id of a Service Health event, which all its communications share; null for other families. */
export function trackingIdOf({ family, context }: ClassifiedAlert): string | null {
  return family === 'service-health' ? textOf(objectOf(context.properties).trackingId) : null;
}

/**
 * Which episode an alert belongs to: its alertId within the tenant, whatever its case. Each communication about a Service
 * Health event has an alertId of its own, so there the event is the episode.
 */
export function episodeKeyOf(alert: ClassifiedAlert, tenantId: string): string {
  const trackingId = trackingIdOf(alert);
  const parts =
    trackingId === null
      ? ['alert', alert.essentials.alertId]
      : ['service-health', subscriptionIdOf(alert) ?? '', trackingId];
  return hashOf(...[tenantId, ...parts].map((part) => part.toLowerCase()));
}

const TIME_DIGITS = 8;
const LAST_SECOND = 0xffff_ffff;

/**
 * Which delivery it is, of which episode: a retry repeats all of these. The portal's Test button repeats its alertId, but not its times, so
 * each press is a delivery of its own. The key begins with its time, so that those of one day lie together in an index: were they
 * anywhere in it, each would have to wait for a page that nobody has asked for in months. What says no time begins with zeros.
 */
export function deliveryKeyOf(
  alert: ClassifiedAlert,
  of: { episodeKey: string; condition: DeliveryCondition },
): string {
  const { alertId, firedDateTime, resolvedDateTime } = alert.essentials;
  const time = timeOf(resolvedDateTime) ?? timeOf(firedDateTime);
  const second = Math.min(LAST_SECOND, Math.floor((time?.getTime() ?? 0) / 1_000));
  const place = second.toString(16).padStart(TIME_DIGITS, '0');
  const times = [firedDateTime ?? '', resolvedDateTime ?? ''];
  return hashAt(place, of.episodeKey, alertId.toLowerCase(), of.condition, ...times);
}

/** The same delivery's key for one caller alone, at its place in time. */
export function deliveryKeyFor(appId: string, deliveryKey: string): string {
  return hashAt(deliveryKey.slice(0, TIME_DIGITS), appId, deliveryKey);
}
