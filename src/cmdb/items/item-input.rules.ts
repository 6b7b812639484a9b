import type { FieldError } from '../../common/errors';
import { type ArmId, parseArmId } from '../identity/arm-id.rules';
import { classOf } from '../identity/ci-class.rules';
import { comparableOf } from '../identity/ci-keys.rules';
import { MAX_ALIASES } from './alias.rules';
import type { CiStatus, ItemField, ItemFields } from './item-fields.rules';

/** What somebody says of an item. A field that is absent is not spoken of; null empties it, or gives it what follows from the ARM id. */
export interface ItemInput {
  name?: string | null;
  className?: string | null;
  resourceId?: string | null;
  resourceType?: string | null;
  subscriptionId?: string | null;
  resourceGroup?: string | null;
  location?: string | null;
  environment?: string | null;
  criticality?: number | null;
  owner?: string | null;
  supportGroup?: string | null;
  status?: CiStatus | null;
  tags?: Record<string, string> | null;
  aliases?: readonly string[] | null;
}

/** The same, read and in the form that is kept. */
export interface ReadItem {
  kind: 'item';
  /** The item's ARM id; null where it has none. */
  armId: ArmId | null;
  said: Partial<ItemFields>;
  /** Those of them that null or a blank is given for: a person leaves them to whoever has something to say. */
  leftOpen?: readonly ItemField[];
  /** Distinct; undefined = not spoken of. */
  aliases: string[] | undefined;
}

export type ReadResult = ReadItem | { kind: 'faults'; faults: FieldError[] };

/**
 * How many code points the columns hold. Checked at last, when all is in the form that is kept: U+0130 grows in lower case,
 * and a length that was checked before may not have counted variation selectors.
 */
const COLUMNS = [
  ['name', 255],
  ['className', 100],
  ['resourceType', 255],
  ['subscriptionId', 255],
  ['resourceGroup', 255],
  ['location', 100],
  ['environment', 100],
  ['owner', 255],
  ['supportGroup', 255],
] as const;

/**
 * Reads what somebody says of an item. Type, subscription and resource group follow from the ARM id, where there is one, and win
 * over what is said beside it. `own` is the ARM id that the item has already, `ownType` the type of one that has none.
 */
export function readItem(input: ItemInput, own: ArmId | null = null, ownType: string | null = null): ReadResult {
  const resourceId = trimmed(input.resourceId);
  const given = typeof resourceId === 'string' ? parseArmId(resourceId) : null;
  if (typeof resourceId === 'string' && given === null) {
    return fault('resourceId', 'must be an ARM id: /subscriptions/…');
  }
  const armId = given ?? own;
  const said = withoutUndefined(saidOf(input, armId, ownType));
  const tooLong = COLUMNS.find(([field, length]) => Array.from(said[field] ?? '').length > length);
  if (tooLong) return fault(tooLong[0], `must have ${tooLong[1]} characters at most`);
  const aliases = input.aliases === undefined ? undefined : distinctAliases(input.aliases ?? []);
  if (aliases !== undefined && aliases.length > MAX_ALIASES) {
    return fault('aliases', `must be ${MAX_ALIASES} at most`);
  }
  const leftOpen = (Object.keys(said) as ItemField[]).filter((field) => isNothing(input[field]));
  return { kind: 'item', armId, said, leftOpen, aliases };
}

/** What an item is before anybody has said anything of it; its name is empty if it has no ARM id. */
export function fieldsOf(armId: ArmId | null): ItemFields {
  const resourceType = armId?.resourceType.slice(0, 255) ?? null;
  return {
    name: armId?.name ?? '',
    className: classOf(resourceType),
    resourceType,
    subscriptionId: armId?.subscriptionId ?? null,
    resourceGroup: armId?.resourceGroup ?? null,
    location: null,
    environment: null,
    criticality: null,
    owner: null,
    supportGroup: null,
    status: 'operational',
    tags: {},
  };
}

type Said = { [Field in keyof ItemFields]: ItemFields[Field] | undefined };

function saidOf(input: ItemInput, armId: ArmId | null, ownType: string | null): Said {
  const base = fieldsOf(armId);
  const resourceType = armId ? undefined : lowered(input.resourceType);
  const type = armId ? base.resourceType : resourceType === undefined ? ownType : resourceType;
  const className = trimmed(input.className);
  return {
    name: trimmed(input.name) ?? (input.name === undefined ? undefined : base.name),
    className: className ?? (input.className === undefined ? undefined : classOf(type)),
    resourceType,
    subscriptionId: armId ? undefined : lowered(input.subscriptionId),
    resourceGroup: armId ? undefined : trimmed(input.resourceGroup),
    location: trimmed(input.location),
    environment: trimmed(input.environment),
    criticality: input.criticality,
    owner: trimmed(input.owner),
    supportGroup: trimmed(input.supportGroup),
    status: input.status === null ? base.status : input.status,
    tags: input.tags === undefined ? undefined : { ...input.tags },
  };
}

function fault(path: string, message: string): ReadResult {
  return { kind: 'faults', faults: [{ path, message }] };
}

function isNothing(value: ItemInput[ItemField]): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '');
}

/** Undefined stays so; blank is nothing. */
function trimmed(text: string | null | undefined): string | null | undefined {
  return text === undefined ? undefined : text?.trim() || null;
}

function lowered(text: string | null | undefined): string | null | undefined {
  return trimmed(text)?.toLowerCase() ?? trimmed(text);
}

/** The first spelling of each stays. */
function distinctAliases(aliases: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const alias of aliases) {
    const key = comparableOf(alias);
    if (key !== '' && !byKey.has(key)) byKey.set(key, alias.trim());
  }
  return [...byKey.values()];
}

function withoutUndefined<T extends object>(values: { [Key in keyof T]: T[Key] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
