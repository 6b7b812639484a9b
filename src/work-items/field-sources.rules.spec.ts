import { isOwned, withSource } from './field-sources.rules';

describe('who has set a field', () => {
  it.each([
    ['nobody', null, false],
    ['a person', { title: 'person' }, true],
    ['a routing rule', { title: 'rule' }, true],
    ['somebody, but another field', { impact: 'person' }, false],
  ] as const)('%s', (_, sources, expected) => {
    expect(isOwned(sources, 'title')).toBe(expected);
  });

  it('adds up, and the last one counts', () => {
    const byRule = withSource(null, ['impact'], 'rule');
    expect(byRule).toEqual({ impact: 'rule' });
    expect(withSource(byRule, ['impact', 'title'], 'person')).toEqual({ impact: 'person', title: 'person' });
    expect(withSource(byRule, [], 'person')).toBe(byRule);
    expect(withSource(null, [], 'person')).toBeNull();
  });
});
