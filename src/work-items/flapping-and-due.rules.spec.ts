import { dueAtOf, dueStepOf, type Timed } from './due.rules';
import { isTooMany, quietUntil, withChange } from './flapping.rules';

const noon = new Date('2026-01-01T12:00:00Z');
const at = (minutes: number): Date => new Date(noon.getTime() + minutes * 60_000);

describe('flapping', () => {
  it.each([
    ['four changes within half an hour', [0, 10, 20, 29], true],
    ['three', [0, 10, 20], false],
    ['four, the first half an hour before the last', [0, 10, 20, 30], false],
    ['four that come late and out of order', [29, 0, 20, 10], true],
    ['a late one from long ago', [100, 101, 102, 0], false],
  ])('%s: %s', (_, minutes, expected) => {
    const changes = minutes.reduce<number[]>(
      (known, minute) => withChange(known, { at: at(minute), now: at(999) }),
      [],
    );
    expect(isTooMany(changes)).toBe(expected);
    expect(changes.length).toBeLessThanOrEqual(4);
  });

  it('lasts until half an hour after the last change, and a time in the future counts as now', () => {
    expect(quietUntil(null, { at: at(0), now: at(5) })).toEqual(at(30));
    expect(quietUntil(at(60), { at: at(0), now: at(5) })).toEqual(at(60));
    expect(quietUntil(null, { at: at(9_999), now: at(5) })).toEqual(at(35));
  });
});

describe('what is due', () => {
  const nothing: Timed = { state: 'new', stateChangedAt: noon, reopenUntil: null, flappingUntil: null };
  const resolved: Timed = { ...nothing, state: 'resolved', reopenUntil: at(60) };

  it.each([
    ['a live work item', nothing, null],
    ['one that flaps', { ...nothing, flappingUntil: at(30) }, at(30)],
    ['a resolved one: the end of its reopen window', resolved, at(60)],
    ['after that: its closing', { ...resolved, reopenUntil: null }, at(72 * 60)],
    ['a closed one', { ...resolved, state: 'closed', reopenUntil: null }, null],
    ['a reopened one', { ...resolved, state: 'in_progress' }, null],
  ] as const)('%s at %s', (_, timed, expected) => {
    expect(dueAtOf(timed)).toEqual(expected);
  });

  it.each([
    [resolved, at(59), null],
    [resolved, at(60), 'end_reopen_window'],
    [{ ...resolved, reopenUntil: null }, at(72 * 60 - 1), null],
    [{ ...resolved, reopenUntil: null }, at(72 * 60), 'close'],
    [resolved, at(99_999), 'end_reopen_window'],
    [{ ...nothing, flappingUntil: at(30) }, at(30), 'end_flapping'],
  ] as const)('of %j at %s is %s', (timed, now, step) => {
    expect(dueStepOf(timed, now)).toBe(step);
  });
});
