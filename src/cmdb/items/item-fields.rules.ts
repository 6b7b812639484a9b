/** Whether an item is in use. A retired one is kept for its history and is bound to nothing new. */
export const CI_STATUSES = ['operational', 'maintenance', 'retired'] as const;
export type CiStatus = (typeof CI_STATUSES)[number];

/** Who says what a field holds: a person, an import, or the alert that made a stub of it. */
export type FieldSource = 'person' | 'import' | 'stub';

/** What of an item is said by somebody; all else follows from its ARM id. */
export interface ItemFields {
  name: string;
  className: string;
  resourceType: string | null;
  subscriptionId: string | null;
  resourceGroup: string | null;
  location: string | null;
  environment: string | null;
  /** 1 is the most critical, 3 the least; null = nobody said. */
  criticality: number | null;
  owner: string | null;
  supportGroup: string | null;
  status: CiStatus;
  tags: Record<string, string>;
}

export type ItemField = keyof ItemFields;

/** A field that nobody has said anything about has no source. */
export type FieldSources = Partial<Record<ItemField, FieldSource>>;

/** Whoever knows better has the higher rank. */
const RANK: Readonly<Record<FieldSource, number>> = { stub: 1, import: 2, person: 3 };

/** An item's fields, and who said so. */
export interface SourcedFields {
  fields: ItemFields;
  sources: FieldSources;
}

/**
 * Takes over what somebody says of an item, field by field, unless somebody who knows better has said something else: a
 * person is never overruled, and an import only by a person. A field that is not in `said` stays as it is; null empties it.
 * `changed` names the fields that hold something else than before.
 */
export function takeOver(
  before: SourcedFields,
  said: Partial<ItemFields>,
  source: FieldSource,
): SourcedFields & { changed: ItemField[] } {
  const taken = entriesOf(said).filter(([field]) => rankOf(before.sources[field]) <= RANK[source]);
  const changed = taken.filter(([field, value]) => !isSame(before.fields[field], value)).map(([field]) => field);
  return {
    fields: { ...before.fields, ...Object.fromEntries(taken) },
    sources: { ...before.sources, ...Object.fromEntries(taken.map(([field]) => [field, source])) },
    changed,
  };
}

/** Whoever comes next may say what these fields hold. */
export function leaveOpen(sources: FieldSources, fields: readonly ItemField[]): FieldSources {
  const isLeft = new Set<string>(fields);
  return Object.fromEntries(Object.entries(sources).filter(([field]) => !isLeft.has(field)));
}

function rankOf(source: FieldSource | undefined): number {
  return source === undefined ? 0 : RANK[source];
}

function entriesOf(said: Partial<ItemFields>): [ItemField, ItemFields[ItemField]][] {
  return (Object.entries(said) as [ItemField, ItemFields[ItemField] | undefined][]).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, value]],
  );
}

/** Tags compare by what they hold, in any order. */
function isSame(one: ItemFields[ItemField], other: ItemFields[ItemField]): boolean {
  return textOf(one) === textOf(other);
}

function textOf(value: ItemFields[ItemField]): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
