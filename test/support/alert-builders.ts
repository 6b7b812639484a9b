import { sha256 } from '../../src/common/hash';
import { newId } from '../../src/common/ids';
import type { AcceptedDelivery, IngestState } from '../../src/alerts/ingest/ingest-state';
import { factsOf } from '../../src/alerts/ingest/routing-facts';
import { routeOf } from '../../src/work-items/routing/route.rules';
import type { DeliveryCondition, NormalizedDelivery, Urgency } from '../../src/alerts/rules/normalized-delivery';

const START = Date.UTC(2026, 0, 5, 3, 0);

/** The time so many minutes into a story. */
export function at(minute: number): Date {
  return new Date(START + minute * 60_000);
}

/** A delivery in a few words: `{ episode: 'a', fired: 3 }` fired three minutes into the story. */
export interface AlertSketch {
  episode: string;
  fired?: number;
  resolved?: number;
  note?: number;
  urgency?: Urgency;
  signature?: string;
  /** Azure's id of the episode, where several signatures share one. */
  sharedId?: string;
  endsSignature?: boolean;
  /** A stateless alert: over after so long without news. */
  quietMinutes?: number;
}

/** A normalized alert; equal sketches are the same delivery. */
function anAlert(sketch: AlertSketch): NormalizedDelivery {
  const [condition, minute] = conditionOf(sketch);
  const signature = sketch.signature ?? 's';
  return {
    deliveryKey: deliveryKeyOf([sketch.episode, condition, minute], signature),
    episodeKey: sha256(sketch.sharedId ?? `${signature}/${sketch.episode}`),
    signature,
    condition,
    resolvesSignature: sketch.endsSignature ?? false,
    eventAt: at(minute),
    alertId: `/subscriptions/s/providers/Microsoft.AlertsManagement/alerts/${sketch.episode}`,
    originAlertId: null,
    alertRule: 'cpu',
    alertRuleId: null,
    severity: 'Sev3',
    signalType: 'Metric',
    monitoringService: 'Platform',
    subscriptionId: 's',
    quietMinutes: sketch.quietMinutes ?? null,
    urgency: urgencyOf(sketch, condition),
    title: `cpu on ${sketch.episode} at ${minute}`,
    description: null,
    targets: [],
    configurationItems: [],
    alertContext: {},
    customProperties: {},
    ciReferences: [],
  };
}

/** The same, as it waits to be ingested. */
export function anAccepted(sketch: AlertSketch): AcceptedDelivery {
  return {
    kind: 'accepted',
    id: newId(),
    receivedAt: at(1_000),
    requestId: 'request',
    callerAppId: newId(),
    callerScopes: [],
    body: '{}',
    alert: anAlert(sketch),
  };
}

/** Sorts by the event alone, so that a story has the same title on every signature that it is played on. */
function deliveryKeyOf(event: readonly (string | number)[], signature: string): string {
  return sha256(JSON.stringify(event)).slice(0, 32) + sha256(signature).slice(0, 32);
}

function conditionOf({ fired, resolved, note }: AlertSketch): [DeliveryCondition, number] {
  if (fired !== undefined) return ['fired', fired];
  if (resolved !== undefined) return ['resolved', resolved];
  if (note !== undefined) return ['note', note];
  throw new Error('A sketch says when it fired, resolved or noted.');
}

/** Part of the delivery's identity in a story: one delivery has one urgency. */
function urgencyOf({ urgency, episode, fired }: AlertSketch, condition: DeliveryCondition): Urgency {
  if (urgency !== undefined || condition !== 'fired') return urgency ?? 3;
  return (((fired ?? 0) + episode.length) % 3 === 0 ? 2 : 3) satisfies Urgency;
}

/** Routes deliveries as if there were no routing rules. */
export function plainRoutes(state: Pick<IngestState, 'routes'>, deliveries: readonly AcceptedDelivery[]): void {
  for (const { alert } of deliveries)
    state.routes.set(alert.deliveryKey, routeOf([], factsOf(alert, { bindings: [] })));
}
