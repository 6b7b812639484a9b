import type { AlertBinding } from '../../cmdb/binding/bound-ci';
import type { RoutingFacts } from '../../work-items/routing/route.rules';
import type { NormalizedDelivery } from '../rules/normalized-delivery';

/** No ARM id is longer. */
const MAX_ARM_ID = 2_048;

/**
 * What routing may ask of an alert. A part of an alert that was cut up is asked about its own item: its targets are those
 * that name the item, or all where none does, as with a query that runs on a workspace.
 */
export function factsOf(
  alert: NormalizedDelivery,
  { bindings, tasks = [] }: Pick<AlertBinding, 'bindings'> & Partial<AlertBinding>,
): RoutingFacts {
  const facts = { ...alert, firedAt: alert.eventAt, cis: bindings };
  return alert.partOf === undefined ? facts : { ...facts, ...ownOf(alert, { bindings, tasks }) };
}

function ownOf(
  { targets, configurationItems }: NormalizedDelivery,
  { bindings: [ci], tasks: [task] }: AlertBinding,
): Pick<RoutingFacts, 'targets' | 'configurationItems'> {
  const values = ci?.values ?? [];
  const own = targets.filter((target) => target.length <= MAX_ARM_ID && values.includes(target.toLowerCase()));
  const name = ci?.name ?? task?.value;
  return {
    targets: own.length > 0 ? own : targets,
    configurationItems: name === undefined ? configurationItems : [name],
  };
}
