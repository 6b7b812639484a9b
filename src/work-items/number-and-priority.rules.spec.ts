import { numberOf, parseNumber } from './number.rules';
import { priorityOf } from './priority.rules';

describe('numbers', () => {
  it.each([
    ['incident', 1, 'INC0000001'],
    ['event', 42, 'EVT0000042'],
    ['alert', 12_345_678, 'ALR12345678'],
  ] as const)('writes %s %d as %s, and reads it back in any case', (type, id, number) => {
    expect(numberOf({ type, id })).toBe(number);
    expect(parseNumber(number.toLowerCase())).toEqual({ type, id });
  });

  it.each([
    '',
    'INC',
    'INC1',
    'INC000001',
    'XYZ0000001',
    'INC0000000',
    'INC9999999999',
    'INC0000001 ',
    'INC0000001;',
    'INC٠٠٠٠٠٠١',
  ])('reads %j as no number', (text) => {
    expect(parseNumber(text)).toBeNull();
  });
});

describe('priority', () => {
  it.each([
    [1, 1, 1],
    [1, 2, 2],
    [2, 1, 2],
    [2, 2, 3],
    [1, 3, 3],
    [3, 1, 3],
    [2, 3, 4],
    [3, 2, 4],
    [3, 3, 5],
  ])('of impact %d and urgency %d is %d', (impact, urgency, priority) => {
    expect(priorityOf(impact, urgency)).toEqual({ priority, reason: `impact ${impact} × urgency ${urgency}` });
  });

  it('is not guessed for anything else', () => {
    expect(() => priorityOf(0, 4)).toThrow(/1 to 3/);
  });
});
