import type { DataSource, EntityManager } from 'typeorm';
import { parseArmId } from '../../src/cmdb/identity/arm-id.rules';
import type { CiReference } from '../../src/cmdb/binding/ci-reference';
import { classOf } from '../../src/cmdb/identity/ci-class.rules';
import { withAliases } from '../../src/cmdb/items/alias.rules';
import { armKeyHash, keysOf } from '../../src/cmdb/identity/ci-keys.rules';
import { CmdbService } from '../../src/cmdb/cmdb.service';
import { newId } from '../../src/common/ids';
import { insertRows, type SqlValue } from '../../src/common/sql';
import type { TestApp } from '../support/test-app';

export const NOW = new Date('2026-03-01T10:00:00.000Z');

/** What a test wants to say about an item; an ARM id tells the rest. */
export interface ItemSpec {
  id?: string;
  name?: string;
  resourceId?: string;
  className?: string;
  subscriptionId?: string;
  resourceGroup?: string;
  aliases?: string[];
  criticality?: number;
  status?: string;
  tags?: Record<string, string>;
}

/** `/subscriptions/s1/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}`. */
export function vmId(name: string, group = 'rg', subscription = 's1'): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;
}

export function workspaceId(name = 'law', group = 'mon', subscription = 's1'): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.OperationalInsights/workspaces/${name}`;
}

export function anItem(value: string, index = 0): CiReference {
  return { value, source: `data.essentials.configurationItems[${index}]`, role: 'item' };
}

export function aTarget(value: string, index = 0): CiReference {
  return { value, source: `data.essentials.alertTargetIDs[${index}]`, role: 'target' };
}

/** A service whose clock stands still. */
export function aCmdbService(dataSource: DataSource): CmdbService {
  return new CmdbService(dataSource, { now: () => NOW });
}

/** Puts items into the CMDB as a person would have, with all their keys; answers their ids in order. */
export async function putItems(tx: EntityManager, specs: readonly ItemSpec[]): Promise<string[]> {
  const items = specs.map(itemOf);
  await insertRows(
    tx,
    'configuration_items',
    ITEM_COLUMNS,
    items.map((item) => item.row),
  );
  await insertRows(
    tx,
    'ci_keys',
    ['keyHash', 'ciId', 'kind'],
    items.flatMap((item) => item.keys.map((key) => [key.hash, item.id, key.kind])),
  );
  return items.map((item) => item.id);
}

const ITEM_COLUMNS = [
  'id',
  'name',
  'nameKey',
  'searchText',
  'className',
  'resourceId',
  'canonicalKeyHash',
  'resourceType',
  'subscriptionId',
  'resourceGroup',
  'criticality',
  'status',
  'stub',
  'tags',
  'aliases',
  'version',
  'createdAt',
  'updatedAt',
];

function itemOf(spec: ItemSpec): { id: string; row: SqlValue[]; keys: ReturnType<typeof keysOf> } {
  const armId = spec.resourceId === undefined ? null : parseArmId(spec.resourceId);
  const id = spec.id ?? newId();
  const name = spec.name ?? armId?.name ?? 'unnamed';
  const subscriptionId = armId?.subscriptionId ?? spec.subscriptionId ?? null;
  const resourceGroup = armId?.resourceGroup ?? spec.resourceGroup ?? null;
  const origin = { source: 'person', taskId: null, createdBy: null, createdAt: '2026-01-01T00:00:00.000Z' } as const;
  const aliases = withAliases([], spec.aliases ?? [], origin, newId);
  const time = '2026-01-01 00:00:00.000';
  const identity = [
    id,
    name,
    name.toLowerCase(),
    [name, armId?.path ?? '', ...(spec.aliases ?? [])].join('\n').toLowerCase(),
    spec.className ?? classOf(armId?.resourceType ?? null),
    armId?.path ?? null,
    armId === null ? null : armKeyHash(armId.key),
    armId?.resourceType ?? null,
    subscriptionId,
    resourceGroup,
  ];
  const rest = [spec.criticality ?? null, spec.status ?? 'operational', 0, JSON.stringify(spec.tags ?? {})];
  return {
    id,
    row: [...identity, ...rest, JSON.stringify(aliases), 1, time, time],
    keys: keysOf({ name, aliases, subscriptionId, resourceGroup }),
  };
}

/** The id of an item that an operator has put into the CMDB through the API. */
export async function createItem(app: TestApp, item: object): Promise<string> {
  const { status, body } = await app.call('POST', '/api/v1/configuration-items', {
    as: app.token('Operator'),
    body: item,
  });
  expect(status).toBe(201);
  return body.id as string;
}
