import { isLongUnseen, staleBefore } from './stale.rules';

const NOW = new Date('2026-03-10T12:00:00.000Z');
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

describe('a stale item', () => {
  it.each([
    [{}, null],
    [{ seenBefore: daysAgo(3) }, daysAgo(3)],
    [{ notSeenForDays: 2 }, daysAgo(2)],
    [{ seenBefore: daysAgo(3), notSeenForDays: 2 }, daysAgo(3)],
    [{ seenBefore: daysAgo(1), notSeenForDays: 2 }, daysAgo(2)],
  ])('by %j was last seen before %s', (query, before) => {
    expect(staleBefore(query, NOW)).toEqual(before);
  });
});

describe('an item that an alert is bound to', () => {
  it.each([
    [null, true],
    [daysAgo(1), true],
    [new Date(daysAgo(1).getTime() + 1), false],
    [NOW, false],
    [daysAgo(-1), false],
  ])('last seen %s is noted: %s', (lastSeenAt, isNoted) => {
    expect(isLongUnseen(lastSeenAt, NOW)).toBe(isNoted);
  });
});
