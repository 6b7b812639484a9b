import { combinationsOf, isNamed, numbersOf, patternOf, searchOf, type TextFilter } from './filters.rules';

describe('what numbers a text means', () => {
  it.each([
    ['INC0000042', { type: 'incident', from: 42, to: 42 }],
    ['inc0000042', { type: 'incident', from: 42, to: 42 }],
    ['42', { type: null, from: 42, to: 42 }],
    ['INC00001', { type: 'incident', from: 100, to: 199 }],
    ['EVT0', { type: 'event', from: 0, to: 999_999 }],
    ['INC', null],
    ['XYZ0000001', null],
    ['vm-42', null],
    ['', null],
  ])('%s: %j', (text, expected) => {
    expect(numbersOf(text)).toEqual(expected);
  });
});

describe('the pattern of a text', () => {
  it.each([
    ['CPU', '%cpu%'],
    ['100%', '%100!%%'],
    ['a_b', '%a!_b%'],
    ['wow!', '%wow!!%'],
  ])('of %s is %s', (text, expected) => {
    expect(patternOf(text)).toBe(expected);
  });
});

describe('the filters of a query', () => {
  const all = [1, 2, 3, 4, 5];

  it.each([
    ['nothing', {}, []],
    ['a state: all its priorities', { state: ['new'] }, [['ix_work_items_state', { state: ['new'], priority: all }]]],
    ['a priority: by an index of its own', { priority: [1] }, [['ix_work_items_priority', { priority: [1] }]]],
    [
      'both: one index, each value once',
      { state: ['new', 'new'], priority: [1, 1] },
      [['ix_work_items_state', { state: ['new'], priority: [1] }]],
    ],
    [
      'a priority and two others: an index for each of those',
      { type: ['event'], assignee: ['jo', 'al'], priority: [1, 2] },
      [
        ['ix_work_items_type', { type: ['event'], priority: [1, 2] }],
        ['ix_work_items_assignee', { assignee: ['jo', 'al'], priority: [1, 2] }],
      ],
    ],
  ])('%s', (_, query, expected) => {
    const { filters } = searchOf(query as Parameters<typeof searchOf>[0], null);
    expect(filters).toEqual(expected.map(([index, columns]) => ({ kind: 'columns', index, columns })));
  });

  it('combine each value with each', () => {
    expect(combinationsOf({ state: ['new', 'closed'], priority: [1, 2] })).toEqual([
      { state: 'new', priority: 1 },
      { state: 'new', priority: 2 },
      { state: 'closed', priority: 1 },
      { state: 'closed', priority: 2 },
    ]);
  });
});

describe('a text', () => {
  const found: TextFilter = { kind: 'text', pattern: '%x%', numbers: null, signatures: [], ciIds: [], byHand: [] };

  it.each([
    ['that is nowhere is named', {}, true],
    ['in too many signatures is not', { signatures: null }, false],
    ['in too many items is not', { ciIds: null }, false],
    ['in too many by hand is not', { byHand: null }, false],
    ['that may be any of a million numbers is not', { numbers: { type: null, from: 0, to: 999_999 } }, false],
  ])('%s', (_, change, expected) => {
    expect(isNamed({ ...found, ...change })).toBe(expected);
  });
});
