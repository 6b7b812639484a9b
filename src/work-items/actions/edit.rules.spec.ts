import type { PersonRole } from '../lifecycle.rules';
import type { WorkItemRecord } from '../work-item.record';
import { edit, type Edit } from './edit.rules';
import type { Person } from './person';

function person(...roles: PersonRole[]): Person {
  return { kind: 'person', actor: 'user:jo', name: 'Jo', can: (role) => roles.includes(role) };
}
const operator = person('Operator');
const manager = person('Operator', 'Manager');

/** Of what a work item has only what an edit looks at. */
function aWorkItem(change: Partial<WorkItemRecord> = {}): WorkItemRecord {
  const fields = { title: 'cpu', description: null, assignmentGroup: null, assignee: null, category: null };
  const weight = { impact: 2, urgency: 3, priority: 4, priorityReason: 'impact 2 × urgency 3' };
  return { state: 'new', ...fields, ...weight, fieldSources: null, ...change } as WorkItemRecord;
}

describe('an edit', () => {
  it.each<[by: Person, input: Edit, result: string]>([
    [operator, { title: 'x' }, 'edited'],
    [operator, { priority: null }, 'forbidden'],
    [operator, { priority: 1, priorityReason: 'VIP' }, 'forbidden'],
    [manager, { priority: 1, priorityReason: 'VIP' }, 'edited'],
    [manager, { priority: 1 }, 'invalid'],
    [manager, { priority: 1, priorityReason: ' ' }, 'invalid'],
    [manager, { priorityReason: 'VIP' }, 'invalid'],
    [manager, { priority: null, priorityReason: 'VIP' }, 'invalid'],
  ])('by %j of %j is %s', (by, input, kind) => {
    expect(edit(aWorkItem(), input, by).kind).toBe(kind);
  });

  it.each(['closed', 'canceled'] as const)('changes nothing of what is %s', (state) => {
    const workItem = Object.freeze(aWorkItem({ state }));
    expect(edit(workItem, { title: 'x' }, manager)).toEqual({ kind: 'final' });
  });

  it('tells what is different then, also what follows from it, and notes what alerts are to leave alone', () => {
    const workItem = aWorkItem();
    expect(edit(workItem, { urgency: 1, assignee: 'Al', title: 'cpu', description: null }, operator)).toEqual({
      kind: 'edited',
      changes: {
        title: { before: 'cpu', after: 'cpu' },
        description: { before: null, after: null },
        urgency: { before: 3, after: 1 },
        assignee: { before: null, after: 'Al' },
        priority: { before: 4, after: 2 },
        priorityReason: { before: 'impact 2 × urgency 3', after: 'impact 2 × urgency 1' },
      },
    });
    expect(workItem.fieldSources).toEqual({ urgency: 'person', title: 'person', description: 'person' });
  });

  it('leaves a priority that a person has set, until it is given back', () => {
    const workItem = aWorkItem();
    edit(workItem, { priority: 1, priorityReason: 'VIP' }, manager);
    edit(workItem, { impact: 3 }, operator);
    expect(workItem).toMatchObject({ impact: 3, priority: 1, priorityReason: 'set by Jo: VIP' });
    edit(workItem, { priority: null }, manager);
    expect(workItem).toMatchObject({ priority: 5, fieldSources: { impact: 'person' } });
    expect(workItem.fieldSources).not.toHaveProperty('priority');
  });
});
