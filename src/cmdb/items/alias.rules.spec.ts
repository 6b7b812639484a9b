import fc from 'fast-check';
import { comparableOf } from '../identity/ci-keys.rules';
import { aliasOf, type AliasOrigin, type CiAlias, withAliases } from './alias.rules';

const ORIGIN: AliasOrigin = { source: 'import', taskId: null, createdBy: null, createdAt: '2026-03-01T10:00:00.000Z' };
const ARM = '/subscriptions/S/resourceGroups/RG';

function ids(): () => string {
  let count = 0;
  return () => `id-${(count += 1)}`;
}

const KNOWN: CiAlias[] = [
  {
    id: 'a',
    value: 'Vm1.corp',
    source: 'person',
    taskId: null,
    createdBy: 'Ada',
    createdAt: '2026-01-01T00:00:00.000Z',
  },
  { id: 'b', value: ARM, ...ORIGIN },
];

describe('the aliases of an item', () => {
  it.each<[string, string[], string[]]>([
    ['none', [], ['Vm1.corp', ARM]],
    ['those that are there, however they are written', ['VM1.CORP.', `${ARM.toUpperCase()}/`], ['Vm1.corp', ARM]],
    ['blank ones', ['', '  '], ['Vm1.corp', ARM]],
    ['new ones, each once', [' vm2 ', 'VM2'], ['Vm1.corp', ARM, 'vm2']],
  ])('after adding %s', (_, values, expected) => {
    expect(withAliases(KNOWN, values, ORIGIN, ids()).map(({ value }) => value)).toEqual(expected);
  });

  it('say where each comes from: what is there keeps its origin', () => {
    const [first, , third] = withAliases(KNOWN, ['vm1.corp', 'vm2'], ORIGIN, ids());
    expect(first).toBe(KNOWN[0]);
    expect(third).toEqual({ id: 'id-1', value: 'vm2', ...ORIGIN });
  });

  it.each([
    ['VM1.corp.', 'a'],
    [`/${ARM.toLowerCase()}//`, 'b'],
    ['vm1', undefined],
    ['', undefined],
  ])('have %j under %s', (value, id) => {
    expect(aliasOf(KNOWN, value)?.id).toBe(id);
  });

  it('never hold a value twice', () => {
    const value = fc.constantFrom('a', 'A', 'a.', 'b', ' b', ARM, ARM.toLowerCase(), '');
    fc.assert(
      fc.property(fc.array(value), fc.array(value), (before, after) => {
        const newId = ids();
        const aliases = withAliases(withAliases([], before, ORIGIN, newId), after, ORIGIN, newId);
        const keys = aliases.map((alias) => comparableOf(alias.value));
        expect(new Set(keys).size).toBe(keys.length);
        expect(new Set(keys)).toEqual(new Set([...before, ...after].map(comparableOf).filter((key) => key !== '')));
      }),
    );
  });
});
