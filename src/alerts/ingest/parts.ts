import type { AlertBinding } from '../../cmdb/binding/bound-ci';
import { hashOf } from '../../common/hash';
import { laterOf } from '../../common/time.rules';
import type { NormalizedDelivery } from '../rules/normalized-delivery';
import { partTitleOf } from '../rules/title.rules';
import { episodeKeyUnder, type Episode } from './episode';
import type { AcceptedDelivery, IngestState } from './ingest-state';

/** One configuration item's part of a delivery: an alert of its own, with a work item of its own. */
export interface Part {
  delivery: AcceptedDelivery;
  binding: AlertBinding;
}

/**
 * Cuts a Fired into a part for each configuration item that it names, or null where there are no two to cut it between
 * (`atLeast`: one will do for an alert that was cut up before). Mere containers count for nothing here. Each part has keys of
 * its own, derived from the alert's and the item's, so that all that holds for alerts holds for it: repeats, recurrence, its
 * end.
 */
export function partsOf(
  delivery: AcceptedDelivery,
  binding: AlertBinding,
  { atLeast } = { atLeast: 2 },
): Part[] | null {
  const items = binding.bindings.filter(({ isContainer }) => !isContainer);
  if (items.length + binding.tasks.length < atLeast) return null;
  return [
    ...items.map((ci) => ({
      delivery: partOf(delivery, { key: ci.ciId, name: ci.name }),
      binding: { bindings: [{ ...ci, role: 'primary' as const }], tasks: [] },
    })),
    ...binding.tasks.map((task) => ({
      delivery: partOf(delivery, { key: task.value.toLowerCase(), name: task.value }),
      binding: { bindings: [], tasks: [task] },
    })),
  ];
}

/** The same delivery for each of the parts that its alert was cut into when it fired. */
export function sameFor(
  delivery: AcceptedDelivery,
  parts: readonly Pick<NormalizedDelivery, 'episodeKey' | 'signature'>[],
): AcceptedDelivery[] {
  const signatures = new Map(parts.map(({ episodeKey, signature }) => [episodeKey, signature]));
  return [...signatures].map(([episodeKey, signature]) => asPart(delivery, { episodeKey, signature }));
}

/** Whether an alert has fired as a whole before; then it stays one. */
export function isWhole({ alert }: AcceptedDelivery, { episodes }: Pick<IngestState, 'episodes'>): boolean {
  return [alert.episodeKey, episodeKeyUnder(alert)].some((key) => (episodes.get(key)?.occurrences ?? 0) > 0);
}

/** The Resolved that came before this part's Fired, though it is later: of the alert, or of the parts that were there by then. */
export function earlyEndOf(part: AcceptedDelivery, told: readonly Episode[]): AcceptedDelivery | null {
  const eventAt = told.reduce<Date | null>((latest, { ownResolvedAt }) => laterOf(latest, ownResolvedAt), null);
  if (eventAt === null || eventAt < part.alert.eventAt) return null;
  const deliveryKey = hashOf(part.alert.deliveryKey, 'resolved');
  return { ...part, alert: { ...part.alert, deliveryKey, condition: 'resolved', eventAt } };
}

function partOf(delivery: AcceptedDelivery, { key, name }: { key: string; name: string }): AcceptedDelivery {
  const { alert } = delivery;
  const keys = { episodeKey: hashOf(alert.episodeKey, key), signature: `v1-${hashOf(alert.signature, key)}` };
  const part = asPart(delivery, keys);
  return { ...part, alert: { ...part.alert, title: partTitleOf(alert, name) } };
}

/** Its key tells it from other parts of the same time, no more: the delivery is stored under the key of the whole. */
function asPart(
  delivery: AcceptedDelivery,
  keys: Pick<NormalizedDelivery, 'episodeKey' | 'signature'>,
): AcceptedDelivery {
  const { alert } = delivery;
  const deliveryKey = hashOf(alert.deliveryKey, keys.episodeKey);
  return { ...delivery, alert: { ...alert, ...keys, deliveryKey, partOf: alert.episodeKey } };
}
