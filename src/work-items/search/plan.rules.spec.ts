import type { Estimated } from './checks.rules';
import type { ColumnFilter, ItemFilter } from './filters.rules';
import { ORDERS } from './order.rules';
import { needsEstimates, stepsFor, type Situation } from './plan.rules';

const ALL = 1_000_000;
const group: ColumnFilter = { kind: 'columns', index: 'ix_work_items_group', columns: { assignmentGroup: ['dba'] } };
const assignee: ColumnFilter = { kind: 'columns', index: 'ix_work_items_assignee', columns: { assignee: ['jo'] } };
const live: ColumnFilter = {
  kind: 'columns',
  index: 'ix_work_items_state',
  columns: { state: ['new', 'in_progress'], priority: [1, 2, 3, 4, 5] },
};
const item: ItemFilter = { kind: 'item', ciId: 'ci' };

function estimated(filter: Estimated['filter'], count: number): Estimated {
  return { filter, count, share: count / ALL };
}

function stepsOf(sort: keyof typeof ORDERS, filters: readonly Estimated[], change: Partial<Situation> = {}): string[] {
  const situation = { order: ORDERS[sort], need: 51, filters, inWindow: null, newer: 0, all: ALL, ...change };
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
      'of what nearly all have by their last change, along the order at first',
      '-updatedAt',
      [estimated(group, 900_000)],
      ['walk all for a while', 'gather ix_work_items_group'],
    ],
  ] as const)('%s', (_, sort, filters, expected) => {
    expect(stepsOf(sort, filters)).toEqual(expected);
  });

  it('starts from the rarer of two filters', () => {
    const [step] = stepsOf('-openedAt', [estimated(group, 200_000), estimated(assignee, 30)]);
    expect(step).toBe('walk ix_work_items_assignee');
  });

  it('ends with a step that finds all there is, whatever the numbers are', () => {
    const counts = [0, 1, 1_000, 100_000, ALL];
    for (const sort of Object.keys(ORDERS) as (keyof typeof ORDERS)[]) {
      for (const one of counts) {
        for (const other of counts) {
          const steps = stepsFor({
            ...{ order: ORDERS[sort], need: 51, inWindow: null, newer: 0, all: ALL },
            filters: [estimated(group, one), estimated(item, other)],
          });
          expect(steps.at(-1)?.within).toBeNull();
        }
      }
    }
  });
});

describe('estimates', () => {
  it.each([
    ['nothing is filtered', '-openedAt', [], false, false],
    ['one filter has the order', '-openedAt', [group], false, false],
    ['one filter has it not', '-updatedAt', [group], false, true],
    ['there are two filters', '-openedAt', [group, assignee], false, true],
    ['a window of times goes with another order', 'priority', [], true, true],
  ] as const)('are needed where %s: by %s', (_, sort, filters, isWindowed, expected) => {
    expect(needsEstimates({ order: ORDERS[sort], filters, isWindowed })).toBe(expected);
  });
});
