import { classOf } from '../identity/ci-class.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import type { ItemRecord } from '../items/configuration-item.entity';
import type { IsListed } from './arrivals.rules';
import type { ImportRow } from './import-row';
import { type KnownItems, nameOf } from './known-items.rules';

/** Which item a record is about, if any. `former` = under an ARM id that it has no more, `moved` = it is to have this one. */
export type Found =
  | { kind: 'none' }
  | { kind: 'item'; item: ItemRecord }
  | { kind: 'former'; item: ItemRecord }
  | { kind: 'moved'; item: ItemRecord; stub: ItemRecord | null }
  | { kind: 'ambiguous'; count: number };

/** What a chunk moves. */
export interface Moves {
  isListed: IsListed;
  /** Items that are still to move, by the hash of the ARM id that they move to. */
  arrivals: Map<string, string>;
}

/** The item that a record is about: one that moves to its ARM id, the one that has it, or one that had it before it moved. */
export function findItem(row: ImportRow, known: KnownItems, { isListed, arrivals }: Moves): Found {
  const { armId, said } = row.read;
  if (armId === null) return findByName({ name: said.name ?? '', className: classNameOf(row) }, known);
  const hash = armKeyHash(armId.key);
  const item = (id: string | undefined): ItemRecord | undefined => (id === undefined ? undefined : known.byId.get(id));
  const [own, arriving] = [item(known.byArmId.get(hash)), item(arrivals.get(hash))];
  if (arriving !== undefined) return { kind: 'moved', item: arriving, stub: own ?? null };
  if (own !== undefined) return { kind: 'item', item: own };
  const former = item(known.byFormerArmId.get(hash));
  if (former === undefined || isAnother(former, row) || isLeaving(former, arrivals)) return { kind: 'none' };
  const hasRecord = isListed({ ...former, uniqueIdHash: null });
  return hasRecord ? { kind: 'none' } : { kind: 'former', item: former };
}

function isLeaving({ id }: ItemRecord, arrivals: ReadonlyMap<string, string>): boolean {
  return [...arrivals.values()].includes(id);
}

/** A new resource under an ARM id that has become free. */
function isAnother(former: ItemRecord, { uniqueIdHash }: ImportRow): boolean {
  return uniqueIdHash !== null && former.uniqueIdHash !== null && uniqueIdHash !== former.uniqueIdHash;
}

function findByName(item: { name: string; className: string }, known: KnownItems): Found {
  const ids = known.byName.get(nameOf(item)) ?? [];
  const found = ids.length === 1 ? known.byId.get(ids[0] as string) : undefined;
  if (ids.length > 1) return { kind: 'ambiguous', count: ids.length };
  return found === undefined ? { kind: 'none' } : { kind: 'item', item: found };
}

/** Said or not, a new item of this record would have it. */
function classNameOf({ read }: Pick<ImportRow, 'read'>): string {
  return read.said.className ?? classOf(null);
}
