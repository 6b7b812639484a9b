import { nextPosition } from './position.rules';
import type { RoutingMatch, RoutingRule } from './routing-rule';

const everything: RoutingMatch = {};
const something: RoutingMatch = { alertRule: 'db-*' };

function rules(...sketches: [position: number, match: RoutingMatch, enabled?: boolean][]): RoutingRule[] {
  return sketches.map(([position, match, enabled = true]) => {
    return { id: `rule ${position}`, name: 'a rule', version: 1, actions: {}, position, match, enabled };
  });
}

describe('the place of a new rule', () => {
  it.each([
    ['the first one', rules(), 10],
    ['behind all others', rules([10, something], [35, something]), 45],
    ['before the one that matches everything', rules([1000, everything], [70, something]), 80],
    ['between, where little room is left', rules([994, something], [1000, everything]), 997],
    ['that of the last one before it, where none is left', rules([999, something], [1000, everything]), 999],
    ['behind all, where that would come too late as well', rules([9, something], [9, everything], [20, something]), 30],
    ['behind one for everything that is not enabled', rules([70, something], [1000, everything, false]), 1010],
    ['before the only one', rules([1000, everything]), 10],
    ['as far as positions go', rules([999_995, something]), 1_000_000],
    ['that of the last one, where positions end', rules([1_000_000, something], [1_000_000, everything]), 1_000_000],
    ['before the only one, at the very start', rules([0, everything]), 10],
  ])('is %s', (_, known, expected) => {
    expect(nextPosition(known)).toBe(expected);
  });
});
