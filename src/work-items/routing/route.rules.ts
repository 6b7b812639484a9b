import { oneLine, severalLines, shortened, withoutHtml } from '../../common/text.rules';
import type { WorkItemType } from '../lifecycle.rules';
import { matches, mismatchOf } from './match.rules';
import type { RoutingFacts } from './routing-facts';
import type { RoutingActions, RoutingRule } from './routing-rule';
import { render, renderName } from './template.rules';

export type { RoutingFacts } from './routing-facts';

const MAX_TITLE = 200;
const MAX_DESCRIPTION = 8_000;
/** Of a group and of a category. */
const MAX_NAME = 100;
const REOPEN_WINDOW_MINUTES = 60;

/** What becomes of an alert. */
export interface Route {
  /** The rule that says so; null = none matches, and the defaults apply. */
  rule: { id: string; name: string; version: number; position: number } | null;
  type: WorkItemType;
  /** One line, at most 200 characters. */
  title: string;
  description: string | null;
  assignmentGroup: string | null;
  category: string | null;
  /** 1 is worst; null = as the configuration items say. */
  impact: 1 | 2 | 3 | null;
  /** 1 is worst; null = as the alert says. */
  urgency: 1 | 2 | 3 | null;
  reopenWindowMinutes: number;
  /** Kept as an alert, without a work item. */
  recordOnly: boolean;
  /** A work item for each configuration item. */
  perConfigurationItem: boolean;
  /** False = only people resolve the work item. */
  autoResolve: boolean;
}

/** A route, and why no rule before that of the route was taken. */
export interface ExplainedRoute {
  route: Route;
  skipped: { rule: { id: string; name: string; position: number }; reason: string }[];
}

/** What becomes of an alert: what the first enabled rule that matches says, and the defaults for all that it leaves open. */
export function routeOf(rules: readonly RoutingRule[], facts: RoutingFacts): Route {
  const rule = inOrder(rules).find(({ enabled, match }) => enabled && matches(match, facts));
  return rule === undefined ? byDefault(facts) : routeBy(rule, facts);
}

/** The same, with the reason for each rule that was passed over. */
export function explainRoute(rules: readonly RoutingRule[], facts: RoutingFacts): ExplainedRoute {
  const skipped: ExplainedRoute['skipped'] = [];
  for (const rule of inOrder(rules)) {
    const reason = rule.enabled ? mismatchOf(rule.match, facts) : 'it is not enabled';
    if (reason === null) return { route: routeBy(rule, facts), skipped };
    skipped.push({ rule: { id: rule.id, name: rule.name, position: rule.position }, reason });
  }
  return { route: byDefault(facts), skipped };
}

function byDefault(facts: RoutingFacts): Route {
  return { rule: null, ...outcomeOf({}, facts) };
}

/** Rules in the order in which they are tried: by position, and of the same position by id. */
export function inOrder<Rule extends Pick<RoutingRule, 'id' | 'position'>>(rules: readonly Rule[]): Rule[] {
  return rules.toSorted((one, other) => one.position - other.position || (one.id < other.id ? -1 : 1));
}

function routeBy({ id, name, version, position, actions }: RoutingRule, facts: RoutingFacts): Route {
  return { rule: { id, name, version, position }, ...outcomeOf(actions, facts) };
}

function outcomeOf(actions: RoutingActions, facts: RoutingFacts): Omit<Route, 'rule'> {
  return {
    type: actions.type ?? 'incident',
    title: titleOf(actions.title, facts),
    description: descriptionOf(actions.description, facts),
    assignmentGroup: nameOf(actions.assignmentGroup, facts),
    category: nameOf(actions.category, facts),
    impact: actions.impact ?? null,
    urgency: actions.urgency ?? null,
    reopenWindowMinutes: actions.reopenWindowMinutes ?? REOPEN_WINDOW_MINUTES,
    recordOnly: actions.recordOnly ?? false,
    perConfigurationItem: actions.perConfigurationItem ?? false,
    autoResolve: actions.autoResolve ?? true,
  };
}

/** Of a template whose values are all missing nothing may be left; a work item has a title all the same. */
function titleOf(template: string | undefined, facts: RoutingFacts): string {
  return (template === undefined ? '' : oneLine(withoutHtml(render(template, facts)), MAX_TITLE)) || facts.title;
}

function descriptionOf(template: string | undefined, facts: RoutingFacts): string | null {
  if (template === undefined) return facts.description && shortened(facts.description, MAX_DESCRIPTION);
  return shortened(severalLines(render(template, facts)).trim(), MAX_DESCRIPTION) || null;
}

function nameOf(template: string | undefined, facts: RoutingFacts): string | null {
  return template === undefined ? null : oneLine(renderName(template, facts), MAX_NAME) || null;
}
