import fc from 'fast-check';
import { type ArmId, parseArmId } from '../identity/arm-id.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import type { ItemRecord } from '../items/configuration-item.entity';
import { movedItem, newItem, type Saying } from '../items/item-changes.rules';
import type { ImportRow } from './import-row';
import type { KnownItems } from './known-items.rules';
import { planImport } from './plan-import.rules';

const PLACES = ['a', 'b', 'c', 'd'];
const UNIQUE_IDS = [null, 'u1', 'u2', 'u3'];

let count = 0;
const saying: Saying = {
  ...{ source: 'import', by: null, now: new Date('2026-03-01T10:00:00.000Z') },
  newId: () => `id-${(count += 1)}`,
};

const site = (place: string): ArmId =>
  parseArmId(`/subscriptions/s/resourceGroups/${place}/providers/Microsoft.Web/sites/x`)!;
const hashOf = (place: string): string => armKeyHash(site(place).key);

/** A record of what is at a place. */
function aRow({
  place,
  unique,
  previous,
}: {
  place: string;
  unique: string | null;
  previous: string | null;
}): ImportRow {
  return {
    ...{ line: 1, uniqueIdHash: unique, previousKeyHash: previous === null ? null : hashOf(previous) },
    read: { kind: 'item', armId: site(place), said: {}, aliases: undefined },
    claims: { speaksOf: 'nothing', relations: [] },
  };
}

/** An item that is at a place, and was at another one. */
function anItem({ place, unique, former, stub }: ItemSpec): ItemRecord {
  const at = (armId: ArmId): ItemRecord => newItem({ kind: 'item', armId, said: {}, aliases: undefined }, saying);
  const item = former === null ? at(site(place)) : movedItem(at(site(former)), site(place), saying);
  return { ...item, uniqueIdHash: stub ? null : unique, stub };
}

interface ItemSpec {
  place: string;
  unique: string | null;
  former: string | null;
  stub: boolean;
}

function known(items: readonly ItemRecord[], formers: readonly (string | null)[]): KnownItems {
  const former = items.flatMap(({ id }, index) => (formers[index] ? [[hashOf(formers[index]), id] as const] : []));
  return {
    byId: new Map(items.map((item) => [item.id, item])),
    byArmId: new Map(items.map(({ canonicalKeyHash, id }) => [canonicalKeyHash ?? '', id])),
    byFormerArmId: new Map(former),
    byUniqueId: new Map(items.flatMap(({ uniqueIdHash, id }) => (uniqueIdHash === null ? [] : [[uniqueIdHash, id]]))),
    byName: new Map(),
  };
}

describe('planImport', () => {
  const place = fc.constantFrom(...PLACES);
  const unique = fc.constantFrom(...UNIQUE_IDS);
  const items = fc.uniqueArray(fc.record({ place, unique, former: fc.option(place), stub: fc.boolean() }), {
    selector: (spec) => spec.place,
    maxLength: 4,
  });
  const rows = fc.array(fc.record({ place, unique, previous: fc.option(place, { freq: 4 }) }), { maxLength: 6 });

  it('gives each ARM id to one item at most, and to one each that a file lists, in any order', () => {
    fc.assert(
      fc.property(items, rows, fc.subarray(PLACES), (specs, given, listed) => {
        const moved = specs.map((spec) => ({
          ...spec,
          former: spec.stub || spec.former === spec.place ? null : spec.former,
        }));
        const before = known(
          moved.map(anItem),
          moved.map(({ former }) => former),
        );
        const wasListed = new Set(listed.map(hashOf));
        const plan = planImport(given.map(aRow), before, {
          ...{ saying, ancestorsOf: () => [], wasListed: (hash: string) => wasListed.has(hash) },
        });
        const after = new Map(before.byId);
        for (const item of [...plan.inserted, ...plan.updated]) after.set(item.id, item);
        const held = [...after.values()].flatMap(({ canonicalKeyHash }) => canonicalKeyHash ?? []);
        expect(new Set(held).size).toBe(held.length);
        for (const [hash, id] of before.byArmId) expect(after.get(id)?.canonicalKeyHash).toBe(hash);
        const places = new Set(given.map((row) => row.place));
        const { created, updated, unchanged, moved: movedCount } = plan.counts;
        expect(created + updated + unchanged + movedCount).toBe(given.length);
        // One record alone may be that of an older file, whose item is elsewhere by now.
        if (places.size === PLACES.length) for (const each of places) expect(held).toContain(hashOf(each));
      }),
      { numRuns: 1_000 },
    );
  });
});
