import type { FieldError } from '../../common/errors';
import type { ArmId } from '../identity/arm-id.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import { MAX_ALIASES } from '../items/alias.rules';
import type { ItemRecord } from '../items/configuration-item.entity';
import {
  changedItem,
  formerArmIdDropped,
  mergedItem,
  movedItem,
  newItem,
  type Saying,
} from '../items/item-changes.rules';
import type { ReadItem } from '../items/item-input.rules';
import { arrivalsOf, listedBy } from './arrivals.rules';
import { findItem, type Moves } from './find-item.rules';
import type { ImportRow, RelationClaims } from './import-row';
import { type KnownItems, nameOf } from './known-items.rules';

/** Records by what they came to, and `implied`: items made because what a record tells of lies in them. */
export interface ImportCounts {
  created: number;
  updated: number;
  unchanged: number;
  moved: number;
  implied: number;
}

/** That one item contains another; both are there, or will be. */
export interface Containment {
  parentId: string;
  child: ArmId;
}

/** What an import makes of a chunk of its records. */
export interface ImportPlan {
  inserted: ItemRecord[];
  updated: ItemRecord[];
  /** Those among the updated whose ARM id has changed or is given up. */
  rekeyed: string[];
  /** Items that are the same as before; what contains them is among them, and counts as nothing. */
  seen: string[];
  counts: ImportCounts;
  failed: { line: number; errors: FieldError[] }[];
  /** By the id of the item whose relations they are; the last record counts. */
  claims: Map<string, RelationClaims>;
  containments: Containment[];
}

type Fate = 'inserted' | 'updated' | 'seen';

interface Planned {
  saying: Saying;
  /** Names what contains an ARM id, nearest first; what of that the CMDB lacks is made. */
  ancestorsOf: (armId: ArmId) => readonly ArmId[];
  /** Whether the file has told of an ARM id in a chunk before, by its hash. */
  wasListed: (armIdHash: string) => boolean;
}

/** Decides what a chunk of records does to the items that are known of: each record sees what those before it did. */
export function planImport(
  rows: readonly ImportRow[],
  known: KnownItems,
  { saying, ancestorsOf, wasListed }: Planned,
): ImportPlan {
  const isListed = listedBy(rows, wasListed);
  const plan = new Planning(known, saying, { isListed, arrivals: arrivalsOf(rows, known, isListed) });
  for (const row of rows) plan.take(row);
  plan.dropFormerArmIds();
  for (const row of rows) plan.contain(row, ancestorsOf);
  return plan.result();
}

class Planning {
  private readonly fates = new Map<string, Fate>();
  private readonly rekeyed = new Set<string>();
  private readonly counts: ImportCounts = { created: 0, updated: 0, unchanged: 0, moved: 0, implied: 0 };
  private readonly failed: ImportPlan['failed'] = [];
  private readonly claims = new Map<string, RelationClaims>();
  private readonly containments = new Map<string, Containment>();
  /** Records whose ARM id is one that their item has no more. */
  private readonly former = new Set<ImportRow>();

  constructor(
    private readonly known: KnownItems,
    private readonly saying: Saying,
    private readonly moves: Moves,
  ) {
    this.letGo([...moves.arrivals.values()]);
  }

  take(row: ImportRow): void {
    const found = findItem(row, this.known, this.moves);
    switch (found.kind) {
      case 'ambiguous': {
        const message = `is that of ${found.count} items of this class without a resource id`;
        this.failed.push({ line: row.line, errors: [{ path: 'name', message }] });
        return;
      }
      case 'none':
        return this.create(row);
      case 'item':
        return this.update(found.item, row);
      case 'former':
        this.former.add(row);
        return this.update(found.item, { ...row, read: withoutName(row.read) });
      case 'moved':
        return this.move(found.item, found.stub, row);
    }
  }

  /** An item lies in what its ARM id names; what it has left names nothing any more. */
  contain(row: ImportRow, ancestorsOf: (armId: ArmId) => readonly ArmId[]): void {
    let child = row.read.armId;
    if (child === null || this.former.has(row)) return;
    for (const ancestor of ancestorsOf(child)) {
      const parentId = this.idOf(ancestor);
      const key = `${parentId} ${child.key}`;
      if (this.containments.has(key)) return;
      this.containments.set(key, { parentId, child });
      child = ancestor;
    }
  }

  /** An ARM id that another item has taken is none any more that leads to the one that had it. */
  dropFormerArmIds(): void {
    const { byId, byFormerArmId } = this.known;
    for (const [id, fate] of this.fates) {
      const hash = byId.get(id)?.canonicalKeyHash ?? '';
      const other = byId.get(byFormerArmId.get(hash) ?? '');
      if (other === undefined || other.id === id || (fate !== 'inserted' && !this.rekeyed.has(id))) continue;
      byFormerArmId.delete(hash);
      const isNew = this.fates.get(other.id) === 'inserted' || this.fates.get(other.id) === 'updated';
      const dropped = formerArmIdDropped(other, hash);
      this.put(isNew ? dropped : { ...dropped, ...this.versionAfter(other) }, 'updated', null);
    }
  }

  result(): ImportPlan {
    const ofFate = (fate: Fate): string[] => [...this.fates].flatMap(([id, each]) => (each === fate ? [id] : []));
    const items = (fate: Fate): ItemRecord[] => ofFate(fate).flatMap((id) => this.known.byId.get(id) ?? []);
    return {
      inserted: items('inserted'),
      updated: items('updated'),
      rekeyed: [...this.rekeyed],
      seen: ofFate('seen'),
      counts: this.counts,
      failed: this.failed,
      claims: this.claims,
      containments: [...this.containments.values()],
    };
  }

  private create(row: ImportRow): void {
    this.counts.created += 1;
    this.put({ ...newItem(row.read, this.saying), uniqueIdHash: row.uniqueIdHash }, 'inserted', row);
  }

  private update(before: ItemRecord, row: ImportRow): void {
    const { after, isChanged } = changedItem(before, row.read, this.saying);
    if (hasTooMany(after, before)) return this.failAliases(row);
    const uniqueIdHash = row.uniqueIdHash ?? before.uniqueIdHash;
    const isSame = !isChanged && uniqueIdHash === before.uniqueIdHash;
    this.counts[isSame ? 'unchanged' : 'updated'] += 1;
    if (isSame) return this.put(after, 'seen', row);
    this.put({ ...after, uniqueIdHash, ...this.versionAfter(before) }, 'updated', row);
  }

  private move(before: ItemRecord, stub: ItemRecord | null, row: ImportRow): void {
    const { armId } = row.read;
    if (armId === null) throw new Error(`Item ${before.id} moved to no ARM id.`);
    this.counts.moved += 1;
    this.moves.arrivals.delete(armKeyHash(armId.key));
    if (before.canonicalKeyHash !== null) this.known.byFormerArmId.set(before.canonicalKeyHash, before.id);
    const moved = this.changedAsFits(movedItem(before, armId, this.saying), row);
    const uniqueIdHash = row.uniqueIdHash ?? before.uniqueIdHash;
    const item = { ...moved, uniqueIdHash, ...this.versionAfter(before) };
    if (stub !== null) this.giveUp(stub, item);
    this.rekeyed.add(item.id);
    this.put(item, 'updated', row);
  }

  /** That the item has moved holds whatever else the record says: others may be where it was by now. */
  private changedAsFits(before: ItemRecord, row: ImportRow): ItemRecord {
    const { after } = changedItem(before, row.read, this.saying);
    if (!hasTooMany(after, before)) return after;
    this.failAliases(row);
    return changedItem(before, { ...row.read, aliases: undefined }, this.saying).after;
  }

  private failAliases({ line }: ImportRow): void {
    const message = `would be more than ${MAX_ALIASES} with those that the item has`;
    this.failed.push({ line, errors: [{ path: 'aliases', message }] });
  }

  /** What is about to move is found where it was no more: records of what came after it there may be among the first. */
  private letGo(leaving: readonly string[]): void {
    for (const id of leaving) this.known.byArmId.delete(this.known.byId.get(id)?.canonicalKeyHash ?? '');
  }

  private giveUp(stub: ItemRecord, into: ItemRecord): void {
    this.known.byId.set(stub.id, mergedItem(stub, into, this.saying.now));
    this.fates.set(stub.id, 'updated');
    this.rekeyed.add(stub.id);
  }

  /** One more than it was, however many steps it took. */
  private versionAfter({ version }: ItemRecord): Pick<ItemRecord, 'version' | 'updatedAt'> {
    return { version: version + 1, updatedAt: this.saying.now };
  }

  private put(item: ItemRecord, fate: Fate, row: ImportRow | null): void {
    const { known } = this;
    const earlier = this.fates.get(item.id);
    const before = known.byId.get(item.id)?.uniqueIdHash ?? null;
    if (before !== null && known.byUniqueId.get(before) === item.id) known.byUniqueId.delete(before);
    const isNew = earlier === undefined && fate === 'inserted';
    known.byId.set(item.id, item);
    this.fates.set(item.id, earlier === 'inserted' || (earlier === 'updated' && fate === 'seen') ? earlier : fate);
    if (item.canonicalKeyHash !== null) known.byArmId.set(item.canonicalKeyHash, item.id);
    else if (isNew) known.byName.set(nameOf(item), [...(known.byName.get(nameOf(item)) ?? []), item.id]);
    if (item.uniqueIdHash !== null) known.byUniqueId.set(item.uniqueIdHash, item.id);
    if (row !== null && row.claims.speaksOf !== 'nothing') this.claims.set(item.id, row.claims);
  }

  /** Of the item of an ARM id, which is made where there is none: what something lies in is seen with it. */
  private idOf(armId: ArmId): string {
    const hash = armKeyHash(armId.key);
    const id = this.known.byArmId.get(hash) ?? this.known.byFormerArmId.get(hash);
    if (id !== undefined) {
      if (!this.fates.has(id)) this.fates.set(id, 'seen');
      return id;
    }
    const item = newItem({ kind: 'item', armId, said: { name: armId.name }, aliases: undefined }, this.saying);
    this.counts.implied += 1;
    this.put(item, 'inserted', null);
    return item.id;
  }
}

/** A move may leave an item one more than it may have: that is no fault of what says nothing of aliases. */
function hasTooMany({ aliases }: ItemRecord, before: ItemRecord): boolean {
  return aliases.length > MAX_ALIASES && aliases.length > before.aliases.length;
}

function withoutName(read: ReadItem): ReadItem {
  const { name: _, ...said } = read.said;
  return { ...read, said };
}
