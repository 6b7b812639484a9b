import type { Dossier, KeptRoute, Step } from './dossier';
import { notApplied } from './origin-steps.rules';
import { isByHand, openedOf, routeKept } from './timeline-facts.rules';

const OF_TODAY = 'By the rules and the configuration items of today, which need not be those of then.';

/** By which rule it was routed then, and by which it would be today. */
export function routingStep(dossier: Dossier): Step {
  if (isByHand(dossier)) return notApplied('routing', dossier);
  const route = routeKept(dossier);
  return {
    step: 'routing',
    at: openedOf(dossier)?.at ?? null,
    summary: route === null ? 'It was opened before there were routing rules' : summaryOf(route),
    detail: { rule: route?.rule ?? null, set: route && setBy(route), today: todayOf(dossier) },
  };
}

function summaryOf(route: KeptRoute): string {
  const { rule, assignmentGroup, category, impact, urgency } = route;
  const told = Object.entries({ assignmentGroup, category, impact, urgency }).flatMap(([field, value]) =>
    value === null ? [] : [`${field} ${value}`],
  );
  const how =
    rule === null
      ? 'No routing rule matched, so the defaults apply'
      : `Routed by "${rule.name}" (position ${rule.position}, version ${rule.version})`;
  return `${how}: ${[`type ${route.type}`, ...told].join(', ')}`;
}

function setBy({ rule: _, ...set }: KeptRoute): Record<string, unknown> {
  return set;
}

/** Null where the payload is no longer kept. */
function todayOf({ delivery }: Dossier): Record<string, unknown> | null {
  const today = delivery?.reading?.today;
  return today === undefined ? null : { note: OF_TODAY, rule: today.route.rule, skipped: today.skipped };
}
