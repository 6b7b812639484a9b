import type { Dossier, KeptRoute, Reader, Step } from './dossier';
import { notApplied } from './origin-steps.rules';
import { isByHand, openedOf, routeKept } from './timeline-facts.rules';

const OF_TODAY = 'By the rules and the configuration items of today, which need not be those of then.';

/** By which rule it was routed then, and by which it would be today; the other rules are for managers. */
export function routingStep(dossier: Dossier, reader: Reader): Step {
  if (isByHand(dossier)) return notApplied('routing', dossier);
  const route = routeKept(dossier);
  const rule = route && shownTo(reader, route.rule);
  return {
    step: 'routing',
    at: openedOf(dossier)?.at ?? null,
    summary: route === null ? 'It was opened before there were routing rules' : summaryOf({ ...route, rule }),
    detail: { rule, set: route && setBy(route), today: todayOf(dossier, reader) },
  };
}

type Rule = KeptRoute['rule'];
type ShownRule = Rule | Pick<NonNullable<Rule>, 'name' | 'position'>;

function shownTo(reader: Reader, rule: Rule): ShownRule {
  return rule === null || reader.can('Manager') ? rule : { name: rule.name, position: rule.position };
}

function summaryOf(route: Omit<KeptRoute, 'rule'> & { rule: ShownRule }): string {
  const { rule, assignmentGroup, category, impact, urgency } = route;
  const told = Object.entries({ assignmentGroup, category, impact, urgency }).flatMap(([field, value]) =>
    value === null ? [] : [`${field} ${value}`],
  );
  const how =
    rule === null
      ? 'No routing rule matched, so the defaults apply'
      : `Routed by "${rule.name}" (position ${rule.position}${'version' in rule ? `, version ${rule.version}` : ''})`;
  return `${how}: ${[`type ${route.type}`, ...told].join(', ')}`;
}

function setBy({ rule: _, ...set }: KeptRoute): Record<string, unknown> {
  return set;
}

/** Null where the payload is no longer kept. */
function todayOf({ delivery }: Dossier, reader: Reader): Record<string, unknown> | null {
  const today = delivery?.reading?.today;
  if (today === undefined) return null;
  const skipped = reader.can('Manager') ? today.skipped : null;
  return { note: OF_TODAY, rule: shownTo(reader, today.route.rule), skipped };
}
