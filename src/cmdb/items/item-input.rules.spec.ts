import fc from 'fast-check';
import { parseArmId } from '../identity/arm-id.rules';
import { fieldsOf, type ItemInput, readItem, type ReadItem } from './item-input.rules';

const VM = '/subscriptions/S1/resourceGroups/Web-RG/providers/Microsoft.Compute/virtualMachines/VM1';
const OWN = parseArmId(VM);

function read(input: ItemInput, ...own: [typeof OWN?, (string | null)?]): ReadItem {
  const result = readItem(input, ...own);
  if (result.kind === 'faults') throw new Error(JSON.stringify(result.faults));
  return result;
}

describe('what somebody says of an item', () => {
  it.each<[string, ItemInput, Partial<ReadItem['said']>]>([
    ['nothing', {}, {}],
    ['a text with blanks around', { owner: '  Ada ' }, { owner: 'Ada' }],
    ['blanks', { owner: '  ', location: '' }, { owner: null, location: null }],
    ['null', { owner: null, criticality: null, tags: null }, { owner: null, criticality: null, tags: {} }],
    ['a type', { resourceType: 'A.B/Cs' }, { resourceType: 'a.b/cs' }],
    ['a subscription', { subscriptionId: 'ABC' }, { subscriptionId: 'abc' }],
    ['a resource group', { resourceGroup: 'Web-RG' }, { resourceGroup: 'Web-RG' }],
    ['no status', { status: null }, { status: 'operational' }],
    [
      'no class, but a type',
      { className: null, resourceType: 'Microsoft.Sql/servers' },
      { className: 'cmdb_ci_db_server', resourceType: 'microsoft.sql/servers' },
    ],
    ['no class and no type', { className: null, resourceType: null }, { className: 'cmdb_ci', resourceType: null }],
    ['no name', { name: null }, { name: '' }],
  ])('is %s', (_, input, said) => {
    expect(read(input).said).toEqual(said);
  });

  it.each<[string, ItemInput, Partial<ReadItem['said']>]>([
    ['its name where it has none', { name: null }, { name: 'VM1' }],
    ['its class where it has none', { className: ' ' }, { className: 'cmdb_ci_vm_instance' }],
    [
      'type, subscription and group, whatever is said beside it',
      { resourceType: 'x.y/z', subscriptionId: 'other', resourceGroup: null, owner: 'Ada' },
      { owner: 'Ada' },
    ],
  ])('follows from the ARM id: %s', (_, input, said) => {
    for (const result of [read(input, OWN), read({ ...input, resourceId: VM.toUpperCase() })]) {
      expect(result.armId?.key).toBe(VM.toLowerCase());
      expect(result.said).toEqual(said);
    }
  });

  it('is of the class of the type that the item has already', () => {
    expect(read({ className: null }, null, 'microsoft.sql/servers').said.className).toBe('cmdb_ci_db_server');
    expect(read({ className: null, resourceType: null }, null, 'microsoft.sql/servers').said.className).toBe('cmdb_ci');
  });

  it('keeps the first spelling of each alias, and no blank ones', () => {
    const aliases = [' Vm1.corp ', 'VM1.CORP.', '', ' ', VM, VM.toLowerCase(), '10.0.0.4'];
    expect(read({ aliases }).aliases).toEqual(['Vm1.corp', VM, '10.0.0.4']);
    expect([read({}).aliases, read({ aliases: null }).aliases]).toEqual([undefined, []]);
  });

  it.each<[ItemInput, string]>([
    [{ resourceId: 'vm1' }, 'resourceId'],
    [{ resourceId: '/subscriptions' }, 'resourceId'],
    [{ name: 'x'.repeat(256) }, 'name'],
    [{ className: 'x'.repeat(101) }, 'className'],
    [{ location: 'x'.repeat(101) }, 'location'],
    [{ owner: 'x'.repeat(256) }, 'owner'],
    [{ subscriptionId: '\u0130'.repeat(200) }, 'subscriptionId'],
    [{ aliases: Array.from({ length: 101 }, (_, index) => `a${index}`) }, 'aliases'],
  ])('is refused for its place: %j', (input, path) => {
    expect(readItem(input)).toMatchObject({ kind: 'faults', faults: [{ path }] });
  });

  it('never speaks of what was not spoken of, and always fits', () => {
    const text = fc.option(fc.string({ unit: 'binary', maxLength: 300 }));
    const fields = { name: text, className: text, resourceType: text, owner: text, environment: text };
    fc.assert(
      fc.property(fc.record(fields, { requiredKeys: [] }), fc.constantFrom(null, OWN), (input, own) => {
        const result = readItem(input, own);
        if (result.kind === 'faults') return;
        expect(Object.keys(input)).toEqual(expect.arrayContaining(Object.keys(result.said)));
        const texts = Object.values(result.said).filter((value) => typeof value === 'string');
        expect(texts.every((value) => Array.from(value).length <= 255 && value === value.trim())).toBe(true);
      }),
    );
  });
});

describe('what an item is before anybody has said anything', () => {
  it('follows from its ARM id', () => {
    expect(fieldsOf(OWN)).toMatchObject({
      ...{ name: 'VM1', className: 'cmdb_ci_vm_instance', resourceType: 'microsoft.compute/virtualmachines' },
      ...{ subscriptionId: 's1', resourceGroup: 'Web-RG', status: 'operational', criticality: null, tags: {} },
    });
  });

  it('is nothing without one', () => {
    expect(fieldsOf(null)).toMatchObject({ name: '', className: 'cmdb_ci', resourceType: null, subscriptionId: null });
  });
});
