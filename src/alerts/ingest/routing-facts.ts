import type { AlertBinding } from '../../cmdb/bound-ci';
import type { RoutingFacts } from '../../work-items/routing/route.rules';
import type { NormalizedDelivery } from '../rules/normalized-delivery';

/** What routing may ask of an alert. */
export function factsOf(alert: NormalizedDelivery, { bindings }: Pick<AlertBinding, 'bindings'>): RoutingFacts {
  return { ...alert, firedAt: alert.eventAt, cis: bindings };
}
