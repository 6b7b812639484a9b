import { isOpen, removable, stayReasonOf, type StoredAlert, type Surroundings } from './removable.rules';

const BEFORE = new Date('2026-01-01T00:00:00Z');
const MINUTE_MS = 60_000;
const at = (minutes: number): Date => new Date(BEFORE.getTime() + minutes * MINUTE_MS);

function anAlert(alert: Partial<StoredAlert> & { id: string }): StoredAlert {
  return {
    family: alert.id,
    signature: 's',
    workItemId: 1,
    isFiring: false,
    endedAt: at(-10),
    updatedAt: at(-10),
    isWorkItemOpen: false,
    ...alert,
  };
}

function around(
  some: { deliveries?: string[]; firing?: [string, Date][]; ended?: [string, string[]][] } = {},
): Surroundings {
  return {
    withDeliveries: new Set(some.deliveries),
    firingSince: new Map(some.firing),
    endedBy: new Map(some.ended),
  };
}

const goneOf = (alerts: StoredAlert[], surroundings = around()): string[] =>
  removable(alerts, surroundings, BEFORE).map(({ id }) => id);

describe('whether an alert has to stay', () => {
  it.each<[what: string, alert: Partial<StoredAlert>, surroundings: Surroundings, reason: string | null]>([
    ['ended long ago', {}, around(), null],
    ['ended just long enough ago', { endedAt: BEFORE, updatedAt: BEFORE }, around(), null],
    ['ended a moment later', { endedAt: at(0.001) }, around(), 'not_due'],
    ['ended long ago, as was heard just now', { updatedAt: at(1) }, around(), 'not_due'],
    ['without a work item', { workItemId: null }, around(), null],
    ['only ever noted, long ago', { endedAt: null }, around(), null],
    ['only ever noted, just now', { endedAt: null, updatedAt: at(1) }, around(), 'not_due'],
    ['firing', { isFiring: true, endedAt: null }, around(), 'fires'],
    ['whose work item is not closed', { isWorkItemOpen: true }, around(), 'work_item_open'],
    ['with a delivery', {}, around({ deliveries: ['a'] }), 'has_deliveries'],
    ['with a delivery of another one', {}, around({ deliveries: ['b'] }), null],
    ['beside one that fires since before its end', {}, around({ firing: [['s', at(-11)]] }), 'may_count_for_another'],
    ['beside one that fires since its end', {}, around({ firing: [['s', at(-10)]] }), 'may_count_for_another'],
    ['beside one that fires since later', {}, around({ firing: [['s', at(-9)]] }), null],
    ['beside one of another signature', {}, around({ firing: [['t', at(-11)]] }), null],
  ])('%s', (_, alert, surroundings, reason) => {
    expect(stayReasonOf(anAlert({ id: 'a', ...alert }), surroundings, BEFORE)).toBe(reason);
  });
});

describe('the alerts that can go', () => {
  it('are those that nothing holds, each for itself', () => {
    const alerts = [
      anAlert({ id: 'a' }),
      anAlert({ id: 'b', isFiring: true }),
      anAlert({ id: 'c', isWorkItemOpen: true }),
    ];
    expect(goneOf(alerts)).toEqual(['a']);
  });

  it('are all parts of one alert, or none', () => {
    const parts = [
      anAlert({ id: 'a', family: 'f' }),
      anAlert({ id: 'b', family: 'f' }),
      anAlert({ id: 'c', family: 'g' }),
    ];
    expect(goneOf(parts)).toEqual(['a', 'b', 'c']);
    expect(goneOf(parts, around({ deliveries: ['b'] }))).toEqual(['c']);
  });

  it('are an orphan and those that it ended, together', () => {
    const alerts = [anAlert({ id: 'orphan' }), anAlert({ id: 'a' }), anAlert({ id: 'b' })];
    const ended = around({ ended: [['orphan', ['a', 'b']]] });
    expect(goneOf(alerts, ended)).toEqual(['orphan', 'a', 'b']);
    expect(goneOf(alerts, { ...ended, withDeliveries: new Set(['b']) })).toEqual(['a']);
    expect(goneOf(alerts.slice(0, 2), ended)).toEqual(['a']);
  });

  it('are none of a chain of which the last has to stay', () => {
    const alerts = [
      anAlert({ id: 'first orphan' }),
      anAlert({ id: 'a', family: 'f' }),
      anAlert({ id: 'second orphan', family: 'f' }),
      anAlert({ id: 'b', updatedAt: at(1) }),
    ];
    const ended = around({
      ended: [
        ['first orphan', ['a']],
        ['second orphan', ['b']],
      ],
    });
    expect(goneOf(alerts, ended)).toEqual([]);
  });
});

describe('what is open about alerts', () => {
  it.each([
    [false, false, false],
    [true, false, true],
    [false, true, true],
  ])('fires: %s, work item open: %s', (isFiring, isWorkItemOpen, open) => {
    expect(isOpen({ isFiring, isWorkItemOpen })).toBe(open);
  });
});
