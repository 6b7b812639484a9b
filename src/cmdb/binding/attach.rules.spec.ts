import fc from 'fast-check';
import { type AttachPlan, impactOf, planAttach, type StoredTask, type WorkItemBindings } from './attach.rules';
import { BINDING_CONFIDENCE, type BindingMethod } from './binding-evidence.rules';
import type { AlertBinding, Asked, BoundCi, OpenValue } from './bound-ci';

const EMPTY: WorkItemBindings = { bindings: [], tasks: [] };

function aBoundCi(overrides: Partial<BoundCi> & { ciId: string }): BoundCi {
  return {
    name: overrides.ciId,
    className: 'cmdb_ci_vm_instance',
    resourceId: null,
    resourceType: null,
    criticality: null,
    hasDependents: false,
    supportGroup: null,
    environment: null,
    tags: {},
    role: 'primary',
    isContainer: false,
    values: [],
    others: [],
    method: 'arm_id',
    confidence: 100,
    source: 'a',
    ...overrides,
  };
}

const ASKED: Asked = { role: 'item', scopes: { resourceGroups: [], subscriptions: [] } };

function anOpenValue(value: string, overrides: Partial<OpenValue> = {}): OpenValue {
  return { reason: 'unmatched', value, source: 'a', candidateIds: [], asked: ASKED, ...overrides };
}

/** What a store would hold after the plan. */
function applied(stored: WorkItemBindings, plan: AttachPlan, cis: readonly BoundCi[]): WorkItemBindings {
  const bindings = new Map(stored.bindings.map((binding) => [binding.ciId, binding]));
  for (const change of [...plan.insertBindings, ...plan.updateBindings]) {
    const { name, isContainer, criticality, hasDependents } = cis.find((ci) => ci.ciId === change.ciId)!;
    const facts = { name, isContainer, criticality, hasDependents };
    bindings.set(change.ciId, { ...change, isRemoved: false, boundBy: 'system', ...facts });
  }
  const tasks = new Map<string, StoredTask>(stored.tasks.map((task) => [task.id, task]));
  for (const { comparable, ...task } of plan.insertTasks)
    tasks.set(comparable, { ...task, id: comparable, hasKeys: true });
  for (const { comparable, ...task } of plan.updateTasks) tasks.set(comparable, { ...task, hasKeys: true });
  return { bindings: [...bindings.values()], tasks: [...tasks.values()] };
}

describe('attaching alerts to a work item', () => {
  it('keeps the best evidence of an item, and that it was primary once', () => {
    const weak = aBoundCi({ ciId: 'x', method: 'unique_name', confidence: 60 });
    const strong = aBoundCi({ ciId: 'x', role: 'affected' });
    const stored = applied(EMPTY, planAttach(EMPTY, [{ bindings: [weak], tasks: [] }]), [weak]);
    const plan = planAttach(stored, [{ bindings: [strong], tasks: [] }]);
    const evidence = { method: 'arm_id', confidence: 100, source: 'a', others: [] };
    expect(plan.updateBindings).toEqual([{ ciId: 'x', isLead: true, ...evidence }]);
    expect(plan.bound).toEqual([]);
  });

  it('changes nothing for the same alert again', () => {
    const alert = { bindings: [aBoundCi({ ciId: 'x' })], tasks: [anOpenValue('y')] };
    const stored = applied(EMPTY, planAttach(EMPTY, [alert]), alert.bindings);
    expect(planAttach(stored, [alert])).toMatchObject({
      insertBindings: [],
      updateBindings: [],
      insertTasks: [],
      updateTasks: [],
      tasksOpened: [],
    });
  });

  it.each([
    ['bound', { boundBy: 'person', isRemoved: false }],
    ['took off', { boundBy: 'system', isRemoved: true }],
  ] as const)('leaves alone what a person %s', (_, flags) => {
    const { name, isContainer, criticality, hasDependents } = aBoundCi({ ciId: 'x' });
    const facts = { name, isContainer, criticality, hasDependents };
    const evidence = { method: 'unique_name', confidence: 60, source: 'z', others: [] } as const;
    const stored = { bindings: [{ ciId: 'x', isLead: false, ...facts, ...evidence, ...flags }], tasks: [] };
    const plan = planAttach(stored, [{ bindings: [aBoundCi({ ciId: 'x' })], tasks: [] }]);
    expect([...plan.insertBindings, ...plan.updateBindings, ...plan.bound]).toEqual([]);
  });

  it('closes an open question once the value is bound', () => {
    const stored = {
      bindings: [],
      tasks: [{ ...anOpenValue('vm1.corp.example'), id: 't', isOpen: true, hasKeys: true }],
    };
    const plan = planAttach(stored, [{ bindings: [aBoundCi({ ciId: 'x', name: 'VM1' })], tasks: [] }]);
    expect(plan.tasksClosed).toMatchObject([{ taskId: 't', value: 'vm1.corp.example' }]);
    expect(plan.updateTasks).toMatchObject([{ id: 't', isOpen: false, answerId: 'x' }]);
  });

  it('closes no question by a mere container that is called so, bound before or with it', () => {
    const container = aBoundCi({ ciId: 'x', name: 'vm1', isContainer: true });
    const alert = { bindings: [container], tasks: [anOpenValue('vm1.corp.example')] };
    const plan = planAttach(EMPTY, [alert]);
    expect(plan.tasksOpened).toHaveLength(1);
    const again = planAttach(applied(EMPTY, plan, [container]), [alert]);
    expect([again.tasksClosed, again.updateTasks]).toEqual([[], []]);
  });

  it('closes a question by the container that it was found to mean', () => {
    const stored = { bindings: [], tasks: [{ ...anOpenValue('law'), id: 't', isOpen: true, hasKeys: true }] };
    const container = aBoundCi({ ciId: 'x', name: 'law', isContainer: true, values: ['law'] });
    expect(planAttach(stored, [{ bindings: [container], tasks: [] }]).tasksClosed).toMatchObject([{ taskId: 't' }]);
  });

  it('asks about a machine where one of the alerts did', () => {
    const asked = { ...ASKED, isMachine: true };
    const tasks = [anOpenValue('vm1'), anOpenValue('vm1', { asked })];
    expect(planAttach(EMPTY, [{ bindings: [], tasks }]).insertTasks).toMatchObject([{ asked }]);
  });

  it.each([
    [[], 2],
    [[null], 2],
    [[3, null], 2],
    [[3], 3],
    [[3, 1, null], 1],
  ] as const)('criticalities %j make an impact of %d', (criticalities, impact) => {
    const bindings = criticalities.map((criticality, index) => aBoundCi({ ciId: `c${index}`, criticality }));
    expect(impactOf(planAttach(EMPTY, [{ bindings, tasks: [] }]).present)).toBe(impact);
  });

  it('ends the same for every order and every grouping of the alerts', () => {
    fc.assert(
      fc.property(fc.array(alerts(), { maxLength: 6 }), fc.infiniteStream(fc.nat(1_000)), (all, random) => {
        const shuffled = [...all].sort(() => (random.next().value as number) - 500);
        const atOnce = endOf([all]);
        expect(endOf(all.map((alert) => [alert]))).toEqual(atOnce);
        expect(endOf(shuffled.map((alert) => [alert]))).toEqual(atOnce);
      }),
    );
  });
});

function endOf(batches: readonly (readonly AlertBinding[])[]): unknown {
  const cis = batches.flat().flatMap((alert) => alert.bindings);
  let stored = EMPTY;
  for (const batch of batches) stored = applied(stored, planAttach(stored, batch), cis);
  return {
    bindings: [...stored.bindings].sort((left, right) => left.ciId.localeCompare(right.ciId)),
    tasks: [...stored.tasks]
      .map((task) => (task.isOpen ? task : { id: task.id, isOpen: false }))
      .sort((left, right) => left.id.localeCompare(right.id)),
    impact: impactOf(planAttach(stored, []).present),
  };
}

function askedFrom(): fc.Arbitrary<Asked> {
  const groups = fc
    .subarray(['g', 'h'])
    .map((names) => names.map((resourceGroup) => ({ subscriptionId: 's', resourceGroup })));
  return fc.record({
    role: fc.constantFrom('item' as const, 'target' as const),
    scopes: fc.record({ resourceGroups: groups, subscriptions: fc.constant([]) }),
  });
}

function alerts(): fc.Arbitrary<AlertBinding> {
  const methods = Object.keys(BINDING_CONFIDENCE) as BindingMethod[];
  const sources = fc.constantFrom('a', 'b', 'c');
  const ci = fc
    .record({ ciId: fc.constantFrom('x', 'y', 'z'), method: fc.constantFrom(...methods), source: sources })
    .chain(({ ciId, method, source }) =>
      fc.constantFrom('primary' as const, 'affected' as const).map((role) => {
        const criticality = { x: 1, y: 3, z: null }[ciId] ?? null;
        return aBoundCi({ ciId, method, confidence: BINDING_CONFIDENCE[method], source, role, criticality });
      }),
    );
  const task = fc.record({
    reason: fc.constantFrom('unmatched' as const, 'ambiguous' as const, 'retired' as const),
    value: fc.constantFrom('x', 'X.corp', 'p', 'P', 'q.corp'),
    source: sources,
    candidateIds: fc.subarray(['1', '2', '3']),
    asked: askedFrom(),
  });
  return fc.record({ bindings: fc.array(ci, { maxLength: 3 }), tasks: fc.array(task, { maxLength: 3 }) });
}
