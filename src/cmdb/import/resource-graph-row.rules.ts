import { parseArmId } from '../identity/arm-id.rules';
import { readItem } from '../items/item-input.rules';
import { MAX_TAG_LENGTH, MAX_TAGS } from '../items/tags.rules';
import { relationsOf } from './azure-relations.rules';
import { fieldsOfTags } from './azure-tags.rules';
import { uniqueIdHashOf } from './azure-unique-ids.rules';
import type { RowReading } from './import-row';

type Fields = Readonly<Record<string, unknown>>;

/** Whether a record is a row of Azure Resource Graph: the ARM id is called `id` there. */
export function isResourceGraphRow(fields: Fields): boolean {
  return typeof fields.id === 'string' && fields.id.startsWith('/') && fields.resourceId === undefined;
}

/**
 * Reads a row of Azure Resource Graph. Name, location and tags are as it says, environment, owner, criticality and support group
 * as well-known tags tell; relations and the unique id are in the properties, where the query asked for them.
 * Source: https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language
 */
export function readResourceGraphRow(fields: Fields): RowReading {
  const armId = parseArmId(fields.id as string);
  if (armId === null)
    return { kind: 'faults', faults: [{ path: 'id', message: 'must be an ARM id: /subscriptions/…' }] };
  const tags = tagsOf(fields.tags);
  const name = nameOf(fields.name);
  const location = typeof fields.location === 'string' ? fields.location : undefined;
  const read = readItem({
    resourceId: fields.id as string,
    ...(name !== undefined && { name }),
    ...(location !== undefined && { location }),
    ...(tags !== undefined && { tags, ...fieldsOfTags(tags) }),
  });
  if (read.kind === 'faults') return read;
  const { properties } = fields;
  const hasProperties = typeof properties === 'object' && properties !== null;
  const row = {
    read,
    uniqueIdHash: hasProperties ? uniqueIdHashOf(armId.resourceType, properties) : null,
    previousKeyHash: null,
    claims: {
      speaksOf: hasProperties ? ('derived' as const) : ('nothing' as const),
      relations: hasProperties ? relationsOf(armId, properties) : [],
    },
  };
  return { kind: 'row', row };
}

/** `server/database` names a child by its path; what its ARM id says is its own name. */
function nameOf(name: unknown): string | undefined {
  return typeof name === 'string' && name.trim() !== '' && !name.includes('/') ? name : undefined;
}

/** A column of null says that there are none; what is no text is written as one. */
function tagsOf(tags: unknown): Record<string, string> | undefined {
  if (tags === null || tags === '') return {};
  if (typeof tags !== 'object' || Array.isArray(tags)) return undefined;
  const entries = Object.entries(tags).slice(0, MAX_TAGS) as [string, unknown][];
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(0, MAX_TAG_LENGTH), textOf(value)]));
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
  return text.slice(0, MAX_TAG_LENGTH).toWellFormed();
}
