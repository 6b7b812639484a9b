import { inOrder } from './route.rules';
import type { RoutingRule } from './routing-rule';

/** The last one that a rule can have. */
export const MAX_POSITION = 1_000_000;

/** Room for people to put rules between others. */
const STEP = 10;

/**
 * Where a new rule goes whose place nobody names: behind all others, but before the first one that matches everything, as it
 * would never have its turn after that. Where there is no room left in between, it shares the position of the last one
 * before it: of the same position, the older rule comes first.
 */
export function nextPosition(rules: readonly RoutingRule[]): number {
  const ordered = inOrder(rules);
  const end = ordered.findIndex(({ enabled, match }) => enabled && Object.keys(match).length === 0);
  const before = end === -1 ? ordered : ordered.slice(0, end);
  const highest = before.at(-1)?.position ?? 0;
  const room = end === -1 ? Number.POSITIVE_INFINITY : (ordered[end]?.position ?? 0) - highest;
  if (room > STEP) return Math.min(highest + STEP, MAX_POSITION);
  if (room > 0) return highest + Math.floor(room / 2);
  return Math.min((ordered.at(-1)?.position ?? 0) + STEP, MAX_POSITION);
}
