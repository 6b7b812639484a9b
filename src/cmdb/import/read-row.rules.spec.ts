import { fieldsOfTags } from './azure-tags.rules';
import { uniqueIdHashOf } from './azure-unique-ids.rules';
import { headerOf, rowOfCells } from './csv-row.rules';
import { readRow } from './read-row.rules';

const VM = '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1';

describe('fieldsOfTags', () => {
  it.each([
    [{ Environment: ' prod ', env: 'x' }, { environment: 'prod' }],
    [
      { ENV: 'test', 'Service Owner': 'a', 'assignment-group': 'b' },
      { environment: 'test', owner: 'a', supportGroup: 'b' },
    ],
    [{ criticality: 'Mission-Critical' }, { criticality: 1 }],
    [{ tier: 'Tier 2' }, { criticality: 2 }],
    [{ business_criticality: 'low' }, { criticality: 3 }],
    [{ criticality: 'whatever', owner: '' }, {}],
    [{}, {}],
  ])('of %j are %j', (tags, fields) => {
    expect(fieldsOfTags(tags as Record<string, string>)).toEqual(fields);
  });
});

describe('uniqueIdHashOf', () => {
  const hash = uniqueIdHashOf('microsoft.compute/virtualmachines', { vmId: 'ABC' });

  it('compares without case, and within a type', () => {
    expect(hash).toHaveLength(64);
    expect(uniqueIdHashOf('microsoft.compute/virtualmachines', { vmId: 'abc' })).toBe(hash);
    expect(uniqueIdHashOf('microsoft.hybridcompute/machines', { vmId: 'abc' })).not.toBe(hash);
    expect(uniqueIdHashOf('microsoft.network/networkinterfaces', { resourceGuid: 'a' })).toHaveLength(64);
  });

  it.each([
    ['microsoft.web/sites', { vmId: 'a' }],
    ['microsoft.compute/virtualmachines', {}],
    ['microsoft.compute/virtualmachines', { vmId: '00000000-0000-0000-0000-000000000000' }],
  ])('knows none of %s with %j', (type, properties) => {
    expect(uniqueIdHashOf(type, properties)).toBeNull();
  });
});

describe('a line of CSV', () => {
  it('knows columns however they are written, and tags by theirs', () => {
    const header = headerOf(['RESOURCE GROUP', 'resource_id', 'tag: Site', 'Colour']);
    expect(header).toEqual({ kind: 'columns', columns: ['resourceGroup', 'resourceId', 'tag:Site', 'Colour'] });
  });

  it('refuses two columns of one field, and a header of nothing', () => {
    expect(headerOf(['Name', 'name'])).toMatchObject({ kind: 'fault' });
    expect(headerOf(['', ' '])).toMatchObject({ kind: 'fault' });
  });

  it('says nothing of empty cells, and names what is no JSON', () => {
    expect(rowOfCells(['name', 'owner', 'criticality'], ['a', ' ', '2'])).toEqual({
      value: { name: 'a', criticality: 2 },
      errors: [],
    });
    expect(rowOfCells(['tags'], ['{oops']).errors).toEqual([{ path: 'tags', message: 'must be JSON' }]);
    expect(rowOfCells(['name'], ['a', 'b']).errors).toHaveLength(1);
  });
});

const relating = (relation: object): object => ({
  resourceId: VM,
  relations: [{ type: 'depends_on', targetResourceId: `${VM}-2`, ...relation }],
});

describe('readRow', () => {
  it('tells a row of Resource Graph from an item as the API shows it', () => {
    expect(readRow({ id: VM, name: 'vm1', properties: {} })).toMatchObject({
      row: { claims: { speaksOf: 'derived' } },
    });
    expect(readRow({ id: VM, name: 'vm1' })).toMatchObject({ row: { claims: { speaksOf: 'nothing' } } });
    expect(readRow({ id: 'f00', resourceId: VM, relations: [] })).toMatchObject({
      row: { claims: { speaksOf: 'all' } },
    });
  });

  it.each([
    ['', null],
    [' ', null],
    [null, null],
    [undefined, null],
    [' web ', 'web'],
  ])('reads the redundancy group %j as %j', (redundancyGroup, group) => {
    expect(readRow(relating({ redundancyGroup }))).toMatchObject({
      row: { claims: { relations: [{ redundancyGroup: group }] } },
    });
    const ofNoGroup = relating({ type: 'connects_to', redundancyGroup });
    expect(readRow(ofNoGroup).kind).toBe(group === null ? 'row' : 'faults');
  });

  it.each([[null], [7], ['x'], [[]]])('refuses %j', (value) => {
    expect(readRow(value)).toMatchObject({ kind: 'faults' });
  });

  it.each([
    [{}, ['name']],
    [{ name: 7, owner: [] }, ['name', 'owner']],
    [{ name: 'x', status: 'broken', criticality: '2', aliases: 'a' }, ['criticality', 'status', 'aliases']],
    [{ name: 'x', previousResourceId: 'y' }, ['previousResourceId']],
    [{ resourceId: 'vm1' }, ['resourceId']],
    [{ resourceId: VM, relations: [null] }, ['relations.0.type', 'relations.0.targetResourceId']],
    [relating({ redundancyGroup: 7 }), ['relations.0.redundancyGroup']],
    [relating({ redundancyGroup: 'x'.repeat(101) }), ['relations.0.redundancyGroup']],
    [relating({ type: 'contains', redundancyGroup: 'web' }), ['relations.0.redundancyGroup']],
  ])('refuses %j for %j', (value, paths) => {
    const reading = readRow(value);
    expect(reading.kind === 'faults' ? reading.faults.map(({ path }) => path) : []).toEqual(paths);
  });
});
