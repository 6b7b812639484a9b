import fc from 'fast-check';
import { type DomainError } from '../errors';
import { checkIfMatch, etagOf, expectedVersionsOf } from './etag';
import { cpuMsSince } from '../../../test/support/cpu-time';

describe('expectedVersionsOf', () => {
  it.each([
    [undefined, null],
    ['*', '*'],
    [' * ', '*'],
    ['"3"', [3]],
    ['W/"3"', [3]],
    ['"3", W/"4","5"', [3, 4, 5]],
    [' "3"\t,  "4" ', [3, 4]],
    ['"of-another-service", "7"', [7]],
    ['"a,b"', []],
    ['""', []],
    ['"03"', []],
    ['"1e3"', []],
    ['"9999999999999999999"', []],
  ])('of %j is %j', (ifMatch, expected) => {
    expect(expectedVersionsOf(ifMatch)).toEqual(expected);
  });

  it.each([
    '',
    ' ',
    '3',
    '"3',
    '3"',
    'w/"3"',
    '"3" "4"',
    '"3",',
    ',"3"',
    '*, "3"',
    '"3"; "4"',
    '"a"b"',
    '"\u{1f600}"',
    '"a b"',
  ])('refuses %j', (ifMatch) => {
    expect(errorOf(() => expectedVersionsOf(ifMatch))).toMatchObject({ status: 400, code: 'invalid_if_match' });
  });

  it('reads back what etagOf wrote', () => {
    fc.assert(fc.property(fc.nat(), (version) => expect(expectedVersionsOf(etagOf(version))).toEqual([version])));
  });

  it('answers a long header at once', () => {
    const start = process.cpuUsage();
    for (const part of ['"3",', '"', ' ', 'W/', '"3" ']) errorOf(() => expectedVersionsOf(part.repeat(100_000)));
    expect(cpuMsSince(start)).toBeLessThan(3_000);
  });
});

describe('checkIfMatch', () => {
  it.each([['"3"'], ['"2", W/"3"'], ['*']])('lets %s change version 3', (ifMatch) => {
    expect(() => checkIfMatch(ifMatch, 3, { required: true })).not.toThrow();
  });

  it('needs the header only where it is required', () => {
    expect(() => checkIfMatch(undefined, 3, { required: false })).not.toThrow();
    expect(errorOf(() => checkIfMatch(undefined, 3, { required: true }))).toMatchObject({
      status: 428,
      code: 'precondition_required',
    });
  });

  it.each([true, false])('tells the current version to who knows another one (required: %s)', (required) => {
    expect(errorOf(() => checkIfMatch('"2"', 3, { required }))).toMatchObject({
      status: 412,
      code: 'version_mismatch',
      members: { currentVersion: 3 },
      headers: { etag: '"3"' },
    });
  });
});

function errorOf(work: () => unknown): DomainError | null {
  try {
    work();
    return null;
  } catch (error) {
    return error as DomainError;
  }
}
