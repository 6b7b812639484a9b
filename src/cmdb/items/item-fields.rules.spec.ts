import fc from 'fast-check';
import { type FieldSource, type FieldSources, type ItemFields, takeOver } from './item-fields.rules';

const FIELDS: ItemFields = {
  name: 'vm1',
  className: 'cmdb_ci_vm_instance',
  resourceType: 'microsoft.compute/virtualmachines',
  subscriptionId: 's1',
  resourceGroup: 'rg',
  location: null,
  environment: null,
  criticality: null,
  owner: null,
  supportGroup: null,
  status: 'operational',
  tags: {},
};

const SOURCES: readonly FieldSource[] = ['stub', 'import', 'person'];

describe('taking over what somebody says', () => {
  it.each<[FieldSource | undefined, FieldSource, 'taken' | 'kept']>([
    [undefined, 'stub', 'taken'],
    [undefined, 'import', 'taken'],
    ['stub', 'import', 'taken'],
    ['stub', 'person', 'taken'],
    ['import', 'import', 'taken'],
    ['import', 'person', 'taken'],
    ['person', 'person', 'taken'],
    ['import', 'stub', 'kept'],
    ['person', 'stub', 'kept'],
    ['person', 'import', 'kept'],
  ])('what %s has said, and %s says otherwise, is %s', (known, source, outcome) => {
    const before = { fields: { ...FIELDS, owner: 'Ada' }, sources: sourcesOf('owner', known) };
    const { fields, sources, changed } = takeOver(before, { owner: 'Bob' }, source);
    const isTaken = outcome === 'taken';
    expect([fields.owner, changed]).toEqual(isTaken ? ['Bob', ['owner']] : ['Ada', []]);
    expect(sources.owner).toBe(isTaken ? source : known);
  });

  it('tells who says a thing that was so already, and changes nothing', () => {
    const { sources, changed } = takeOver({ fields: FIELDS, sources: { name: 'import' } }, { name: 'vm1' }, 'person');
    expect([sources, changed]).toEqual([{ name: 'person' }, []]);
  });

  it('takes null for empty, and leaves alone what is not spoken of', () => {
    const before = { fields: { ...FIELDS, owner: 'Ada', location: 'westeurope' }, sources: {} };
    const { fields, changed } = takeOver(before, { owner: null, location: undefined }, 'person');
    expect([fields.owner, fields.location, changed]).toEqual([null, 'westeurope', ['owner']]);
  });

  it.each([
    [{ a: '1', b: '2' }, { b: '2', a: '1' }, []],
    [{ a: '1' }, { a: '2' }, ['tags']],
    [{ a: '1' }, {}, ['tags']],
    [{ a: '1' }, { A: '1' }, ['tags']],
  ])('compares the tags %j and %j by what they hold', (before, said, changed) => {
    const known = { fields: { ...FIELDS, tags: before }, sources: {} };
    expect(takeOver(known, { tags: said }, 'person').changed).toEqual(changed);
  });

  it('ends the same in whatever order an import, a stub and a person speak', () => {
    const said = fc.record(
      { owner: fc.constantFrom('Ada', 'Bob', null), criticality: fc.constantFrom(1, 3, null) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(said, said, said, (ofStub, ofImport, ofPerson) => {
        const all = [ofStub, ofImport, ofPerson].map((values, index) => ({ values, source: SOURCES[index]! }));
        const ends = permutations(all).map((order) =>
          order.reduce((known, { values, source }) => takeOver(known, values, source), {
            fields: FIELDS,
            sources: {},
          }),
        );
        const [first] = ends.map(({ fields, sources }) => ({ fields, sources }));
        for (const { fields, sources } of ends) expect({ fields, sources }).toEqual(first);
      }),
    );
  });
});

function sourcesOf(field: keyof ItemFields, source: FieldSource | undefined): FieldSources {
  return source === undefined ? {} : { [field]: source };
}

function permutations<T>(values: readonly T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, index) => permutations(values.toSpliced(index, 1)).map((rest) => [value, ...rest]));
}
