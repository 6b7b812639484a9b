import fc from 'fast-check';
import { timeOf, eventTimeOf, isTime, laterOf, secondsSince } from './time.rules';

describe('timeOf', () => {
  it.each([
    ['2019-03-22T13:58:24.3713213Z', '2019-03-22T13:58:24.371Z'],
    ['2025-03-29T08:17:32.832863Z', '2025-03-29T08:17:32.832Z'],
    ['2021-11-17T05:34:48.99999', '2021-11-17T05:34:48.999Z'],
    ['2021-11-17T05:34:48.5Z', '2021-11-17T05:34:48.500Z'],
    ['2021-11-17T05:34:48Z', '2021-11-17T05:34:48.000Z'],
    ['2021-11-17T05:34:48', '2021-11-17T05:34:48.000Z'],
    ['2021-11-17 05:34:48', '2021-11-17T05:34:48.000Z'],
    ['2021-11-17T05:34Z', '2021-11-17T05:34:00.000Z'],
    ['2021-11-17', '2021-11-17T00:00:00.000Z'],
    ['2021-11-17T05:34:48.1234567+02:00', '2021-11-17T03:34:48.123Z'],
    ['2020-01-01T00:00:00+02', '2019-12-31T22:00:00.000Z'],
    ['2026-01-01T12:00:00,5Z', '2026-01-01T12:00:00.500Z'],
    ['2021-11-17T05:34:48-0530', '2021-11-17T11:04:48.000Z'],
    [' 2024-02-29t00:00:00z ', '2024-02-29T00:00:00.000Z'],
  ])('reads %j', (text, expected) => {
    expect(timeOf(text)?.toISOString()).toBe(expected);
  });

  it.each(['0001-01-01T00:00:00', '1601-01-01T00:00:00Z'])('takes %j for "not set"', (text) => {
    expect(timeOf(text)).toBeNull();
    expect(isTime(text)).toBe(true);
  });

  it.each([
    '3/22/2019 1:36:31 PM',
    'Wed, 21 Aug 2019 16:17:47 GMT',
    '2023-02-29T00:00:00Z',
    '2023-13-01T00:00:00Z',
    '2023-01-01T25:00:00Z',
    '9999-12-31T23:59:59-14:00',
    'yesterday',
    '1679493504',
    '1',
    '2026-02-30',
    '200000-01-01T00:00:00Z',
    '+200000-01-01T00:00:00Z',
    '2020-W01',
    '2026-200',
    '20200101',
    '2020-01-01T00',
    '20261231T1200Z',
    `2023-01-01T00:00:00.${'0'.repeat(100_000)}Z`,
  ])('does not take %.40j for a time', (text) => {
    expect(isTime(text)).toBe(false);
    expect(timeOf(text)).toBeNull();
  });

  it.each([null, undefined, '', '  '])('finds no time in %j', (text) => {
    expect(timeOf(text)).toBeNull();
  });

  it.each([
    ['9999-12-31T23:59:59.9999999Z', null],
    ['9000-01-01T00:00:00Z', null],
    ['8999-12-31T23:59:59.999Z', '8999-12-31T23:59:59.999Z'],
    ['0001-01-01T00:00:00', null],
    ['2026-11-24T08:00:00Z', '2026-11-24T08:00:00.000Z'],
  ])('takes %s of an event for %s', (text, expected) => {
    expect(eventTimeOf(text)?.toISOString() ?? null).toBe(expected);
    expect(isTime(text)).toBe(true);
  });

  it('truncates any number of digits from 0 to 7', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 1, max: 7 }), (ticks, digits) => {
        const fraction = String(ticks).padStart(7, '0').slice(0, digits);
        const time = timeOf(`2024-05-06T07:08:09.${fraction}Z`);
        expect(time?.getUTCMilliseconds()).toBe(Number(fraction.padEnd(3, '0').slice(0, 3)));
      }),
    );
  });

  it('answers null or a time that a database column can hold, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        ),
        (text) => {
          const year = timeOf(text)?.getUTCFullYear() ?? 1970;
          expect(year >= 1970 && year <= 9999).toBe(true);
        },
      ),
    );
  });
});

describe('laterOf', () => {
  const [early, late] = [new Date(1), new Date(2)];

  it.each([
    [early, late, late],
    [late, early, late],
    [null, early, early],
    [early, null, early],
    [null, null, null],
  ])('of %p and %p is %p', (one, other, expected) => {
    expect(laterOf(one, other)).toBe(expected);
  });
});

describe('secondsSince', () => {
  const now = new Date('2026-01-01T00:00:10.500Z');
  it.each([
    [new Date('2026-01-01T00:00:00.000Z'), 10.5],
    [now, 0],
    [new Date('2026-01-01T00:00:11.000Z'), 0],
    [null, 0],
  ])('of %p is %p', (time, seconds) => {
    expect(secondsSince(time, now)).toBe(seconds);
  });
});
