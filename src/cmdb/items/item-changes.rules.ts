import type { ArmId } from '../identity/arm-id.rules';
import { armKeyHash, comparableOf } from '../identity/ci-keys.rules';
import { type AliasOrigin, type CiAlias, MAX_ALIASES, withAliases } from './alias.rules';
import type { ItemRecord } from './configuration-item.entity';
import {
  type FieldSource,
  type FieldSources,
  type ItemFields,
  leaveOpen,
  type SourcedFields,
  takeOver,
} from './item-fields.rules';
import { fieldsOf, type ReadItem } from './item-input.rules';

/** Who says it, and when. */
export interface Saying {
  source: Exclude<FieldSource, 'stub'>;
  /** Who, for the record; null for an import that nobody is on record for. */
  by: string | null;
  now: Date;
  newId: () => string;
}

/** An item as it is after a change; `isChanged` false = the same as before, but for the time at which it was seen. */
export interface ChangedItem {
  after: ItemRecord;
  isChanged: boolean;
}

/** A new item. */
export function newItem(read: ReadItem, saying: Saying): ItemRecord {
  const { armId } = read;
  const { fields, sources } = fieldsAfter({ fields: fieldsOf(armId), sources: {} }, read, saying);
  const item = { ...firstVersion({ armId, fields }, saying), fieldSources: sources, ...seenBy(null, saying) };
  return { ...item, aliases: withAliases([], read.aliases ?? [], originOf(saying), saying.newId) };
}

/** An alert says nothing else of the item that its stub stands for: the rest follows from the ARM id. */
const STUB_SOURCES: FieldSources = { name: 'stub', className: 'stub', status: 'stub', tags: 'stub' };

/** What an alert makes of an ARM id that the CMDB lacks. */
export function newStub(armId: ArmId, saying: Pick<Saying, 'now' | 'newId'>): ItemRecord {
  const item = firstVersion({ armId, fields: fieldsOf(armId) }, saying);
  return { ...item, stub: true, fieldSources: STUB_SOURCES, firstSeenAt: saying.now, lastSeenAt: saying.now };
}

function firstVersion(
  { armId, fields }: { armId: ArmId | null; fields: ItemFields },
  { now, newId }: Pick<Saying, 'now' | 'newId'>,
): ItemRecord {
  return {
    ...fields,
    id: newId(),
    nameKey: nameKeyOf(fields.name),
    resourceId: armId?.path ?? null,
    canonicalKeyHash: armId === null ? null : armKeyHash(armId.key),
    stub: false,
    aliases: [],
    refusedAliases: null,
    fieldSources: null,
    firstSeenAt: null,
    lastSeenAt: null,
    searchText: null,
    uniqueIdHash: null,
    mergedIntoId: null,
    mergeDueAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * An item after somebody has said something of it. A stub is none any more then. Aliases that a person lists replace those that
 * are there, those of an import such as imports have set. The ARM id stays: see {@link movedItem}.
 */
export function changedItem(before: ItemRecord, read: ReadItem, saying: Saying): ChangedItem {
  const known = { fields: itemFieldsOf(before), sources: before.fieldSources ?? {} };
  const { fields, sources, changed } = fieldsAfter(known, read, saying);
  const { aliases, refusedAliases } = aliasesAfter(before, read.aliases, saying);
  const isChanged =
    changed.length > 0 ||
    before.stub ||
    aliases !== before.aliases ||
    JSON.stringify(sources) !== JSON.stringify(known.sources);
  const said = { ...fields, nameKey: nameKeyOf(fields.name), aliases, refusedAliases, fieldSources: sources };
  const after = { ...before, ...said, stub: false };
  return { after: { ...versionAfter(after, { isChanged, now: saying.now }), ...seenBy(before, saying) }, isChanged };
}

/**
 * An item whose resource Azure has moved or renamed: the same item under its new ARM id, and the old one leads to it as an
 * alias. Its name follows unless somebody has named it otherwise.
 */
export function movedItem(before: ItemRecord, armId: ArmId, saying: Saying): ItemRecord {
  const base = fieldsOf(armId);
  const oldName = before.resourceId?.split('/').at(-1);
  const name = isSaid(before.fieldSources?.name) && before.name !== oldName ? before.name : base.name;
  const { resourceType, subscriptionId, resourceGroup } = base;
  const className = isSaid(before.fieldSources?.className) ? before.className : base.className;
  const newKey = armId.key;
  const old = before.resourceId === null ? [] : [before.resourceId];
  const ids = new Set([newKey, ...old.map(comparableOf)]);
  const others = before.aliases.filter(({ value }) => !ids.has(comparableOf(value)));
  const aliases = withAliases(others, old, { ...originOf(saying), source: 'moved' }, saying.newId);
  const place = { resourceType, subscriptionId, resourceGroup, fieldSources: withoutPlace(before.fieldSources) };
  const identity = { resourceId: armId.path, canonicalKeyHash: armKeyHash(newKey) };
  const moved = { ...before, name, nameKey: nameKeyOf(name), className, ...place, aliases, ...identity };
  return versionAfter(moved, { isChanged: true, now: saying.now });
}

/** An item without the alias that its move away from an ARM id has left: another one has that ARM id now. */
export function formerArmIdDropped(item: ItemRecord, armIdHash: string): ItemRecord {
  const isIt = ({ value, source }: CiAlias): boolean =>
    source === 'moved' && armKeyHash(comparableOf(value)) === armIdHash;
  return { ...item, aliases: item.aliases.filter((alias) => !isIt(alias)) };
}

/** What follows from an ARM id is said by nobody. */
function withoutPlace(sources: FieldSources | null): FieldSources {
  const { resourceType: _type, subscriptionId: _subscription, resourceGroup: _group, ...others } = sources ?? {};
  return others;
}

function isSaid(source: FieldSource | undefined): boolean {
  return source === 'person' || source === 'import';
}

/** An item that a stub has become part of: what was seen of the stub was seen of it. */
export function withSeenOf(item: ItemRecord, stub: ItemRecord): ItemRecord {
  const times = (field: 'firstSeenAt' | 'lastSeenAt'): number[] =>
    [item[field], stub[field]].flatMap((time) => time?.getTime() ?? []);
  const [first, last] = [times('firstSeenAt'), times('lastSeenAt')];
  return {
    ...item,
    firstSeenAt: first.length === 0 ? null : new Date(Math.min(...first)),
    lastSeenAt: last.length === 0 ? null : new Date(Math.max(...last)),
  };
}

/** A stub that turned out to be another item: it has retired, and its ARM id is free for that. */
export function mergedItem(stub: ItemRecord, into: ItemRecord, now: Date): ItemRecord {
  const merged = { mergedIntoId: into.id, mergeDueAt: now };
  const gone = { ...stub, status: 'retired' as const, canonicalKeyHash: null, aliases: [], ...merged };
  return versionAfter(gone, { isChanged: true, now });
}

/** An item that somebody has given one more alias; a stub is none any more then. */
export function aliasAdded(
  before: ItemRecord,
  alias: { value: string; origin: AliasOrigin },
  { now, newId }: Pick<Saying, 'now' | 'newId'>,
): ItemRecord {
  const aliases = withAliases(before.aliases, [alias.value], alias.origin, newId);
  const refusedAliases = refusedAfter(before, aliases);
  return versionAfter({ ...before, aliases, refusedAliases, stub: false }, { isChanged: true, now });
}

/** An item without one of its aliases, which a person took off. */
export function aliasRemoved(before: ItemRecord, aliasId: string, now: Date): ItemRecord {
  const aliases = before.aliases.filter(({ id }) => id !== aliasId);
  const refusedAliases = refusedAfter(before, aliases);
  return versionAfter({ ...before, aliases, refusedAliases, stub: false }, { isChanged: true, now });
}

/** The next version of an item, if it is another one than before. */
function versionAfter(item: ItemRecord, { isChanged, now }: { isChanged: boolean; now: Date }): ItemRecord {
  return isChanged ? { ...item, version: item.version + 1, updatedAt: now } : item;
}

/** What of an item somebody said. */
function itemFieldsOf(item: ItemRecord): ItemFields {
  const { name, className, resourceType, subscriptionId, resourceGroup, location, environment } = item;
  const { criticality, owner, supportGroup, status, tags } = item;
  const place = { resourceType, subscriptionId, resourceGroup, location, environment };
  return { name, className, ...place, criticality, owner, supportGroup, status, tags };
}

/** A person who empties a field takes back what people have said of it: the next import or alert may fill it. */
function fieldsAfter(
  before: SourcedFields,
  { said, leftOpen = [] }: ReadItem,
  { source }: Saying,
): ReturnType<typeof takeOver> {
  const taken = takeOver(before, said, source);
  return source === 'person' ? { ...taken, sources: leaveOpen(taken.sources, leftOpen) } : taken;
}

type Aliases = Pick<ItemRecord, 'aliases' | 'refusedAliases'>;

function aliasesAfter(before: Aliases, values: readonly string[] | undefined, saying: Saying): Aliases {
  const { aliases, refusedAliases } = before;
  if (values === undefined) return { aliases, refusedAliases };
  const isPerson = saying.source === 'person';
  const refused = new Set(isPerson ? [] : refusedAliases);
  const told = values.filter((value) => !refused.has(comparableOf(value)));
  const wanted = new Set(told.map(comparableOf));
  const mayGo = (source: CiAlias['source']): boolean => isPerson || source === 'import';
  const kept = aliases.filter(({ value, source }) => !mayGo(source) || wanted.has(comparableOf(value)));
  const after = withAliases(kept, told, originOf(saying), saying.newId);
  const isSame = after.length === aliases.length && after.every(({ id }, index) => id === aliases[index]?.id);
  if (isSame) return { aliases, refusedAliases };
  return { aliases: after, refusedAliases: isPerson ? refusedAfter(before, after) : refusedAliases };
}

/** So many are remembered, the latest ones. */
const MAX_REFUSED = 2 * MAX_ALIASES;

/** What a person takes off, imports leave off from then on, until somebody gives it to the item again. */
function refusedAfter({ aliases, refusedAliases }: Aliases, after: readonly CiAlias[]): string[] | null {
  const there = new Set(after.map(({ value }) => comparableOf(value)));
  const known = new Set([...(refusedAliases ?? []), ...aliases.map(({ value }) => comparableOf(value))]);
  const refused = [...known].filter((key) => !there.has(key));
  return refused.length === 0 ? null : refused.slice(-MAX_REFUSED);
}

/** Of an alias that is entered or imported. */
export function originOf({ source, by, now }: Saying): AliasOrigin {
  return { source, taskId: null, createdBy: by, createdAt: now.toISOString() };
}

/** An import has seen the resource; a person who enters something has not. */
function seenBy(
  before: Pick<ItemRecord, 'firstSeenAt' | 'lastSeenAt'> | null,
  { source, now }: Saying,
): Pick<ItemRecord, 'firstSeenAt' | 'lastSeenAt'> {
  const { firstSeenAt = null, lastSeenAt = null } = before ?? {};
  return source === 'import' ? { firstSeenAt: firstSeenAt ?? now, lastSeenAt: now } : { firstSeenAt, lastSeenAt };
}

/** What an item's name compares by. Columns hold 255 characters, and a few letters are longer in lower case. */
export function nameKeyOf(name: string): string {
  return name.toLowerCase().slice(0, 255);
}
