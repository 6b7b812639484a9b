import fc from 'fast-check';
import { globFault, matchesGlob } from './glob.rules';
import { cpuMsSince } from '../../../test/support/cpu-time';

describe('matchesGlob', () => {
  it.each([
    ['db-*', 'db-cpu', true],
    ['db-*', 'db-', true],
    ['db-*', 'DB-Cpu', true],
    ['DB-*', 'db-cpu', true],
    ['db-*', 'web-db-cpu', false],
    ['*cpu', 'db-cpu', true],
    ['*cpu', 'db-cpu high', false],
    ['*cpu*', 'db-cpu high', true],
    ['db', 'db', true],
    ['db', 'db2', false],
    ['*', '', true],
    ['**', 'anything', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['*ab*ab*', 'xabx', false],
    ['a*bc*bc', 'abc', false],
    ['a*bc*bc', 'abcbc', true],
    ['a.c', 'abc', false],
    ['a?c', 'abc', false],
    ['[ab]', 'a', false],
    ['cpu (%)*', 'CPU (%) > 90', true],
    ['größe*', 'GRÖSSE', false],
    ['größe*', 'GRÖßE 5', true],
    ['ΟΔΟΣ*', 'ΟΔΟΣΑ', true],
    ['*οδός', 'Η ΟΔΌΣ', true],
  ])('%j against %j: %j', (pattern, name, expected) => {
    expect(matchesGlob(pattern, name)).toBe(expected);
  });

  it('says what the same pattern says as a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 12 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
    fc.assert(
      fc.property(text, name, (pattern, candidate) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(candidate);
        expect([pattern, candidate, matchesGlob(pattern, candidate)]).toEqual([pattern, candidate, expected]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no time over a hostile pattern', () => {
    const start = process.cpuUsage();
    for (const pattern of ['*a'.repeat(100), `${'a*'.repeat(99)}b`, `*${'a'.repeat(198)}b`])
      for (let turn = 0; turn < 1_000; turn += 1) matchesGlob(pattern, 'a'.repeat(500));
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });
});

describe('globFault', () => {
  it.each([
    ['db-*', null],
    ['*', null],
    ['a'.repeat(200), null],
    ['a'.repeat(201), 'a pattern has 200 characters at most'],
    ['', 'a pattern must not be blank'],
    [' \t', 'a pattern must not be blank'],
  ])('of %j is %j', (pattern, expected) => {
    expect(globFault(pattern)).toBe(expected);
  });
});
