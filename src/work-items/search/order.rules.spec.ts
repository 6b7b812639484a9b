import { beyond, comparePositions, cursorValues, ORDERS, positionAfter, positionOf, upTo } from './order.rules';

const TIME = '2026-01-01 12:00:00.000';
const keys = { id: 7, priority: 2, openedAt: new Date('2026-01-01T12:00:00Z'), updatedAt: TIME };

function cursorOf(values: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

describe('a place in a list', () => {
  it.each([
    ['-openedAt', [TIME, 7]],
    ['openedAt', [TIME, 7]],
    ['priority', [2, TIME, 7]],
    ['-updatedAt', [TIME, TIME, 2, 7]],
  ] as const)('by %s is %j, and its cursor leads back to it', (sort, position) => {
    const order = ORDERS[sort];
    expect(positionOf(order, keys)).toEqual(position);
    expect(positionAfter(order, cursorOf(cursorValues(order, position)))).toEqual(position);
  });

  it('is the start without a cursor', () => {
    expect(positionAfter(ORDERS.priority, undefined)).toBeNull();
  });

  it.each([
    ['of another sort', ['openedAt', TIME, 7]],
    ['with too few values', ['-openedAt', TIME]],
    ['with a time that is none', ['-openedAt', 'yesterday', 7]],
    ['with a day that is none', ['-openedAt', '2026-02-30 12:00:00.000', 7]],
    ['with a month that is none', ['-openedAt', '9999-99-99 99:99:99.999', 7]],
    ['with an id that is none', ['-openedAt', TIME, 'seven']],
    ['with an id that is no whole number', ['-openedAt', TIME, 7.5]],
    ['that is no list', 'x'],
  ])('is refused for a cursor %s', (_, values) => {
    expect(() => positionAfter(ORDERS['-openedAt'], cursorOf(values as unknown[]))).toThrow(/invalid_cursor/);
  });
});

describe('what comes after a place', () => {
  const place = [2, TIME, 7];

  it('is spelled out as ranges of the index for a server', () => {
    expect(beyond(ORDERS.priority, place, { alias: 'w', isSqlite: false })).toEqual({
      text: '(w.priority > ? OR w.priority = ? AND w.openedAt > ? OR w.priority = ? AND w.openedAt = ? AND w.id > ?)',
      values: [2, 2, TIME, 2, TIME, 7],
    });
  });

  it('is one comparison of rows for SQLite', () => {
    expect(beyond(ORDERS['-openedAt'], [TIME, 7], { alias: 'w', isSqlite: true })).toEqual({
      text: '(w.openedAt, w.id) < (?, ?)',
      values: [TIME, 7],
    });
  });

  it('and what comes up to it are all there is', () => {
    expect(upTo(ORDERS['-openedAt'], [TIME, 7], { alias: 'w', isSqlite: true }).text).toBe(
      '(w.openedAt, w.id) >= (?, ?)',
    );
  });
});

describe('which of two places comes first', () => {
  const at = (time: string, id: number): [string, number] => [time, id];

  it.each([
    ['openedAt', at('2026-01-01', 9), at('2026-01-02', 1), -1],
    ['openedAt', at('2026-01-01', 9), at('2026-01-01', 10), -1],
    ['-openedAt', at('2026-01-01', 9), at('2026-01-01', 10), 1],
    ['-openedAt', at('2026-01-02', 1), at('2026-01-01', 9), -1],
    ['-openedAt', at('2026-01-02', 1), at('2026-01-02', 1), 0],
  ] as const)('by %s: %j, %j', (sort, one, other, expected) => {
    expect(comparePositions(ORDERS[sort], one, other)).toBe(expected);
    expect(comparePositions(ORDERS[sort], other, one)).toBe(expected === 0 ? 0 : -expected);
  });
});
