import { inOrder } from '../../work-items/routing/route.rules';
import { proposedRules, type ProposedRule } from './proposed-rules.rules';

const rule = (name: string, more: Partial<ProposedRule> = {}): ProposedRule => ({
  name,
  match: { severity: ['Sev0'] },
  actions: {},
  ...more,
});

const order = (...proposed: ProposedRule[]): string[] => inOrder(proposedRules(proposed)).map(({ name }) => name);

describe('proposed rules', () => {
  it('are tried by position, and of the same position as given', () => {
    expect(order(rule('c', { position: 2 }), rule('a', { position: 1 }), rule('b', { position: 1 }))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('without a position come behind the others, in the order in which they are given', () => {
    expect(order(rule('b'), rule('a', { position: 7 }), rule('c'))).toEqual(['a', 'b', 'c']);
  });

  it('without a position come before one for everything, as they would if they were added', () => {
    expect(order(rule('rest', { position: 1_000, match: {} }), rule('a'), rule('b'))).toEqual(['a', 'b', 'rest']);
  });

  it('keep their order where there are many', () => {
    const names = Array.from({ length: 300 }, (_, index) => `rule ${index}`);
    expect(order(...names.map((name) => rule(name)))).toEqual(names);
    expect(order(...names.map((name) => rule(name, { position: 1 })))).toEqual(names);
  });

  it('are enabled unless they say otherwise', () => {
    expect(proposedRules([rule('a'), rule('b', { enabled: false })])).toMatchObject([
      { enabled: true },
      { enabled: false },
    ]);
  });
});
