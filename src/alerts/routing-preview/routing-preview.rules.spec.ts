import { aRule } from '../../../test/work-items/routing-builders';
import { anAccepted } from '../../../test/support/alert-builders';
import type { AlertBinding, BoundCi } from '../../cmdb/binding/bound-ci';
import type { RoutingActions, RoutingRule } from '../../work-items/routing/routing-rule';
import { differences, foresee, type Foresight } from './routing-preview.rules';

const SCOPE = '/subscriptions/11111111-0000-4000-8000-000000000001';
const { alert } = anAccepted({ episode: 'a', fired: 1, urgency: 2 });

function aBoundCi(name: string, more: Partial<BoundCi> = {}): BoundCi {
  const evidence = { method: 'arm_id', confidence: 100, source: 's', role: 'primary', isContainer: false } as const;
  const unknown = { resourceId: null, resourceType: null, supportGroup: null, environment: null, tags: {} };
  return {
    ciId: name,
    name,
    className: 'vm',
    criticality: null,
    hasDependents: false,
    values: [],
    others: [],
    ...unknown,
    ...evidence,
    ...more,
  };
}

const bound = (...bindings: BoundCi[]): AlertBinding => ({ bindings, tasks: [] });
const doing = (actions: RoutingActions, more: Partial<RoutingRule> = {}): RoutingRule => aRule({ actions, ...more });
const see = (rules: RoutingRule[], binding = bound(aBoundCi('vm1'))): Foresight => foresee(rules, { alert, binding });

describe('what is foreseen', () => {
  it('is nothing for what does not fire', () => {
    const resolved = anAccepted({ episode: 'a', resolved: 2 }).alert;
    expect(foresee([aRule()], { alert: resolved, binding: bound() })).toEqual({
      ...{ outcome: 'none', rule: null, skipped: [], workItems: [] },
    });
  });

  it('takes the impact of the configuration items, unless the rule says another', () => {
    const vm = bound(aBoundCi('vm1', { criticality: 1 }));
    expect(see([], vm).workItems).toMatchObject([{ rule: null, workItem: { impact: 1, urgency: 2, priority: 2 } }]);
    expect(see([doing({ impact: 3 })], vm).workItems).toMatchObject([{ workItem: { impact: 3, priority: 4 } }]);
  });

  it('is a work item for each item, but for containers and where there is one only', () => {
    const each = [doing({ perConfigurationItem: true })];
    expect(see(each)).toMatchObject({ outcome: 'work_item' });
    const one = bound(aBoundCi('vm1'), aBoundCi('workspace', { isContainer: true }));
    expect(see(each, one)).toMatchObject({ outcome: 'work_item' });
    const { outcome, workItems } = see(each, bound(aBoundCi('vm1'), aBoundCi('vm2', { role: 'affected' })));
    expect(outcome).toBe('work_item_per_configuration_item');
    expect(workItems.map(({ configurationItems }) => configurationItems.map(({ name }) => name))).toEqual([
      ['vm1'],
      ['vm2'],
    ]);
  });

  it('routes each part for itself, so one may go another way or be only kept', () => {
    const rules = [
      doing({ perConfigurationItem: true }, { id: 'a', position: 1, match: { ciClass: ['db'] } }),
      doing({ recordOnly: true }, { id: 'b', position: 2, name: 'noise' }),
    ];
    const { outcome, rule, workItems } = see(rules, bound(aBoundCi('vm1'), aBoundCi('db1', { className: 'db' })));
    expect([outcome, rule?.id, workItems.length, workItems[0]?.rule?.id]).toEqual([
      ...['work_item_per_configuration_item', 'a', 1, 'a'],
    ]);
  });

  it('asks each part for its own targets, so those of two teams go to both', () => {
    const idOf = (group: string, name: string): string => `${SCOPE}/resourceGroups/${group}/providers/A.b/vms/${name}`;
    const [vm1, vm2] = [idOf('a', 'vm1'), idOf('b', 'vm2')];
    const rules = ['a', 'b'].map((group, position) =>
      doing(
        { perConfigurationItem: true, assignmentGroup: group, title: 'hot: {{target.name}}' },
        { id: group, position, match: { scope: [`${SCOPE}/resourceGroups/${group}`] } },
      ),
    );
    const { workItems } = foresee(rules, {
      alert: { ...alert, targets: [vm1, vm2] },
      binding: bound(...[vm1, vm2].map((id) => aBoundCi(id, { values: [id.toLowerCase()] }))),
    });
    expect(workItems.map(({ workItem }) => [workItem.title, workItem.assignmentGroup])).toEqual([
      ['hot: vm1', 'a'],
      ['hot: vm2', 'b'],
    ]);
  });

  it('asks each part for all targets where none of them is its own, and for its own name', () => {
    const rules = [
      doing({ perConfigurationItem: true, title: '{{target.name}}' }, { match: { scope: [SCOPE] } }),
      doing({ assignmentGroup: 'not this one' }, { id: 'rest', position: 99 }),
    ];
    const asked = { role: 'item', scopes: { resourceGroups: [], subscriptions: [] } } as const;
    const open = { reason: 'unmatched', source: 's', candidateIds: [], asked } as const;
    const { workItems } = foresee(rules, {
      alert: { ...alert, alertId: `${SCOPE}/x`, configurationItems: ['n1', 'n2'] },
      binding: { bindings: [], tasks: ['n1', 'n2'].map((value) => ({ value, ...open })) },
    });
    expect(workItems.map(({ workItem }) => [workItem.title, workItem.assignmentGroup])).toEqual([
      ['n1', null],
      ['n2', null],
    ]);
  });

  it('is only kept where no part has a work item', () => {
    const rules = [doing({ perConfigurationItem: true, recordOnly: true })];
    expect(see(rules, bound(aBoundCi('vm1'), aBoundCi('vm2')))).toMatchObject({
      outcome: 'record_only',
      workItems: [],
    });
  });
});

describe('what differs', () => {
  it.each<[RoutingActions, string[]]>([
    [{}, []],
    [{ type: 'incident', reopenWindowMinutes: 60, autoResolve: true, recordOnly: false }, []],
    [{ type: 'event' }, ['type']],
    [
      { title: 'a', description: 'b', assignmentGroup: 'c', category: 'd' },
      ['title', 'description', 'assignmentGroup', 'category'],
    ],
    [{ impact: 1 }, ['impact', 'priority', 'priorityReason']],
    [{ reopenWindowMinutes: 0, autoResolve: false }, ['reopenWindowMinutes', 'autoResolve']],
    [{ recordOnly: true }, ['outcome', 'workItems']],
    [{ perConfigurationItem: true }, ['outcome', 'workItems']],
  ])('between a rule that does %j and none is %j', (actions, expected) => {
    const binding = bound(aBoundCi('vm1'), aBoundCi('vm2'));
    expect(differences(see([doing(actions)], binding), see([], binding))).toEqual(expected);
  });

  it('is not the name of the rule', () => {
    expect(
      differences(see([aRule({ name: 'one' })]), see([aRule({ id: 'other', name: 'other', version: 7 })])),
    ).toEqual([]);
  });

  it('tells where as many work items are for other configuration items', () => {
    const parts = (ciClass: string): RoutingRule[] => [
      doing({ perConfigurationItem: true }, { id: 'a', position: 1, match: { ciClass: [ciClass] } }),
      doing({ recordOnly: true }, { id: 'b', position: 2 }),
    ];
    const binding = bound(aBoundCi('db1', { className: 'db' }), aBoundCi('vm1'));
    expect(differences(see(parts('db'), binding), see(parts('vm'), binding))).toContain('configurationItems');
  });
});
