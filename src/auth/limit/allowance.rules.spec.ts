import fc from 'fast-check';
import { fullAllowance, grown, secondsUntilNext, taken, type Allowance } from './allowance.rules';

const START_MS = 1_000_000;

/** Takes at each of the times, and tells which calls were within the allowance. */
function within(perMinute: number, timesMs: readonly number[]): boolean[] {
  let allowance = fullAllowance(perMinute, START_MS);
  return timesMs.map((nowMs) => {
    const current = grown(allowance, perMinute, nowMs);
    const less = taken(current);
    if (less !== null) allowance = less;
    return less !== null;
  });
}

describe('the allowance of an address', () => {
  it.each([
    ['gives a minute’s worth at once', 2, [0, 0, 0], [true, true, false]],
    ['grows back evenly', 2, [0, 0, 29_999, 30_000, 30_001], [true, true, false, true, false]],
    ['never grows above a minute’s worth', 2, [3_600_000, 3_600_000, 3_600_000], [true, true, false]],
    ['gives nothing for a clock that was set back', 1, [0, -60_000, -30_000, 0], [true, false, false, false]],
  ])('%s', (_, perMinute, afterMs, expected) => {
    expect(
      within(
        perMinute,
        afterMs.map((ms) => START_MS + ms),
      ),
    ).toEqual(expected);
  });

  it.each([
    [0, 60, 1],
    [0, 1, 60],
    [0.5, 1, 30],
    [0.99, 1, 1],
    [0.999, 1_000_000, 1],
    [0, 7, 9],
  ])('of %d left, at %d a minute, the next one comes after %d s', (left, perMinute, seconds) => {
    expect(secondsUntilNext({ left, atMs: 0 }, perMinute)).toBe(seconds);
  });

  const perMinutes = fc.integer({ min: 1, max: 1_000 });
  const pauses = fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 300 });

  it('lets no more through in any time than a minute’s worth and what grew back', () => {
    fc.assert(
      fc.property(perMinutes, pauses, (perMinute, pausesMs) => {
        let nowMs = START_MS;
        const timesMs = pausesMs.map((pauseMs) => (nowMs += pauseMs));
        const through = within(perMinute, timesMs).filter(Boolean).length;
        expect(through).toBeLessThanOrEqual(perMinute + ((nowMs - START_MS) * perMinute) / 60_000 + 1e-6);
      }),
    );
  });

  it('has one again after the seconds that it tells, and is never below 0', () => {
    const allowances = fc.record({
      left: fc.double({ min: 0, max: 1, noNaN: true }),
      atMs: fc.integer({ min: 0, max: 1e12 }),
    });
    fc.assert(
      fc.property(allowances, perMinutes, (allowance: Allowance, perMinute) => {
        const laterMs = allowance.atMs + secondsUntilNext(allowance, perMinute) * 1_000;
        const { left } = grown(allowance, perMinute, laterMs);
        expect(left).toBeGreaterThan(1 - 1e-9);
        expect(taken({ left: Math.max(1, left), atMs: laterMs })?.left).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
