import {
  isOpen,
  removable,
  stayReasonOf,
  stillFires,
  wholeFamilies,
  withoutOwnReason,
  type StoredAlert,
  type Surroundings,
} from './removable.rules';

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
    workItemClosedAt: at(-10),
    ...alert,
  };
}

const LIVE = { isFiring: true, endedAt: null, isWorkItemOpen: true, workItemClosedAt: null };
const ENDLESS = { isFiring: true, endedAt: null };

function around(
  some: {
    deliveries?: string[];
    firing?: [string, Date][];
    orphans?: [string, Date][];
    ended?: [string, string[]][];
  } = {},
): Surroundings {
  return {
    withDeliveries: new Set(some.deliveries),
    firingSince: new Map(some.firing),
    lastOrphanAt: new Map(some.orphans),
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
    ['without a work item', { workItemId: null, workItemClosedAt: null }, around(), null],
    ['only ever noted, long ago', { endedAt: null }, around(), null],
    ['only ever noted, just now', { endedAt: null, updatedAt: at(1) }, around(), 'not_due'],
    ['firing', LIVE, around(), 'fires'],
    ['without an end, whose work item was closed long ago', ENDLESS, around(), null],
    ['without an end, with a delivery', ENDLESS, around({ deliveries: ['a'] }), 'has_deliveries'],
    ['without an end, beside one that fires', ENDLESS, around({ firing: [['s', at(-11)]] }), null],
    [
      'without an end, beside one that fires since before an orphan',
      ENDLESS,
      around({ firing: [['s', at(-11)]], orphans: [['s', at(-11)]] }),
      'may_count_for_another',
    ],
    [
      'without an end, beside one that fires since after the last orphan',
      ENDLESS,
      around({ firing: [['s', at(-11)]], orphans: [['s', at(-12)]] }),
      null,
    ],
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
    const alerts = [anAlert({ id: 'a' }), anAlert({ id: 'b', ...LIVE }), anAlert({ id: 'c', isWorkItemOpen: true })];
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

describe('the alerts of which it matters what there is around them', () => {
  it('are those of families of which none has to stay by itself', () => {
    const alerts = [
      anAlert({ id: 'a' }),
      anAlert({ id: 'b', family: 'f' }),
      anAlert({ id: 'c', family: 'f', ...LIVE }),
      anAlert({ id: 'd', isWorkItemOpen: true }),
      anAlert({ id: 'e', updatedAt: at(1) }),
      anAlert({ id: 'g', ...ENDLESS }),
    ];
    expect(withoutOwnReason(alerts, BEFORE).map(({ id }) => id)).toEqual(['a', 'g']);
  });
});

describe('whole families', () => {
  const family = (name: string, parts: number): StoredAlert[] =>
    Array.from({ length: parts }, (_, index) => anAlert({ id: `${name}${index}`, family: name }));
  const alerts = [...family('a', 3), ...family('b', 3), ...family('c', 2)];

  it.each([
    [8, ['a0', 'b0', 'c0'], ['a', 'b', 'c'], 3],
    [7, ['a0', 'b0', 'c0'], ['a', 'b'], 2],
    [6, ['a0', 'stays', 'b1', 'a1', 'stays too', 'c0', 'a2'], ['a', 'b'], 5],
    [5, ['a0', 'c0', 'b0'], ['a', 'c'], 2],
    [1, ['c1', 'a0'], ['c'], 1],
    [1, ['stays', 'stays too'], [], 2],
  ])('of at most %i alerts, of %j: %j', (limit, ids, families, reached) => {
    const some = wholeFamilies(alerts, ids, limit);
    expect(some.alerts.map(({ id }) => id)).toEqual(
      families.flatMap((name) => alerts.filter((alert) => alert.family === name).map(({ id }) => id)),
    );
    expect(some.reached).toBe(reached);
  });
});

describe('whether an alert fires, as far as retention goes', () => {
  it.each<[what: string, alert: Partial<StoredAlert>, fires: boolean]>([
    ['with a live work item', LIVE, true],
    ['with a work item that is closed for long enough', { workItemClosedAt: BEFORE, updatedAt: BEFORE }, false],
    ['with a work item that was closed a moment later', { workItemClosedAt: at(0.001) }, true],
    ['of which there was news a moment later', { updatedAt: at(0.001) }, true],
    ['without a work item', { workItemId: null, workItemClosedAt: null }, false],
    ['without a work item, of which there was news', { workItemClosedAt: null, updatedAt: at(1) }, true],
    ['that has ended', { ...LIVE, isFiring: false }, false],
  ])('%s', (_, alert, fires) => {
    expect(stillFires(anAlert({ id: 'a', ...ENDLESS, ...alert }), BEFORE)).toBe(fires);
  });
});

describe('what is open about alerts', () => {
  it.each<[what: string, alert: Partial<StoredAlert>, open: boolean]>([
    ['nothing, once it is over', {}, false],
    ['that it fires', { ...ENDLESS, updatedAt: at(1) }, true],
    ['nothing, where it tells no end and its work item was closed long ago', ENDLESS, false],
    ['its work item', { isWorkItemOpen: true }, true],
  ])('%s', (_, alert, open) => {
    expect(isOpen(anAlert({ id: 'a', ...alert }), BEFORE)).toBe(open);
  });
});
