import { parseArmId } from '../identity/arm-id.rules';
import { aliasOf } from './alias.rules';
import type { ItemRecord } from './configuration-item.entity';
import {
  aliasAdded,
  aliasRemoved,
  changedItem,
  mergedItem,
  movedItem,
  newItem,
  originOf,
  type Saying,
  withSeenOf,
} from './item-changes.rules';
import { type ItemInput, readItem, type ReadItem } from './item-input.rules';

const BEFORE = new Date('2026-03-01T10:00:00.000Z');
const NOW = new Date('2026-03-02T10:00:00.000Z');
const vm = (name: string, group = 'rg'): string =>
  `/subscriptions/s1/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;

const PERSON = aSaying('person');
const IMPORT = aSaying('import');

function aSaying(source: Saying['source'], now = NOW): Saying {
  let count = 0;
  return { source, by: source === 'person' ? 'Ada' : null, now, newId: () => `${source}-${(count += 1)}` };
}

function reading(input: ItemInput, item?: ItemRecord): ReadItem {
  const own = parseArmId(item?.resourceId ?? '');
  const result = readItem(input, own);
  if (result.kind === 'faults') throw new Error(JSON.stringify(result.faults));
  return result;
}

function anItem(input: ItemInput = { resourceId: vm('VM1') }, source: Saying['source'] = 'person'): ItemRecord {
  return newItem(reading(input), aSaying(source, BEFORE));
}

function aStub(name = 'stub'): ItemRecord {
  const item = { ...anItem({ resourceId: vm(name) }), id: `stub-${name}`, stub: true };
  return { ...item, fieldSources: { name: 'stub', className: 'stub' }, firstSeenAt: BEFORE, lastSeenAt: BEFORE };
}

describe('a new item', () => {
  it('is what is said, and for the rest what follows from its ARM id', () => {
    expect(anItem({ resourceId: vm('VM1', 'Web'), owner: 'Ada', aliases: ['vm1.corp'] })).toMatchObject({
      ...{ name: 'VM1', nameKey: 'vm1', className: 'cmdb_ci_vm_instance', resourceGroup: 'Web', owner: 'Ada' },
      ...{ stub: false, version: 1, createdAt: BEFORE, updatedAt: BEFORE, mergedIntoId: null },
      aliases: [{ value: 'vm1.corp', source: 'person', createdBy: 'Ada', createdAt: BEFORE.toISOString() }],
      fieldSources: { owner: 'person' },
    });
  });

  it.each([
    ['person', null],
    ['import', BEFORE],
  ] as const)('of a %s was seen at %s', (source, time) => {
    const { firstSeenAt, lastSeenAt } = anItem({ name: 'x' }, source);
    expect([firstSeenAt, lastSeenAt]).toEqual([time, time]);
  });
});

describe('a changed item', () => {
  it.each<[string, ItemInput, Saying, boolean]>([
    ['nothing is said', {}, PERSON, false],
    ['what was so is said by the same', { owner: 'Ada' }, PERSON, false],
    ['the same aliases are said', { aliases: ['A.corp', 'b.corp'] }, PERSON, false],
    ['another value is said', { owner: 'Bob' }, PERSON, true],
    ['an alias is left out', { aliases: ['a.corp'] }, PERSON, true],
    ['an alias comes in', { aliases: ['a.corp', 'b.corp', 'c.corp'] }, PERSON, true],
    ['an import says what a person knows better', { owner: 'Bob' }, IMPORT, false],
    ['an import names fewer aliases', { aliases: ['a.corp'] }, IMPORT, false],
    ['an import names another alias', { aliases: ['c.corp'] }, IMPORT, true],
    ['a person confirms what nobody had said', { className: 'cmdb_ci' }, PERSON, true],
  ])('where %s', (_, input, saying, isChanged) => {
    const before = anItem({ name: 'x', owner: 'Ada', aliases: ['a.corp', 'b.corp'] });
    const result = changedItem(before, reading(input, before), saying);
    expect(result.isChanged).toBe(isChanged);
    expect(result.after.version).toBe(isChanged ? 2 : 1);
    expect(result.after.updatedAt).toEqual(isChanged ? NOW : BEFORE);
  });

  it('keeps the aliases that an import does not name, with their origin', () => {
    const before = anItem({ name: 'x', aliases: ['a.corp'] });
    const { aliases } = changedItem(before, reading({ aliases: ['b.corp'] }), IMPORT).after;
    expect(aliases.map(({ value, source }) => [value, source])).toEqual([
      ['a.corp', 'person'],
      ['b.corp', 'import'],
    ]);
  });

  it.each([
    ['by itself', (item: ItemRecord) => aliasRemoved(item, aliasOf(item.aliases, 'b.corp')!.id, NOW)],
    [
      'with the others',
      (item: ItemRecord) => changedItem(item, reading({ aliases: ['a.corp', 'c.corp'] }), PERSON).after,
    ],
  ])(
    'leaves off what a person took off %s, however the next imports write it, until somebody gives it again',
    (_, off) => {
      const imported = (item: ItemRecord, aliases = ['B.corp.', 'c.corp', 'd.corp']): ReturnType<typeof changedItem> =>
        changedItem(item, reading({ aliases }), IMPORT);
      const values = ({ aliases }: ItemRecord): string[] => aliases.map(({ value }) => value);
      const before = imported(anItem({ name: 'x', aliases: ['a.corp'] }), ['b.corp', 'c.corp']).after;
      const { after } = imported(off(before));
      expect(values(after)).toEqual(['a.corp', 'c.corp', 'd.corp']);
      expect(imported(after)).toMatchObject({ isChanged: false });
      const given = [
        aliasAdded(after, { value: 'B.CORP', origin: originOf(PERSON) }, PERSON),
        changedItem(after, reading({ aliases: [...values(after), 'B.CORP'] }), PERSON).after,
      ];
      for (const item of given) {
        expect(values(imported(item, []).after)).toEqual(['a.corp', 'B.CORP']);
        expect(item.refusedAliases).toBeNull();
      }
    },
  );

  it('remembers the latest of what was taken off, and no more of it than twice what an item may have', () => {
    let item = anItem({ name: 'x' });
    for (let count = 1; count <= 3; count += 1) {
      const aliases = Array.from({ length: 100 }, (_, index) => `${count}-${index}.corp`);
      item = changedItem(item, reading({ aliases }), IMPORT).after;
      item = changedItem(item, reading({ aliases: [] }), PERSON).after;
    }
    expect(item.refusedAliases).toHaveLength(200);
    expect(item.refusedAliases?.at(-1)).toBe('3-99.corp');
  });

  it('loses the aliases of an import that the next one does not list, where that lists any or none', () => {
    const person = anItem({ name: 'x', aliases: ['a.corp'] });
    const before = changedItem(person, reading({ aliases: ['b.corp', 'c.corp'] }), IMPORT).after;
    const then = (input: ItemInput): string[] =>
      changedItem(before, reading(input), IMPORT).after.aliases.map(({ value }) => value);
    expect(then({ aliases: ['C.corp', 'd.corp'] })).toEqual(['a.corp', 'c.corp', 'd.corp']);
    expect(then({ aliases: [] })).toEqual(['a.corp']);
    expect(then({ owner: 'Ada' })).toEqual(['a.corp', 'b.corp', 'c.corp']);
  });

  it('is open to imports again in what a person has emptied, and to nobody else before that', () => {
    const before = anItem({ resourceId: vm('VM1'), name: 'mine', owner: 'Ada', criticality: 1, location: 'home' });
    const emptied = changedItem(before, reading({ name: null, owner: ' ', criticality: null }, before), PERSON).after;
    expect(emptied).toMatchObject({
      name: 'VM1',
      owner: null,
      criticality: null,
      fieldSources: { location: 'person' },
    });
    const told: ItemInput = { name: 'imported', owner: 'Bob', criticality: 3, location: 'away' };
    expect(changedItem(emptied, reading(told, emptied), IMPORT).after).toMatchObject({ ...told, location: 'home' });
    expect(changedItem(before, reading(told, before), IMPORT).after).toMatchObject({ name: 'mine', owner: 'Ada' });
  });

  it('stays as an import emptied it until an import or a person says more', () => {
    const before = anItem({ name: 'x', owner: 'Ada' }, 'import');
    const { after } = changedItem(before, reading({ owner: null }), IMPORT);
    expect([after.owner, after.fieldSources?.owner]).toEqual([null, 'import']);
  });

  it('is no stub any more, even if all is as it was', () => {
    const stub = aStub();
    const { after, isChanged } = changedItem(stub, reading({ resourceId: vm('stub') }), PERSON);
    expect([isChanged, after.stub, after.version, after.id]).toEqual([true, false, 2, stub.id]);
  });

  it('was seen by an import, and first when it was first', () => {
    const { after } = changedItem(aStub(), reading({}), IMPORT);
    expect([after.firstSeenAt, after.lastSeenAt]).toEqual([BEFORE, NOW]);
  });
});

describe('a moved item', () => {
  const to = parseArmId(vm('VM2', 'New'))!;

  it('is the same under its new id, and known by the old one', () => {
    const before = anItem();
    expect(movedItem(before, to, PERSON)).toMatchObject({
      ...{ id: before.id, name: 'VM2', nameKey: 'vm2', resourceGroup: 'New', resourceId: to.path, version: 2 },
      aliases: [{ value: vm('VM1'), source: 'moved', createdBy: 'Ada' }],
    });
  });

  it.each<[string, ItemInput, string]>([
    ['somebody gave it', { resourceId: vm('VM1'), name: 'Payroll' }, 'Payroll'],
    ['it is that of the resource', { resourceId: vm('VM1'), name: 'VM1' }, 'VM2'],
    ['it had no ARM id', { name: 'Payroll' }, 'Payroll'],
  ])('keeps or takes the name: %s', (_, input, name) => {
    for (const source of ['person', 'import'] as const)
      expect(movedItem(anItem(input, source), to, PERSON).name).toBe(name);
  });

  it('is of the class of its new type, unless somebody said otherwise', () => {
    const workspace = '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w';
    expect(movedItem(anItem({ resourceId: workspace }), to, PERSON).className).toBe('cmdb_ci_vm_instance');
    expect(movedItem({ ...aStub(), className: 'cmdb_ci' }, to, PERSON).className).toBe('cmdb_ci_vm_instance');
    expect(movedItem(anItem({ resourceId: workspace, className: 'mine' }), to, PERSON).className).toBe('mine');
  });

  it('follows the ARM id in what a person has said before there was one', () => {
    const before = anItem({
      name: 'x',
      resourceType: 'a.b/c',
      subscriptionId: 'other',
      resourceGroup: 'g',
      owner: 'Ada',
    });
    const { fieldSources, subscriptionId } = movedItem(before, to, PERSON);
    expect([subscriptionId, fieldSources]).toEqual(['s1', { name: 'person', owner: 'person' }]);
  });

  it('has no alias that is its own id, and comes back to where it was', () => {
    const back = movedItem(movedItem(anItem(), to, PERSON), parseArmId(vm('vm1'))!, PERSON);
    expect(back.aliases.map(({ value }) => value)).toEqual([to.path]);
  });

  it('is led to by its old id as one that it has moved from, whoever listed that before', () => {
    const before = { ...anItem(), aliases: anItem({ name: 'x', aliases: [vm('vm1')] }, 'import').aliases };
    expect(movedItem(before, to, PERSON).aliases).toMatchObject([{ value: vm('VM1'), source: 'moved' }]);
  });

  it('loses no alias, even if it has as many as it may', () => {
    const aliases = Array.from({ length: 100 }, (_, index) => `a${index}.corp`);
    expect(movedItem(anItem({ resourceId: vm('VM1'), aliases }), to, PERSON).aliases).toHaveLength(101);
  });
});

describe('a stub that turned out to be another item', () => {
  it('has retired, and leaves its ARM id to that', () => {
    const gone = mergedItem(aStub(), anItem(), NOW);
    expect(gone).toMatchObject({ status: 'retired', canonicalKeyHash: null, mergedIntoId: anItem().id, version: 2 });
    expect(gone.mergeDueAt).toEqual(NOW);
  });

  it.each([
    [
      [null, null],
      [BEFORE, NOW],
      [BEFORE, NOW],
    ],
    [
      [BEFORE, NOW],
      [null, null],
      [BEFORE, NOW],
    ],
    [
      [NOW, NOW],
      [BEFORE, BEFORE],
      [BEFORE, NOW],
    ],
    [
      [null, null],
      [null, null],
      [null, null],
    ],
  ])('seen %j and %j was seen %j', (own, ofStub, both) => {
    const seen = ([firstSeenAt, lastSeenAt]: (Date | null)[], item: ItemRecord): ItemRecord => ({
      ...item,
      firstSeenAt: firstSeenAt ?? null,
      lastSeenAt: lastSeenAt ?? null,
    });
    const { firstSeenAt, lastSeenAt } = withSeenOf(seen(own, anItem()), seen(ofStub, aStub()));
    expect([firstSeenAt, lastSeenAt]).toEqual(both);
  });
});

describe('one alias', () => {
  it('comes and goes with a version each, and makes an item of a stub', () => {
    const added = aliasAdded(aStub(), { value: ' x.corp ', origin: originOf(PERSON) }, PERSON);
    expect(added).toMatchObject({ stub: false, version: 2, aliases: [{ value: 'x.corp', source: 'person' }] });
    const removed = aliasRemoved(added, added.aliases[0]!.id, NOW);
    expect([removed.version, removed.aliases]).toEqual([3, []]);
  });
});
