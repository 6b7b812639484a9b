import { armKeyHash } from '../identity/ci-keys.rules';
import type { ItemRecord } from '../items/configuration-item.entity';
import type { ImportRow } from './import-row';
import type { KnownItems } from './known-items.rules';

/**
 * Whether the file has a record for an item under the ARM id that it has: it has not moved from there then. Not if the record
 * has another unique id; of an item without one (null), any record is its own.
 */
export type IsListed = (item: Pick<ItemRecord, 'canonicalKeyHash' | 'uniqueIdHash'>) => boolean;

/** What a chunk is read with: what it lists itself, and whether a chunk before it in the file listed an ARM id (its hash). */
export function listedBy(rows: readonly ImportRow[], wasListed: (armIdHash: string) => boolean): IsListed {
  const uniqueIds = uniqueIdsOf(rows);
  return ({ canonicalKeyHash, uniqueIdHash }) => {
    if (canonicalKeyHash === null) return false;
    const isItself = (other: string | null): boolean =>
      other === null || uniqueIdHash === null || other === uniqueIdHash;
    return wasListed(canonicalKeyHash) || (uniqueIds.get(canonicalKeyHash) ?? []).some(isItself);
  };
}

/**
 * The items that a chunk moves, by the hash of the ARM id that each moves to: those that a record names by the ARM id that they
 * had, and those whose unique id it has. Two machines of one image may share a unique id: what the file lists where it is stays
 * there. So does what would move to where another item stays; an older file moves nothing back.
 */
export function arrivalsOf(rows: readonly ImportRow[], known: KnownItems, isListed: IsListed): Map<string, string> {
  const uniqueIds = uniqueIdsOf(rows);
  const arrivals = new Map<string, string>();
  const leaving = new Set<string>();
  for (const row of rows) {
    if (row.read.armId === null) continue;
    const hash = armKeyHash(row.read.armId.key);
    const item = previousOf(row, known) ?? sameOf(row, hash, { known, isListed, uniqueIds });
    if (item === undefined || item.canonicalKeyHash === hash) continue;
    if (arrivals.has(hash) || leaving.has(item.id)) continue;
    arrivals.set(hash, item.id);
    leaving.add(item.id);
  }
  return withoutTaken(arrivals, known);
}

function previousOf({ previousKeyHash }: ImportRow, { byArmId, byId }: KnownItems): ItemRecord | undefined {
  return previousKeyHash === null ? undefined : byId.get(byArmId.get(previousKeyHash) ?? '');
}

function sameOf(
  { uniqueIdHash }: ImportRow,
  hash: string,
  { known, isListed, uniqueIds }: { known: KnownItems; isListed: IsListed; uniqueIds: ReadonlyMap<string, unknown> },
): ItemRecord | undefined {
  const same = uniqueIdHash === null ? undefined : known.byId.get(known.byUniqueId.get(uniqueIdHash) ?? '');
  if (same === undefined || isListed(same)) return undefined;
  const isBack = known.byFormerArmId.get(hash) === same.id;
  return isBack && !uniqueIds.has(same.canonicalKeyHash ?? '') ? undefined : same;
}

/** What stays keeps its ARM id, and what would have moved there stays, too. A stub is no item that stays. */
function withoutTaken(arrivals: Map<string, string>, known: KnownItems): Map<string, string> {
  const leaving = new Set(arrivals.values());
  const taken = [...arrivals].filter(([hash]) => {
    const own = known.byId.get(known.byArmId.get(hash) ?? '');
    return own !== undefined && !own.stub && !leaving.has(own.id);
  });
  if (taken.length === 0) return arrivals;
  const left = new Map(arrivals);
  for (const [hash] of taken) left.delete(hash);
  return withoutTaken(left, known);
}

/** Of the records of each ARM id, by its hash; null where one tells none. */
function uniqueIdsOf(rows: readonly ImportRow[]): Map<string, (string | null)[]> {
  const byArmId = new Map<string, (string | null)[]>();
  for (const { read, uniqueIdHash } of rows) {
    if (read.armId === null) continue;
    const hash = armKeyHash(read.armId.key);
    byArmId.set(hash, [...(byArmId.get(hash) ?? []), uniqueIdHash]);
  }
  return byArmId;
}
