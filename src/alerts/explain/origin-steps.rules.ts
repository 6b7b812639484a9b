import { ownKeysOf } from '../rules/confine.rules';
import type { Dossier, Reader, Step } from './dossier';
import { isByHand, newestOf, openedOf, openerOf, textOf } from './timeline-facts.rules';

/** Which delivery opened it; ids only, for the body is not for everybody, and of those the caller's for administrators. */
export function deliveryStep(dossier: Dossier, reader: Reader): Step {
  if (isByHand(dossier)) return notApplied('delivery', dossier);
  const { delivery, deliveries, workItem } = dossier;
  if (delivery === null) {
    const summary = `The delivery that opened it (${workItem.openedByDeliveryId ?? 'not known'}) is no longer kept`;
    return { step: 'delivery', at: null, summary, detail: { deliveryId: workItem.openedByDeliveryId, deliveries } };
  }
  const { id: deliveryId, receivedAt } = delivery;
  const { callerAppId, requestId } = reader.can('Admin') ? delivery : { callerAppId: null, requestId: null };
  const caller = callerAppId === null ? '' : ` from application ${callerAppId}`;
  const summary = `Opened by delivery ${deliveryId}${caller}; ${counted(deliveries, 'delivery', 'deliveries')} in all`;
  return {
    step: 'delivery',
    at: receivedAt,
    summary,
    detail: { deliveryId, receivedAt, callerAppId, requestId, deliveries },
  };
}

/** What it was recognised by: family, episode and signature. */
export function identityStep(dossier: Dossier): Step {
  if (isByHand(dossier)) return notApplied('identity', dossier);
  const { workItem, delivery, alerts, alertsInAll } = dossier;
  const reading = delivery?.reading ?? null;
  const opened = openedOf(dossier);
  const episodeKey = textOf(opened?.detail.episodeKey);
  const { isPart, isConfined } = treatmentOf(dossier, episodeKey);
  const parts = reading && [
    ...reading.signatureParts,
    ...(isPart ? [{ part: 'the one configuration item that this work item is for', source: 'binding' }] : []),
    ...(isConfined ? [{ part: 'the caller, whose ids count for itself only', source: 'callerAppId' }] : []),
  ];
  const told =
    parts === null
      ? 'The payload is no longer kept, so what its signature was made of is not known'
      : `What recurs is told by ${parts.map(({ part }) => part).join(', ')}`;
  const kind = reading === null ? '' : ` (family ${reading.family})`;
  return {
    step: 'identity',
    at: opened?.at ?? null,
    summary: `${told}${kind}; ${counted(alertsInAll, 'alert', 'alerts')}${alertsInAll === 0 ? NO_ALERTS : ''}`,
    detail: {
      family: reading?.family ?? null,
      signature: workItem.signature,
      signatureParts: parts,
      episodeKey,
      alerts: alerts.map(({ id }) => id),
      alertsInAll,
    },
  };
}

const NO_ALERTS = ': they are no longer kept, or have fired for a later work item';

/** Why it is a work item of its own, and what came to it since. */
export function placementStep(dossier: Dossier): Step {
  const { workItem, previous } = dossier;
  const opened = openedOf(dossier);
  const at = opened?.at ?? workItem.openedAt;
  if (isByHand(dossier)) {
    const summary = `A new work item: ${openerOf(dossier)} opened it by hand`;
    return { step: 'placement', at, summary, detail: { reason: 'opened by hand' } };
  }
  const reason = textOf(opened?.detail.reason);
  const { alertCount: occurrences, reopenCount } = workItem;
  const since = occurrences > 1 ? [`${counted(occurrences - 1, 'occurrence', 'occurrences')} joined since`] : [];
  const reopened = reopenCount > 0 ? [`reopened ${counted(reopenCount, 'time', 'times')}`] : [];
  const why = `A new work item: ${reason ?? 'the reason was not kept'}`;
  return {
    step: 'placement',
    at,
    summary: [why, ...since, ...reopened].join('; '),
    detail: {
      reason,
      previousWorkItem: previous,
      occurrences,
      reopenCount,
      lastJoined: entryOf(dossier, 'alert_fired'),
      lastReopened: entryOf(dossier, 'reopened'),
    },
  };
}

/** A step that a work item without alerts has not gone through. */
export function notApplied(step: Step['step'], dossier: Pick<Dossier, 'workItem' | 'timeline'>): Step {
  const summary = `Does not apply: ${openerOf(dossier)} opened the work item by hand`;
  return { step, at: null, summary, detail: null };
}

/** `1 alert`, `2 alerts`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * What was done to the keys of the alert before it was looked up: those of a caller with scopes are its own, and each
 * part of an alert that was cut up has others.
 */
function treatmentOf(
  { delivery, alerts }: Dossier,
  openedKey: string | null,
): { isPart: boolean; isConfined: boolean } {
  const keys = delivery?.reading?.keys;
  if (keys === undefined || openedKey === null) return { isPart: false, isConfined: false };
  const { episodeKey: confinedKey } = ownKeysOf(keys, delivery?.callerAppId ?? '');
  const isConfined = openedKey === confinedKey || alerts.some(({ partOf }) => partOf === confinedKey);
  return { isPart: openedKey !== keys.episodeKey && openedKey !== confinedKey, isConfined };
}

function entryOf(dossier: Dossier, kind: 'alert_fired' | 'reopened'): Record<string, unknown> | null {
  const fact = newestOf(dossier, [kind]);
  return fact && { at: fact.at, summary: fact.summary, deliveryId: fact.deliveryId };
}
