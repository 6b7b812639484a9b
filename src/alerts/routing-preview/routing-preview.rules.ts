import { impactOf } from '../../cmdb/binding/attach.rules';
import type { AlertBinding, BoundCi } from '../../cmdb/binding/bound-ci';
import { openedBy, setImpact } from '../../work-items/absorb.rules';
import { explainRoute, type ExplainedRoute, type Route } from '../../work-items/routing/route.rules';
import type { RoutingRule } from '../../work-items/routing/routing-rule';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import type { AcceptedDelivery } from '../ingest/ingest-state';
import { partsOf } from '../ingest/parts';
import { factsOf } from '../ingest/routing-facts';
import type { NormalizedDelivery } from '../rules/normalized-delivery';

/** What rules make of a delivery; `none` = they are not asked, for only a Fired opens anything. */
export const PREVIEW_OUTCOMES = ['record_only', 'work_item', 'work_item_per_configuration_item', 'none'] as const;
export type PreviewOutcome = (typeof PREVIEW_OUTCOMES)[number];

/** A work item as it would be opened. */
export interface ForeseenWorkItem {
  /** That of its configuration item's part, where the alert is cut up. */
  rule: Route['rule'];
  workItem: WorkItemRecord;
  configurationItems: readonly BoundCi[];
}

/** What some rules would do to a delivery. */
export interface Foresight {
  outcome: PreviewOutcome;
  rule: Route['rule'];
  skipped: ExplainedRoute['skipped'];
  workItems: readonly ForeseenWorkItem[];
}

/**
 * What these rules would do to an alert that nothing is known of yet: whether it would join a work item that is there is
 * not asked. The parts of an alert that is cut up are routed each for itself, so some may have no work item.
 */
export function foresee(
  rules: readonly RoutingRule[],
  { alert, binding }: { alert: NormalizedDelivery; binding: AlertBinding },
): Foresight {
  if (alert.condition !== 'fired') return { outcome: 'none', rule: null, skipped: [], workItems: [] };
  const { route, skipped } = explainRoute(rules, factsOf(alert, binding));
  const parts = route.perConfigurationItem ? partsOfAlert(alert, binding) : null;
  const workItems =
    parts === null
      ? foreseen(alert, route, binding)
      : parts.flatMap(({ alert: part, binding: of }) =>
          foreseen(part, explainRoute(rules, factsOf(part, of)).route, of),
        );
  return { outcome: outcomeOf(workItems, parts !== null), rule: route.rule, skipped, workItems };
}

/** One configuration item's part of an alert. */
export interface AlertPart {
  alert: NormalizedDelivery;
  binding: AlertBinding;
}

/** The parts that an alert is cut into, or null where there are no two. */
export function partsOfAlert(alert: NormalizedDelivery, binding: AlertBinding): AlertPart[] | null {
  const parts = partsOf(acceptedOf(alert), binding);
  return parts && parts.map(({ delivery, binding: of }) => ({ alert: delivery.alert, binding: of }));
}

const COMPARED = [
  'type',
  'title',
  'description',
  'assignmentGroup',
  'category',
  'impact',
  'urgency',
  'priority',
  'priorityReason',
  'reopenWindowMinutes',
  'autoResolve',
] as const satisfies readonly (keyof WorkItemRecord)[];

/** What one foresight does otherwise than another: `outcome`, `workItems` where their number differs, else their fields. */
export function differences(one: Foresight, other: Foresight): string[] {
  const outcome = one.outcome === other.outcome ? [] : ['outcome'];
  if (one.workItems.length !== other.workItems.length) return [...outcome, 'workItems'];
  const pairs = one.workItems.map((each, index) => [each, other.workItems[index] as ForeseenWorkItem] as const);
  const fields = COMPARED.filter((field) =>
    pairs.some(([left, right]) => left.workItem[field] !== right.workItem[field]),
  );
  const itemsDiffer = pairs.some(([left, right]) => itemsOf(left) !== itemsOf(right));
  return [...outcome, ...fields, ...(itemsDiffer ? ['configurationItems'] : [])];
}

function outcomeOf(workItems: readonly ForeseenWorkItem[], isCut: boolean): PreviewOutcome {
  if (workItems.length === 0) return 'record_only';
  return isCut ? 'work_item_per_configuration_item' : 'work_item';
}

/** What the pipeline opens, by its own rules; nothing where the route says so. */
function foreseen(alert: NormalizedDelivery, route: Route, { bindings }: AlertBinding): ForeseenWorkItem[] {
  if (route.recordOnly) return [];
  const { deliveryKey, eventAt: firedAt, urgency, signature, monitoringService, alertRule, subscriptionId } = alert;
  const known = { deliveryKey, firedAt, urgency, signature, monitoringService, alertRule, subscriptionId };
  const workItem = openedBy({ ...known, deliveryId: '', route }, null);
  setImpact(workItem, impactOf(bindings));
  return [{ rule: route.rule, workItem, configurationItems: bindings }];
}

/** Cutting up looks at the alert alone. */
function acceptedOf(alert: NormalizedDelivery): AcceptedDelivery {
  const nobody = { id: '', requestId: '', callerAppId: '', callerScopes: [], body: '' };
  return { kind: 'accepted', ...nobody, receivedAt: alert.eventAt, alert };
}

function itemsOf({ configurationItems }: ForeseenWorkItem): string {
  return JSON.stringify(configurationItems.map(({ ciId }) => ciId));
}
