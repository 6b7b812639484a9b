import type { FieldError } from '../../common/errors';
import { parseArmId } from '../identity/arm-id.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import { MAX_ALIASES } from '../items/alias.rules';
import { CI_STATUSES } from '../items/item-fields.rules';
import { type ItemInput, readItem } from '../items/item-input.rules';
import { isTags, MAX_TAG_LENGTH, MAX_TAGS } from '../items/tags.rules';
import { mayStandIn, RELATION_TYPES, type RelationType } from '../relations/relation-types.rules';
import type { RelationClaim, RelationClaims, RowReading } from './import-row';

const TEXTS = [
  ...['name', 'className', 'resourceId', 'resourceType', 'subscriptionId', 'resourceGroup', 'location', 'environment'],
  ...['owner', 'supportGroup'],
] as const;

const MAX_ALIAS_LENGTH = 2_048;
const MAX_RELATIONS = 2_000;
const MAX_GROUP_LENGTH = 100;

type Fields = Readonly<Record<string, unknown>>;

/** Reads a record of our own form: an item as the API shows it, its relations, and the ARM id that it had before. */
export function readOwnRow(fields: Fields): RowReading {
  const relations = relationsOf(fields.relations);
  const previous = previousOf(fields.previousResourceId);
  const faults = [...faultsOf(fields), ...relations.faults, ...previous.faults];
  if (faults.length > 0) return { kind: 'faults', faults };
  const read = readItem(inputOf(fields));
  if (read.kind === 'faults') return read;
  if (read.armId === null && !read.said.name) {
    return { kind: 'faults', faults: [{ path: 'name', message: 'is required where there is no resourceId' }] };
  }
  const row = { read, uniqueIdHash: null, previousKeyHash: previous.hash, claims: relations.claims };
  return { kind: 'row', row };
}

function inputOf(fields: Fields): ItemInput {
  const known = [...TEXTS, 'criticality', 'status', 'tags', 'aliases'].filter((field) => fields[field] !== undefined);
  return Object.fromEntries(known.map((field) => [field, fields[field]]));
}

function faultsOf(fields: Fields): FieldError[] {
  const texts = TEXTS.filter((field) => !isAbsent(fields[field]) && typeof fields[field] !== 'string');
  return [
    ...texts.map((path) => ({ path, message: 'must be a text' })),
    ...fault(isAbsent(fields.criticality) || isCriticality(fields.criticality), 'criticality', 'must be 1, 2 or 3'),
    ...fault(isAbsent(fields.status) || isStatus(fields.status), 'status', `must be one of ${CI_STATUSES.join(', ')}`),
    ...fault(isAbsent(fields.tags) || isTags(fields.tags), 'tags', TAGS),
    ...fault(isAbsent(fields.aliases) || isAliases(fields.aliases), 'aliases', ALIASES),
  ];
}

const TAGS = `must be an object of at most ${MAX_TAGS} texts of at most ${MAX_TAG_LENGTH} characters`;
const ALIASES = `must be a list of at most ${MAX_ALIASES} texts of at most ${MAX_ALIAS_LENGTH} characters`;

function fault(isGood: boolean, path: string, message: string): FieldError[] {
  return isGood ? [] : [{ path, message }];
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isCriticality(value: unknown): boolean {
  return value === 1 || value === 2 || value === 3;
}

function isStatus(value: unknown): boolean {
  return CI_STATUSES.some((status) => status === value);
}

function isAliases(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MAX_ALIASES && value.every((text) => isText(text, MAX_ALIAS_LENGTH));
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}

function previousOf(value: unknown): { hash: string | null; faults: FieldError[] } {
  if (isAbsent(value) || value === '') return { hash: null, faults: [] };
  const id = typeof value === 'string' ? parseArmId(value) : null;
  if (id !== null) return { hash: armKeyHash(id.key), faults: [] };
  return { hash: null, faults: [{ path: 'previousResourceId', message: 'must be an ARM id: /subscriptions/…' }] };
}

/** An empty list says that there are none. */
function relationsOf(value: unknown): { claims: RelationClaims; faults: FieldError[] } {
  if (isAbsent(value)) return { claims: { speaksOf: 'nothing', relations: [] }, faults: [] };
  if (!Array.isArray(value) || value.length > MAX_RELATIONS) {
    const faults = [{ path: 'relations', message: `must be a list of at most ${MAX_RELATIONS}` }];
    return { claims: { speaksOf: 'nothing', relations: [] }, faults };
  }
  const read = value.map((relation: unknown, index) => relationOf(relation, `relations.${index}`));
  const relations = read.flatMap((each) => each.claim ?? []);
  return { claims: { speaksOf: 'all', relations }, faults: read.flatMap(({ faults }) => faults) };
}

function relationOf(value: unknown, path: string): { claim: RelationClaim | null; faults: FieldError[] } {
  const { type, targetResourceId, redundancyGroup } = (value ?? {}) as Fields;
  const target = typeof targetResourceId === 'string' ? parseArmId(targetResourceId) : null;
  const group = groupOf(redundancyGroup);
  const faults = [
    ...fault(isRelationType(type), `${path}.type`, `must be one of ${RELATION_TYPES.join(', ')}`),
    ...fault(target !== null, `${path}.targetResourceId`, 'must be an ARM id: /subscriptions/…'),
    ...fault(
      isAbsent(group) || isText(group, MAX_GROUP_LENGTH),
      `${path}.redundancyGroup`,
      `must be a text of at most ${MAX_GROUP_LENGTH} characters`,
    ),
    ...fault(
      isAbsent(group) || !isRelationType(type) || mayStandIn(type),
      `${path}.redundancyGroup`,
      'goes with depends_on and runs_on only',
    ),
  ];
  if (faults.length > 0 || target === null || !isRelationType(type)) return { claim: null, faults };
  return { claim: { type, target, redundancyGroup: (group as string | null | undefined) ?? null }, faults };
}

/** A blank names no group: all targets that have one would stand in for each other. */
function groupOf(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() || null : value;
}

function isRelationType(value: unknown): value is RelationType {
  return RELATION_TYPES.some((type) => type === value);
}
