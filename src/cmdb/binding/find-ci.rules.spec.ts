import { keysOf } from '../identity/ci-keys.rules';
import { parseArmId } from '../identity/arm-id.rules';
import { readReferences } from './alert-references.rules';
import { bindReferences } from './binding.rules';
import type { CiReference } from './ci-reference';
import type { Candidates, CiCandidate } from './find-ci.rules';

/** What a case wants to say of an item. */
interface Item {
  id: string;
  name?: string;
  resourceId?: string;
  aliases?: string[];
  group?: string;
  subscription?: string;
  isRetired?: boolean;
  type?: string;
}

const HERE = '/subscriptions/s1/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/law';
const VM = '/subscriptions/s1/resourcegroups/rg/providers/microsoft.compute/virtualmachines/vm1';

const named = (id: string, name: string, place: Partial<Item> = {}): Item => ({ id, name, ...place });
const inGroup = (id: string, name: string, place: Partial<Item> = {}): Item =>
  named(id, name, { group: 'rg', subscription: 's1', ...place });
const inSubscription = (id: string, name: string): Item => named(id, name, { group: 'other', subscription: 's1' });

const component = (id: string, name: string, place: Partial<Item> = {}): Item =>
  inGroup(id, name, { type: 'microsoft.insights/components', ...place });
const fromHere = (value: string, isMachine = false): CiReference[] => [
  { value, source: 'item', role: 'item', ...(isMachine ? { isMachine } : {}) },
  { value: HERE, source: 'target', role: 'target' },
];

describe('which of several items a value means', () => {
  /** `id method` of the one that is bound, or the reason of the question; then each other as `id method reason`. */
  it.each<[string, string, Item[], string, string[]]>([
    ['the only one', 'db', [named('a', 'db')], 'a unique_name', []],
    [
      'the one in the own resource group, not the one in the subscription',
      'db',
      [inSubscription('a', 'db'), inGroup('b', 'db')],
      'b scoped_name',
      ['a scoped_name elsewhere'],
    ],
    [
      'the one in the subscription, not the one of another',
      'db',
      [inSubscription('a', 'db'), named('b', 'db', { group: 'rg', subscription: 's2' })],
      'a scoped_name',
      ['b unique_name elsewhere'],
    ],
    [
      'the live one, not the retired one',
      'db',
      [inGroup('a', 'db', { isRetired: true }), inGroup('b', 'db')],
      'b scoped_name',
      ['a scoped_name retired'],
    ],
    [
      'none where the one in the own resource group has retired, for the live one elsewhere is another',
      'db',
      [inGroup('a', 'db', { isRetired: true }), named('b', 'db')],
      'retired',
      [],
    ],
    [
      'the one of the name in the own resource group, not the one with the alias',
      'db',
      [inGroup('a', 'db'), named('b', 'other', { aliases: ['db'] })],
      'a scoped_name',
      ['b alias weaker_evidence'],
    ],
    ['none of two with the name', 'db', [named('a', 'db'), named('b', 'db')], 'ambiguous', []],
    [
      'of two in the own resource group the one that somebody gave the value to',
      'db',
      [inGroup('a', 'db'), inGroup('b', 'db', { aliases: ['DB.'] })],
      'b alias',
      ['a scoped_name weaker_evidence'],
    ],
    [
      'a third one that somebody gave the value to, where two have the name',
      'db',
      [inGroup('a', 'db'), inGroup('b', 'db'), named('c', 'else', { aliases: ['db'] })],
      'c alias',
      ['a scoped_name weaker_evidence', 'b scoped_name weaker_evidence'],
    ],
    [
      'none where two have been given the value',
      'db',
      [named('a', 'x', { aliases: ['db'] }), named('b', 'y', { aliases: ['db'] })],
      'ambiguous',
      [],
    ],
    [
      'none of two where only the host part was given to another',
      'db.corp',
      [inGroup('a', 'db.corp'), inGroup('b', 'db.corp'), named('c', 'else', { aliases: ['db'] })],
      'ambiguous',
      [],
    ],
    [
      'not the retired one that was given the value',
      'db',
      [named('a', 'x', { aliases: ['db'], isRetired: true }), named('b', 'db')],
      'b unique_name',
      ['a alias retired'],
    ],
    ['none where all have retired', 'db', [named('a', 'db', { isRetired: true })], 'retired', []],
    [
      'the heir of a retired ARM id',
      VM,
      [named('a', 'vm1', { resourceId: VM, isRetired: true }), named('b', 'heir', { aliases: [VM.toUpperCase()] })],
      'b arm_alias',
      ['a arm_id retired'],
    ],
    [
      'the item of an ARM id, not the one that was given it',
      VM,
      [named('a', 'vm1', { resourceId: VM }), named('b', 'heir', { aliases: [VM] })],
      'a arm_id',
      ['b arm_alias weaker_evidence'],
    ],
  ])('is %s', (_, value, items, expected, others) => {
    expect(outcomeOf(fromHere(value), items)).toEqual([expected, others]);
  });

  it.each<[string, string, Item[], string, string[]]>([
    [
      'the site, not the container of its name beside it',
      'shop',
      [component('a', 'shop'), inGroup('b', 'shop')],
      'b scoped_name',
      ['a scoped_name weaker_evidence'],
    ],
    [
      'what is known by its FQDN, not the container of its host name',
      'shop',
      [component('a', 'shop'), named('b', 'shop.corp.example')],
      'b alias',
      ['a scoped_name weaker_evidence'],
    ],
    ['the container, where nothing else has the name', 'shop', [component('a', 'shop')], 'a scoped_name', []],
    [
      'the container, where what else had the name has retired',
      'shop',
      [component('a', 'shop'), inGroup('b', 'shop', { isRetired: true })],
      'a scoped_name',
      ['b scoped_name retired'],
    ],
    [
      'none of two machines, whatever container has the name too',
      'shop',
      [component('a', 'shop'), inGroup('b', 'shop'), inGroup('c', 'shop')],
      'ambiguous',
      [],
    ],
    [
      'the container that somebody gave the value to, of two that have the name',
      'shop',
      [component('a', 'x', { aliases: ['shop'] }), inGroup('b', 'shop'), inGroup('c', 'shop')],
      'a alias',
      ['b scoped_name weaker_evidence', 'c scoped_name weaker_evidence'],
    ],
    ['no container by the host part of an FQDN', 'shop.corp', [component('a', 'shop')], 'unmatched', []],
    [
      'the machine by the host part of an FQDN, not the container of that name',
      'shop.corp',
      [component('a', 'shop'), inGroup('b', 'shop')],
      'b alias',
      [],
    ],
  ])('is %s', (_, value, items, expected, others) => {
    expect(outcomeOf(fromHere(value), items)).toEqual([expected, others]);
  });

  it.each<[string, Item[], string]>([
    ['the machine', [component('a', 'shop'), inGroup('b', 'shop')], 'b scoped_name'],
    [
      'a machine in another group of the subscription',
      [component('a', 'shop'), inSubscription('b', 'shop')],
      'b scoped_name',
    ],
    ['a machine anywhere', [component('a', 'shop'), named('b', 'shop')], 'b unique_name'],
    ['a machine that has retired', [component('a', 'shop'), named('b', 'shop', { isRetired: true })], 'retired'],
    ['no container', [component('a', 'shop')], 'unmatched'],
    ['no container that has retired', [component('a', 'shop', { isRetired: true })], 'unmatched'],
    ['the container that somebody gave the very value to', [component('a', 'x', { aliases: ['shop'] })], 'a alias'],
  ])('is, where the payload says that it is a machine, %s', (_, items, expected) => {
    expect(outcomeOf(fromHere('shop', true), items)[0]).toBe(expected);
  });

  it.each<[string, string, Item[], string]>([
    [
      'no item of another domain by the bare host name',
      'db.customera.example',
      [named('a', 'db', { aliases: ['db.customerb.example'] })],
      'unmatched',
    ],
    [
      'no item of another domain by an alias',
      'db.customera.example',
      [named('a', 'x', { aliases: ['db', 'db.customerb.example'] })],
      'unmatched',
    ],
    [
      'the one without a domain, beside one of another',
      'db.customera.example',
      [named('a', 'db', { aliases: ['db.customerb.example'] }), named('b', 'db')],
      'b unique_name',
    ],
    [
      'the one of that domain',
      'db.customera.example',
      [named('a', 'db', { aliases: ['db.customera.example', 'db.customerb.example'] })],
      'a alias',
    ],
    [
      'the one in the own resource group, whatever domain it has',
      'db.customera.example',
      [inGroup('a', 'db', { aliases: ['db.customerb.example'] })],
      'a alias',
    ],
    ['no item by the first digits of an address with a port', '10.1.2.3:9100', [named('a', '10')], 'unmatched'],
    ['no item by the first digits of what is no address', '10.1.2', [named('a', '10')], 'unmatched'],
    ['the address without its port', '10.1.2.3:9100', [named('a', 'x', { aliases: ['10.1.2.3'] })], 'a alias'],
    ['the host without its port', 'db:1433', [inGroup('a', 'db')], 'a scoped_name'],
    ['the host part without domain and port', 'db.corp:1433', [named('a', 'db')], 'a unique_name'],
    [
      'the one that was given the value with its port',
      'db:1433',
      [inGroup('a', 'db'), named('b', 'x', { aliases: ['db:1433'] })],
      'b alias',
    ],
    ['no container by a host with a port', 'shop:8080', [component('a', 'shop')], 'unmatched'],
    ['an IPv6 address, which has no port', 'fe80::1', [named('a', 'x', { aliases: ['fe80::1'] })], 'a alias'],
  ])('is %s', (_, value, items, expected) => {
    expect(outcomeOf(fromHere(value), items)[0]).toBe(expected);
  });

  it.each(['vm1:9100', 'vm1.corp.example:9100', 'vm1.corp.example'])('is the machine of the alert, for %s', (value) => {
    const references: CiReference[] = [
      { value, source: 'item', role: 'item' },
      { value: VM, source: 'target', role: 'target' },
    ];
    const { bindings, tasks } = bindReferences(readReferences(references), candidatesOf([]));
    expect([bindings.map(({ method }) => method), tasks]).toEqual([['arm_id'], []]);
  });

  it('keeps ten of the others, each once, by the best that speaks for it', () => {
    const many = Array.from({ length: 14 }, (_, index) => inSubscription(`o${index}`, 'db'));
    const references = readReferences([
      { value: 'db', source: 'item', role: 'item' },
      { value: HERE, source: 'target', role: 'target' },
    ]);
    const [bound] = bindReferences(references, candidatesOf([inGroup('a', 'db'), ...many])).bindings;
    expect(bound?.others).toHaveLength(10);
    expect(new Set(bound?.others.map(({ ciId }) => ciId)).size).toBe(10);
    expect(bound?.others[0]).toEqual({
      ciId: 'o0',
      name: 'db',
      method: 'scoped_name',
      confidence: 75,
      reason: 'elsewhere',
    });
  });
});

/** `id method` of the item that is bound for the value, or the reason of the question; then the others. */
function outcomeOf(references: readonly CiReference[], items: readonly Item[]): [string | undefined, string[]] {
  const { bindings, tasks } = bindReferences(readReferences(references), candidatesOf(items));
  const bound = bindings.find(({ source }) => source === 'item');
  const found = bound?.subject.kind === 'item' ? `${bound.subject.ci.id} ${bound.method}` : tasks[0]?.reason;
  return [found, (bound?.others ?? []).map(({ ciId, method, reason }) => `${ciId} ${method} ${reason}`)];
}

function candidateOf({ id, name = id, resourceId, group, subscription, type, isRetired = false }: Item): CiCandidate {
  const armId = resourceId === undefined ? null : parseArmId(resourceId);
  return {
    id,
    name,
    className: 'cmdb_ci_vm_instance',
    resourceId: resourceId ?? null,
    resourceType: armId?.resourceType ?? type ?? null,
    subscriptionId: armId?.subscriptionId ?? subscription ?? null,
    resourceGroup: armId?.resourceGroup ?? group ?? null,
    ...{ criticality: null, hasDependents: false, supportGroup: null, environment: null, tags: {} },
    isRetired,
    isStub: false,
    lastSeenAt: null,
  };
}

function candidatesOf(items: readonly Item[]): Candidates {
  const byKey = new Map<string, CiCandidate[]>();
  const byArmId = new Map<string, CiCandidate>();
  for (const item of items) {
    const ci = candidateOf(item);
    const aliases = (item.aliases ?? []).map((value) => ({ value }));
    for (const { hash } of keysOf({ ...ci, aliases })) byKey.set(hash, [...(byKey.get(hash) ?? []), { ...ci }]);
    if (ci.resourceId !== null) byArmId.set(ci.resourceId, ci);
  }
  return { byArmId, byKey };
}
