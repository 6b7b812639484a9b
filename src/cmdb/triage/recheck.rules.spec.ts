import { type AttachPlan, planAttach, type StoredTask } from '../binding/attach.rules';
import type { OpenValue } from '../binding/bound-ci';
import { withCurrentReasons } from './recheck.rules';

const ASKED = { role: 'item', scopes: { resourceGroups: [], subscriptions: [] } } as const;
const NOTHING: AttachPlan = planAttach({ bindings: [], tasks: [] }, []);

function aTask(overrides: Partial<StoredTask> = {}): StoredTask {
  const question = { reason: 'ambiguous', value: 'DB', source: 's', candidateIds: ['a', 'b'], asked: ASKED } as const;
  return { id: 't', isOpen: true, hasKeys: true, ...question, ...overrides };
}

function found(overrides: Partial<OpenValue>): ReadonlyMap<string, OpenValue> {
  return new Map([['t', { ...aTask(), ...overrides }]]);
}

describe('a question that is asked again', () => {
  it.each<[string, Partial<OpenValue>]>([
    ['candidates that are left', { candidateIds: ['b'] }],
    ['reason', { reason: 'retired' }],
    ['reason, where nothing is left', { reason: 'unmatched', candidateIds: [] }],
  ])('shows the %s', (_, now) => {
    const { updateTasks } = withCurrentReasons(NOTHING, [aTask()], found(now));
    expect(updateTasks).toMatchObject([{ id: 't', comparable: 'db', isOpen: true, answerId: null, ...now }]);
  });

  it('is not written where it finds the same, or what is no item yet', () => {
    expect(withCurrentReasons(NOTHING, [aTask()], found({})).updateTasks).toEqual([]);
    expect(withCurrentReasons(NOTHING, [aTask()], new Map()).updateTasks).toEqual([]);
  });

  it('is written where it was not kept what it waits for', () => {
    const { updateTasks } = withCurrentReasons(NOTHING, [aTask({ hasKeys: false })], found({}));
    expect(updateTasks).toMatchObject([{ id: 't', isOpen: true }]);
  });

  it('stays closed where it was closed before, or is now', () => {
    const closed = { ...aTask(), comparable: 'db', isOpen: false, answerId: 'a' };
    const plan = { ...NOTHING, updateTasks: [closed] };
    expect(withCurrentReasons(plan, [aTask()], found({ reason: 'retired' })).updateTasks).toEqual([closed]);
    expect(withCurrentReasons(NOTHING, [aTask({ isOpen: false })], found({ reason: 'retired' })).updateTasks).toEqual(
      [],
    );
  });
});
