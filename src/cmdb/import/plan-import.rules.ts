import type { FieldError } from '../../common/errors';
import type { ArmId } from '../identity/arm-id.rules';
import { classOf } from '../identity/ci-class.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import type { ItemRecord } from '../items/configuration-item.entity';
import {
  changedItem,
  formerArmIdDropped,
  mergedItem,
  movedItem,
  nameKeyOf,
  newItem,
  type Saying,
} from '../items/item-changes.rules';
import type { ReadItem } from '../items/item-input.rules';
import { arrivalsOf, type IsListed, listedBy } from './arrivals.rules';
import type { ImportRow, RelationClaims } from './import-row';

/** Items that records may be about, as the CMDB has them, under their locks; each way to find one leads to its id. */
export interface KnownItems {
  byId: Map<string, ItemRecord>;
  /** By the hash of the ARM id that an item has. */
  byArmId: Map<string, string>;
  /** By the hash of an ARM id that an item had before it moved. */
  byFormerArmId: Map<string, string>;
  byUniqueId: Map<string, string>;
  /** Items without an ARM id, by {@link nameOf}. */
  byName: Map<string, string[]>;
}

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

type Found =
  | { kind: 'none' }
  | { kind: 'item'; item: ItemRecord }
  | { kind: 'former'; item: ItemRecord }
  | { kind: 'moved'; item: ItemRecord; stub: ItemRecord | null }
  | { kind: 'ambiguous'; count: number };

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

/** How an item without an ARM id is found. */
export function nameOf({ name, className }: { name: string; className: string }): string {
  return `${nameKeyOf(name)}\n${className}`;
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
    const moved = changedItem(movedItem(before, armId, this.saying), row.read, this.saying).after;
    const uniqueIdHash = row.uniqueIdHash ?? before.uniqueIdHash;
    const item = { ...moved, uniqueIdHash, ...this.versionAfter(before) };
    if (stub !== null) this.giveUp(stub, item);
    this.rekeyed.add(item.id);
    this.put(item, 'updated', row);
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

interface Moves {
  isListed: IsListed;
  /** Items that are still to move, by the hash of the ARM id that they move to. */
  arrivals: Map<string, string>;
}

/** The item that a record is about: one that moves to its ARM id, the one that has it, or one that had it before it moved. */
function findItem(row: ImportRow, known: KnownItems, { isListed, arrivals }: Moves): Found {
  const { armId, said } = row.read;
  if (armId === null) return findByName({ name: said.name ?? '', className: classNameOf(row) }, known);
  const hash = armKeyHash(armId.key);
  const item = (id: string | undefined): ItemRecord | undefined => (id === undefined ? undefined : known.byId.get(id));
  const [own, arriving] = [item(known.byArmId.get(hash)), item(arrivals.get(hash))];
  if (arriving !== undefined) return { kind: 'moved', item: arriving, stub: own ?? null };
  if (own !== undefined) return { kind: 'item', item: own };
  const former = item(known.byFormerArmId.get(hash));
  const isSame = former !== undefined && !isAnother(former, row) && !isListed(former) && !isLeaving(former, arrivals);
  return isSame ? { kind: 'former', item: former } : { kind: 'none' };
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

function withoutName(read: ReadItem): ReadItem {
  const { name: _, ...said } = read.said;
  return { ...read, said };
}
