import { reachedText } from '../../cmdb/relations/said-impact.rules';
import { isOwned } from '../../work-items/field-sources.rules';
import { priorityOf } from '../../work-items/priority.rules';
import type { Dossier, Origin, Step, TimelineFact } from './dossier';
import { isByHand, lastSet, nameIn, newestOf, openedOf, openerOf, routeKept, textOf } from './timeline-facts.rules';

/** How its priority came about: from impact and urgency, and those from what; or who set it, and why. */
export function priorityStep(dossier: Dossier): Step {
  const { impact, urgency, priority } = {
    impact: impactOrigin(dossier),
    urgency: urgencyOrigin(dossier),
    priority: priorityOrigin(dossier),
  };
  const { workItem } = dossier;
  const parts = `impact ${workItem.impact}: ${impact.reason}; urgency ${workItem.urgency}: ${urgency.reason}`;
  return {
    step: 'priority',
    at: priority.at ?? latest(impact.at, urgency.at),
    summary: `Priority ${workItem.priority}: ${workItem.priorityReason} (${parts})`,
    detail: { priority, impact, urgency },
  };
}

function priorityOrigin(dossier: Dossier): Origin {
  const { priority: value, priorityReason: reason, fieldSources, impact, urgency } = dossier.workItem;
  if (isOwned(fieldSources, 'priority')) {
    return { value, reason, ...person(lastSet(dossier, 'priority', 'priorityReason')) };
  }
  const table = priorityOf(impact, urgency);
  return {
    value,
    from: 'table',
    by: null,
    at: null,
    reason: `${table.reason} is priority ${table.priority} in the table`,
  };
}

function impactOrigin(dossier: Dossier): Origin {
  const { impact: value, fieldSources } = dossier.workItem;
  const source = fieldSources?.impact;
  if (source === 'person') {
    const set = lastSet(dossier, 'impact');
    if (set === null && isByHand(dossier)) return openedWith(dossier, value);
    return { value, ...person(set), reason: 'a person set it' };
  }
  if (source === 'rule') return { value, ...byRule(dossier), reason: 'the routing rule set it' };
  return { value, at: newestOf(dossier, ['impact_changed'])?.at ?? null, ...impactOfItems(dossier) };
}

/** Criticalities and relations may have changed since the items were bound; then they tell no longer why. */
function impactOfItems({ workItem, kept, said }: Dossier): Omit<Origin, 'value' | 'at'> {
  const present = kept.bindings.filter(({ isRemoved }) => !isRemoved);
  if (present.length === 0)
    return { from: 'default', by: null, reason: 'no configuration item is bound, which counts as 2' };
  if (said.impact !== workItem.impact)
    return {
      from: 'configuration_item',
      by: null,
      reason: 'so it was when configuration items were bound; criticalities or relations have changed since',
    };
  if (said.reached !== null) {
    const reason = `it would bring down ${reachedText(said.reached)}, worse than all that it is bound to`;
    return { from: 'configuration_item', by: said.reached.name, reason };
  }
  const stated = present.find(({ criticality }) => criticality === workItem.impact);
  if (stated === undefined)
    return {
      from: 'default',
      by: null,
      reason: 'no criticality is stated for what it is bound to, which counts as 2',
    };
  const reason = `${stated.name} has criticality ${workItem.impact}, the worst of all that it is bound to`;
  return { from: 'configuration_item', by: stated.name, reason };
}

function urgencyOrigin(dossier: Dossier): Origin {
  const { urgency: value, fieldSources } = dossier.workItem;
  if (isOwned(fieldSources, 'urgency'))
    return { value, ...person(lastSet(dossier, 'urgency')), reason: 'a person set it' };
  if (isByHand(dossier)) return openedWith(dossier, value);
  const raised = newestOf(dossier, ['urgency_raised']);
  if (raised !== null) {
    const reason = `raised by a worse occurrence, that of delivery ${raised.deliveryId ?? '(not known)'}`;
    return { value, from: 'alert', by: null, at: raised.at, reason };
  }
  if (routeKept(dossier)?.urgency === value) return { value, ...byRule(dossier), reason: 'the routing rule set it' };
  const opened = openedOf(dossier);
  const severity = textOf(opened?.detail.severity);
  const reason = severity === null ? 'the alert has no severity' : `the alert that opened it has severity ${severity}`;
  return { value, from: 'alert', by: null, at: opened?.at ?? null, reason };
}

/** Without the entry of the timeline all that is known is that somebody did. */
function person(fact: TimelineFact | null): Pick<Origin, 'from' | 'by' | 'at'> {
  return { from: 'person', by: fact && nameIn(fact), at: fact?.at ?? null };
}

function byRule(dossier: Dossier): Pick<Origin, 'from' | 'by' | 'at'> {
  const rule = routeKept(dossier)?.rule ?? null;
  return { from: 'routing_rule', by: rule?.name ?? null, at: openedOf(dossier)?.at ?? null };
}

function openedWith(dossier: Dossier, value: number): Origin {
  const at = openedOf(dossier)?.at ?? null;
  const reason = 'as given when it was opened by hand, or the default';
  return { value, from: 'opened_by_hand', by: openerOf(dossier), at, reason };
}

function latest(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
