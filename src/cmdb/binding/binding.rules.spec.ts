import fc from 'fast-check';
import { readReferences } from './alert-references.rules';
import { type BindingDecision, bindReferences } from './binding.rules';
import { aliasKey, keysOf } from '../identity/ci-keys.rules';
import type { CiReference } from './ci-reference';
import type { Candidates, CiCandidate } from './find-ci.rules';
import { parseArmId } from '../identity/arm-id.rules';

const SUBSCRIPTION = '/subscriptions/s1';
const vmId = (name: string): string =>
  `${SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.compute/virtualmachines/${name}`;
const WORKSPACE = `${SUBSCRIPTION}/resourcegroups/mon/providers/microsoft.operationalinsights/workspaces/law`;

const CIS = [
  aCi({ id: 'vm1', resourceId: vmId('vm1') }),
  aCi({ id: 'vm2', resourceId: vmId('vm2') }),
  aCi({ id: 'old', resourceId: vmId('old'), isRetired: true }),
  aCi({ id: 'twin-a', name: 'twin' }),
  aCi({ id: 'twin-b', name: 'twin' }),
];
const CANDIDATES = candidatesOf(CIS);

/** What an alert with these references is bound to. */
const bound = (alert: readonly CiReference[]): BindingDecision => bindReferences(readReferences(alert), CANDIDATES);

const VALUES = [vmId('vm1'), vmId('VM2'), vmId('new'), vmId('old'), WORKSPACE, SUBSCRIPTION]
  .concat(['vm1', 'vm1.corp.example', 'vm2', 'twin', 'old', 'nobody', '', '  ', '10.0.0.4', '%', '/x'])
  .concat([`${SUBSCRIPTION}/providers/microsoft.alertsmanagement/alerts/1`, `${vmId('vm1')}/extensions/x`]);

describe('binding any alert', () => {
  it('never throws, names one primary at most, and binds no item twice', () => {
    fc.assert(
      fc.property(fc.array(references(), { maxLength: 6 }), (alert) => {
        const { bindings } = bound(alert);
        expect(bindings.filter((binding) => binding.role === 'primary').length).toBeLessThanOrEqual(1);
        expect(new Set(bindings.map(nameOf)).size).toBe(bindings.length);
        expect(bindings.slice(1).every((binding) => binding.role === 'affected')).toBe(true);
      }),
    );
  });

  it('binds and asks the same in every order of the references', () => {
    fc.assert(
      fc.property(fc.array(references(), { maxLength: 6 }), fc.infiniteStream(fc.nat(1_000)), (alert, random) => {
        const shuffled = [...alert].sort(() => (random.next().value as number) - 500);
        const [left, right] = [alert, shuffled].map((list) => bound(list));
        expect(summaryOf(left!)).toEqual(summaryOf(right!));
      }),
    );
  });

  it('binds a container only where there is nothing else', () => {
    fc.assert(
      fc.property(fc.array(references(), { maxLength: 6 }), (alert) => {
        const { bindings } = bound(alert);
        expect(new Set(bindings.map((binding) => binding.isContainer)).size).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the primary item', () => {
  it('is the best evidence, before what comes first', () => {
    const { bindings } = bound([item('vm2'), target(vmId('vm1'))]);
    expect(bindings.map((binding) => [nameOf(binding), binding.role])).toEqual([
      ['vm1', 'primary'],
      ['vm2', 'affected'],
    ]);
  });

  it('is, of equal evidence, what the payload calls the affected item', () => {
    const references = [target(vmId('vm1')), item(vmId('vm2'))];
    expect(nameOf(bound(references).bindings[0]!)).toBe('vm2');
  });
});

function references(): fc.Arbitrary<CiReference> {
  return fc.record({
    value: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...VALUES) }, { weight: 1, arbitrary: fc.string() }),
    source: fc.constantFrom('a', 'b', 'c'),
    role: fc.constantFrom('item' as const, 'target' as const),
  });
}

function item(value: string): CiReference {
  return { value, source: 'item', role: 'item' };
}

function target(value: string): CiReference {
  return { value, source: 'target', role: 'target' };
}

function nameOf({ subject }: BindingDecision['bindings'][number]): string {
  return subject.kind === 'item' ? subject.ci.id : subject.armId.key;
}

/** All but which of equals came first. */
function summaryOf({ bindings, tasks }: BindingDecision): unknown {
  return {
    hasPrimary: bindings.some((binding) => binding.role === 'primary'),
    bindings: bindings.map((binding) => `${nameOf(binding)} ${binding.method} ${binding.source}`).sort(),
    tasks: tasks.map((task) => `${task.value.toLowerCase()} ${task.reason} ${task.source}`).sort(),
  };
}

function aCi(overrides: Partial<CiCandidate> & { id: string }): CiCandidate {
  const armId = overrides.resourceId ? parseArmId(overrides.resourceId) : null;
  return {
    name: armId?.name ?? overrides.id,
    className: 'cmdb_ci_vm_instance',
    resourceId: null,
    resourceType: armId?.resourceType ?? null,
    subscriptionId: armId?.subscriptionId ?? null,
    resourceGroup: armId?.resourceGroup ?? null,
    criticality: null,
    hasDependents: false,
    supportGroup: null,
    environment: null,
    tags: {},
    isRetired: false,
    isStub: false,
    lastSeenAt: null,
    ...overrides,
  };
}

function candidatesOf(cis: readonly CiCandidate[]): Candidates {
  const byKey = new Map<string, CiCandidate[]>();
  for (const ci of cis) {
    for (const { hash } of [...keysOf({ ...ci, aliases: [] }), aliasKey(ci.id)]) {
      byKey.set(hash, [...(byKey.get(hash) ?? []), ci]);
    }
  }
  const byArmId = new Map(cis.flatMap((ci) => (ci.resourceId === null ? [] : [[ci.resourceId, ci] as const])));
  return { byArmId, byKey };
}
