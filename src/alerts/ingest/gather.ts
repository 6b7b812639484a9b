import { groupBy } from '../../common/group-by';
import type { AcceptedDelivery, DeliveryOutcome, Folded, IngestState, KnownDelivery } from './ingest-state';

type TouchedWorkItem = NonNullable<KnownDelivery['workItem']>;

/** What became of one delivery, all its parts together. */
export interface Gathered {
  delivery: AcceptedDelivery;
  outcome: DeliveryOutcome;
  /** Id of the alert's row, or of that of its first part. */
  alertId: string;
  workItems: TouchedWorkItem[];
  duplicateOf: string | null;
}

/** The first of these that a part had is what is said of the whole. */
const OUTCOMES_BY_WEIGHT: readonly DeliveryOutcome[] = [
  'created',
  'reopened',
  'resolved',
  'updated',
  'recorded',
  'stale',
  'duplicate',
];

/** Puts the parts of each delivery together again; most have one only. */
export function gather(
  accepted: readonly AcceptedDelivery[],
  folded: readonly Folded[],
  { episodes }: Pick<IngestState, 'episodes'>,
): Gathered[] {
  const byDelivery = groupBy(folded, ({ delivery }) => delivery.id);
  return accepted.map((delivery) => {
    const parts = byDelivery.get(delivery.id) ?? [];
    const [first] = parts;
    if (first === undefined) throw new Error(`Delivery ${delivery.id} was not folded.`);
    const { alertId, duplicateOf } = first;
    const outcome = OUTCOMES_BY_WEIGHT.find((each) => parts.some((part) => part.outcome === each)) ?? first.outcome;
    return { delivery, outcome, alertId, workItems: workItemsOf(parts, episodes), duplicateOf };
  });
}

/** A repeat knows the first work item of a delivery only; the parts of its alert know theirs. */
function workItemsOf(parts: readonly Folded[], episodes: IngestState['episodes']): TouchedWorkItem[] {
  const touched = parts.flatMap(({ workItem }) => workItem ?? []);
  const [first] = parts;
  if (first?.outcome !== 'duplicate') return [...new Set(touched)];
  const known = [...episodes.values()].filter(({ partOf }) => partOf === first.delivery.alert.episodeKey);
  const ofParts = known.flatMap(({ workItem }) => workItem ?? []);
  return ofParts.length > 0 ? [...new Set(ofParts)] : touched;
}
