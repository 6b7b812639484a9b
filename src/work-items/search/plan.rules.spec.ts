import type { Estimated } from './checks.rules';
import type { ColumnFilter, ItemFilter } from './filters.rules';
import { ORDERS } from './order.rules';
import { onlyWay, stepsFor, type Situation } from './plan.rules';

const ALL = 1_000_000;
const priority = [1, 2, 3, 4, 5];
const group = filterBy('ix_work_items_group', { assignmentGroup: ['dba'], priority });
const assignee = filterBy('ix_work_items_assignee', { assignee: ['jo'], priority });
const live = filterBy('ix_work_items_state', { state: ['new', 'in_progress'], priority });
const service = filterBy('ix_work_items_service', { monitoringService: ['Platform'], priority });
const subscription = filterBy('ix_work_items_subscription', { subscriptionId: ['sub'], priority });
const item: ItemFilter = { kind: 'item', ciId: 'ci' };

function filterBy(index: string, columns: ColumnFilter['columns']): ColumnFilter {
  return { kind: 'columns', index, columns };
}

function estimated(filter: Estimated['filter'], count: number): Estimated {
  return { filter, count, share: count / ALL };
}

function stepsOf(sort: keyof typeof ORDERS, filters: readonly Estimated[], change: Partial<Situation> = {}): string[] {
  const situation = {
    order: ORDERS[sort],
    need: 51,
    filters,
    cluster: null,
    inWindow: null,
    skipped: 0,
    all: ALL,
    ...change,
  };
  return stepsFor(situation).map(({ plan, within }) => {
    const source = plan.kind === 'walk' ? plan.drive : plan.from;
    const by = source === null ? 'all' : source.kind === 'columns' ? source.index : source.kind;
    return `${plan.kind} ${by}${within === null ? '' : ' for a while'}`;
  });
}

describe('the way to a page', () => {
  it.each([
    ['without a filter, along the order', '-openedAt', [], ['walk all']],
    [
      'of a group by its opening, along its index',
      '-openedAt',
      [estimated(group, 20_000)],
      ['walk ix_work_items_group'],
    ],
    [
      'of a rare group by its last change, all of it',
      '-updatedAt',
      [estimated(group, 300)],
      ['gather ix_work_items_group'],
    ],
    [
      'of what is live by priority, along its index',
      'priority',
      [estimated(live, 4_000)],
      ['walk ix_work_items_state'],
    ],
    ['of a rare item, all of it', '-openedAt', [estimated(item, 40)], ['gather item']],
    [
      'of what nearly all have by their last change, along the order',
      '-updatedAt',
      [estimated(group, 900_000)],
      ['walk all'],
    ],
    [
      'of what some have by their last change, along the order at first',
      '-updatedAt',
      [estimated(group, 40_000)],
      ['walk all for a while', 'gather ix_work_items_group'],
    ],
    ['of a group by priority, along its index', 'priority', [estimated(group, 20_000)], ['walk ix_work_items_group']],
  ] as const)('%s', (_, sort, filters, expected) => {
    expect(stepsOf(sort, filters)).toEqual(expected);
  });

  it('walks along the order of the last change from where a window of times can begin', () => {
    const window = { inWindow: 10_000, skipped: 6_000 };
    expect(stepsOf('-updatedAt', [], { ...window, inWindow: 400_000 })).toEqual(['walk all']);
    expect(stepsOf('-updatedAt', [], { ...window, inWindow: 40 })).toEqual(['gather all']);
  });

  it('takes filters that go together in few signatures from these', () => {
    const filters = [estimated(group, 50_000), estimated(assignee, 40_000)];
    const filter = { kind: 'cluster', signatures: [], withByHand: true } as const;
    expect(stepsOf('priority', filters)).toEqual(['walk ix_work_items_assignee']);
    expect(stepsOf('priority', filters, { cluster: { filter, count: 0, byHand: 100 } })).toEqual(['gather cluster']);
  });

  it.each([
    ['a state that nearly all have, reads the rows of a page', live, 0.9, 0],
    ['a state that few have, looks all up', live, 0.01, 3],
    ['a group that people may have given to one of them only, looks all up', group, 0.02, 3],
  ])('of a cluster and %s', (_, other, share, probes) => {
    const told = [estimated(subscription, 50_000), estimated(service, 40_000)];
    const filter = { kind: 'cluster', signatures: ['s'], withByHand: false } as const;
    const [step] = stepsFor({
      ...{ order: ORDERS['-updatedAt'], need: 51, inWindow: null, skipped: 0, all: ALL },
      filters: [...told, { filter: other, count: share * ALL, share }],
      cluster: { filter, count: 3_000, byHand: 0 },
    });
    expect(step?.plan).toMatchObject({ kind: 'gather', from: filter });
    expect(step?.plan.checks.probes).toHaveLength(probes);
  });

  it('starts from the rarer of two filters', () => {
    const [step] = stepsOf('-openedAt', [estimated(group, 200_000), estimated(assignee, 30)]);
    expect(step).toMatch(/ix_work_items_assignee$/);
  });

  it('ends with a step that finds all there is, whatever the numbers are', () => {
    const counts = [0, 1, 1_000, 100_000, ALL];
    for (const sort of Object.keys(ORDERS) as (keyof typeof ORDERS)[]) {
      for (const one of counts) {
        for (const other of counts) {
          const steps = stepsFor({
            ...{ order: ORDERS[sort], need: 51, cluster: null, inWindow: null, skipped: 0, all: ALL },
            filters: [estimated(group, one), estimated(item, other)],
          });
          expect(steps.at(-1)?.within).toBeNull();
        }
      }
    }
  });
});

describe('the only way', () => {
  it.each([
    ['where nothing is filtered: along the order', '-openedAt', [], false, null],
    ['by priority within a window of times: along the order', 'priority', [], true, null],
    ['where one filter has the order: along its index', '-openedAt', [group], false, group],
    ['where one filter has the order by priority: along its index', 'priority', [group], true, group],
  ] as const)('%s', (_, sort, filters, isWindowed, drive) => {
    const steps = onlyWay({ order: ORDERS[sort], filters, isWindowed });
    expect(steps).toEqual([{ plan: { kind: 'walk', drive, checks: { probes: [], rows: [] } }, within: null }]);
  });

  it.each([
    ['one filter has not the order', '-updatedAt', [group], false],
    ['an item has no order at all', 'priority', [item], false],
    ['there are two filters', '-openedAt', [group, assignee], false],
    ['a window of times goes with another order', '-updatedAt', [], true],
  ] as const)('is not there where %s', (_, sort, filters, isWindowed) => {
    expect(onlyWay({ order: ORDERS[sort], filters, isWindowed })).toBeNull();
  });
});
