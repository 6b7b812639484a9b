/** What an item is told by, in a file of our own form. */
const OWN_FIELDS = [
  ...['name', 'className', 'resourceId', 'resourceType', 'subscriptionId', 'resourceGroup', 'location', 'environment'],
  ...['criticality', 'owner', 'supportGroup', 'status', 'tags', 'aliases', 'relations', 'previousResourceId'],
] as const;

/** Further columns of Azure Resource Graph that are read, or known and of no use here. */
const RESOURCE_GRAPH_FIELDS = [
  ...['id', 'type', 'properties', 'kind', 'sku', 'plan', 'zones', 'identity', 'managedBy', 'tenantId', 'apiVersion'],
  ...['extendedLocation', 'managementGroup', 'createdTime', 'changedTime', 'provisioningState', 'systemData'],
  ...['resourceTypeDisplayName', 'subscriptionDisplayName'],
] as const;

/** What our own lists of items have besides: it follows from the item's history, and no file can set it. */
const ANSWERED_FIELDS = [
  ...['id', 'stub', 'fieldSources', 'firstSeenAt', 'lastSeenAt', 'mergedIntoId', 'version', 'createdAt', 'updatedAt'],
] as const;

const BY_COLUMN: ReadonlyMap<string, string> = new Map(
  [...OWN_FIELDS, ...RESOURCE_GRAPH_FIELDS].map((field) => [columnKey(field), field]),
);

const KNOWN: ReadonlySet<string> = new Set([...OWN_FIELDS, ...RESOURCE_GRAPH_FIELDS, ...ANSWERED_FIELDS]);

/** Columns whose cells hold JSON. */
export const JSON_FIELDS: ReadonlySet<string> = new Set([
  ...['tags', 'relations', 'properties', 'sku', 'plan', 'zones', 'identity', 'extendedLocation', 'systemData'],
]);

/** A tag has a column of its own. */
export const TAG_COLUMN = 'tag:';

/** The field that a column of a CSV file holds: `Resource group`, `RESOURCE_GROUP` and `resourceGroup` are one. Of an unknown column, its own name. */
export function fieldOfColumn(column: string): string {
  const name = column.trim();
  if (name.toLowerCase().startsWith(TAG_COLUMN)) return TAG_COLUMN + name.slice(TAG_COLUMN.length).trim();
  return BY_COLUMN.get(columnKey(name)) ?? name;
}

/** Members of a record that nothing is read from. */
export function unknownFields(record: object): string[] {
  return Object.keys(record).filter((field) => !KNOWN.has(field) && !field.startsWith(TAG_COLUMN));
}

function columnKey(column: string): string {
  return column.toLowerCase().replace(/[\s_-]/g, '');
}
