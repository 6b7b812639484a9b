import { nextPosition } from '../../work-items/routing/position.rules';
import type { RoutingRule } from '../../work-items/routing/routing-rule';

/** A rule that somebody thinks of adding. */
export type ProposedRule = Pick<RoutingRule, 'name' | 'match' | 'actions'> &
  Partial<Pick<RoutingRule, 'position' | 'enabled'>>;

/**
 * Proposed rules as if they had been added to an empty set: first those with a position, then the others, each where one
 * without a position goes. Of the same position the one that was given first comes first; their ids say nothing but that.
 */
export function proposedRules(proposed: readonly ProposedRule[]): RoutingRule[] {
  const drafts = proposed.map(({ position, ...rule }, index) => ({ position, rule: asRule(rule, index) }));
  const placed = drafts.flatMap(({ position, rule }) => (position === undefined ? [] : [{ ...rule, position }]));
  for (const { position, rule } of drafts) {
    if (position === undefined) placed.push({ ...rule, position: nextPosition(placed) });
  }
  return placed;
}

function asRule(
  { name, match, actions, enabled = true }: Omit<ProposedRule, 'position'>,
  index: number,
): Omit<RoutingRule, 'position'> {
  return { id: String(index).padStart(6, '0'), name, enabled, version: 1, match, actions };
}
