import type { TimelineDraft, WorkItemRecord } from '../../work-items/work-item.record';
import type { WorkItemState, WorkItemType } from '../../work-items/lifecycle.rules';
import type { Route } from '../../work-items/routing/route.rules';
import type { NormalizedDelivery } from '../rules/normalized-delivery';
import type { Episode } from './episode';

/** A delivery that passed the guard and the schema, on its way into the database. */
export interface AcceptedDelivery {
  kind: 'accepted';
  id: string;
  receivedAt: Date;
  requestId: string;
  callerAppId: string;
  /** What the caller may be about; none = the whole tenant. */
  callerScopes: readonly string[];
  /** As it came, redacted. */
  body: string;
  alert: NormalizedDelivery;
}

/** The first delivery of a key, as a repeat finds it. */
export interface KnownDelivery {
  id: string;
  alertId: string;
  workItem: { id: number | null; type: WorkItemType; state: WorkItemState } | null;
}

/** All that a batch of deliveries may meet in the database, loaded and locked before anything is decided. */
export interface IngestState {
  /** By delivery key. */
  deliveries: Map<string, KnownDelivery>;
  /** By episode key. */
  episodes: Map<string, Episode>;
  /** The newest work item of each signature that has a slot; null for a slot without one. */
  slots: Map<string, WorkItemRecord | null>;
  /** Signatures where a Resolved without its own Fired is in play, all of whose alerts that it could end are loaded. */
  unsettled: Set<string>;
  /** What the routing rules make of each Fired, by delivery key. */
  routes: Map<string, Route>;
}

/** What may become of a delivery, as its caller is told. */
export const DELIVERY_OUTCOMES = [
  'created',
  'updated',
  'resolved',
  'reopened',
  'recorded',
  'duplicate',
  'stale',
] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

/** What became of one delivery. */
export interface Folded {
  delivery: AcceptedDelivery;
  outcome: DeliveryOutcome;
  /** Id of the alert's row. */
  alertId: string;
  workItem: KnownDelivery['workItem'];
  duplicateOf: string | null;
  /** The work item that this occurrence counts for, to be bound to its configuration items. */
  joined: WorkItemRecord | null;
}

/** The result of folding a batch: what each delivery became, and what there is to write. */
export interface FoldResult {
  folded: Folded[];
  episodes: Set<Episode>;
  workItems: Set<WorkItemRecord>;
  timeline: TimelineDraft[];
}
