import fc from 'fast-check';
import { AGE_CLASSES, ageClassOf, changedBefore, FIRST_AGE_CLASS } from './age-class.rules';

const DAY_MS = 86_400_000;
const OPENED = new Date('2026-03-01T00:00:00Z');
const after = (days: number): Date => new Date(OPENED.getTime() + days * DAY_MS);

describe('the age class of a work item', () => {
  it.each([
    ['was never changed again', 0, 0],
    ['was closed 72 hours after it was resolved', 3.5, 0],
    ['was changed after four days', 4, 1],
    ['was changed after a month', 31.9, 1],
    ['was changed after 32 days', 32, 2],
    ['was changed after years', 1_000, 2],
    ['was opened by a clock that is ahead', -1, 0],
  ])('that %s', (_, days, ageClass) => {
    expect(ageClassOf({ openedAt: OPENED }, after(days))).toBe(ageClass);
  });

  it('tells before when it was changed, whenever it was opened and changed', () => {
    const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, time, (openedAt, updatedAt, openedBefore) => {
        fc.pre(openedAt < openedBefore);
        const latest = changedBefore(ageClassOf({ openedAt }, updatedAt), openedBefore);
        expect(latest === null || updatedAt < latest).toBe(true);
      }),
    );
  });

  it('bounds the first class, and not the last one', () => {
    expect(changedBefore(FIRST_AGE_CLASS, OPENED)).toEqual(after(4));
    expect(changedBefore(AGE_CLASSES.at(-1) ?? -1, OPENED)).toBeNull();
  });
});
