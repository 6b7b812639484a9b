import { newId } from '../../src/common/ids';
import { relationKeyOf } from '../../src/cmdb/relations/relation-key.rules';
import { RELATION_TYPES, type RelationType } from '../../src/cmdb/relations/relation-types.rules';
import type { PlainSql, Value } from '../plain-sql';

export const ESTATES = ['layered', 'random'] as const;
export type Estate = (typeof ESTATES)[number];

interface Relation {
  source: number;
  type: RelationType;
  target: number;
  group: string | null;
}

/** Rows a statement. */
const CHUNK = 2_000;
const TIME = '2026-01-01 00:00:00.000';

/** Fills the CMDB with an estate of items and of five times as many relations; answers the items' ids. */
export async function fillEstate(sql: PlainSql, estate: Estate, items: number): Promise<string[]> {
  const random = randomOf(items);
  const ids = Array.from({ length: items }, () => newId());
  const relations = estate === 'layered' ? layered(items, random) : atRandom(items, random);
  await insert(
    sql,
    'configuration_items',
    ITEM_COLUMNS,
    ids.map((id, index) => itemRow(id, index, random)),
  );
  await insert(
    sql,
    'ci_relations',
    RELATION_COLUMNS,
    relations.map((relation) => relationRow(relation, ids)),
  );
  await sql.query('ANALYZE TABLE configuration_items, ci_relations');
  return ids;
}

/**
 * Hosts, machines, pools, applications and services: each layer stands on the one below, redundantly in part, and a few things
 * are needed by very many.
 */
function layered(items: number, random: () => number): Relation[] {
  const ends = [0.02, 0.5, 0.6, 0.9, 1].map((share) => Math.round(share * items));
  const layerOf = (item: number): number => ends.findIndex((end) => item < end);
  const within = (layer: number): number => {
    const start = ends[layer - 1] ?? 0;
    // The first of a layer are needed most.
    return start + Math.floor(random() ** 2 * ((ends[layer] ?? items) - start));
  };
  return distinct(items, () => {
    const source = Math.floor(random() * items);
    const layer = layerOf(source);
    if (layer === 0 || random() < 0.2) return { source, type: 'connects_to', target: within(layer), group: null };
    if (layer === 1 && random() < 0.2) return { source, type: 'member_of', target: within(2), group: null };
    const group = random() < 0.3 ? `group-${Math.floor(random() * 2)}` : null;
    return { source, type: layer === 1 ? 'runs_on' : 'depends_on', target: within(layer - 1), group };
  });
}

/** Any item relates to any other, in any way. */
function atRandom(items: number, random: () => number): Relation[] {
  return distinct(items, () => {
    const type = RELATION_TYPES[Math.floor(random() * RELATION_TYPES.length)] as RelationType;
    const [source, target] = [Math.floor(random() * items), Math.floor(random() * items)];
    const isGrouped = (type === 'depends_on' || type === 'runs_on') && random() < 0.1;
    return { source, type, target, group: isGrouped ? 'group' : null };
  });
}

function distinct(items: number, make: () => Relation): Relation[] {
  const relations = new Map<string, Relation>();
  while (relations.size < 5 * items) {
    const relation = make();
    const { source, type, target } = relation;
    if (source !== target) relations.set(`${source} ${type} ${target}`, relation);
  }
  return [...relations.values()];
}

const ITEM_COLUMNS = [
  ...['id', 'name', 'nameKey', 'className', 'resourceId', 'canonicalKeyHash', 'resourceType', 'subscriptionId'],
  ...['criticality', 'status', 'stub', 'tags', 'aliases', 'version', 'createdAt', 'updatedAt'],
];

function itemRow(id: string, index: number, random: () => number): Value[] {
  const name = `item-${index}`;
  const resourceId = `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${name}`;
  const criticality = random() < 0.7 ? null : 1 + Math.floor(random() * 3);
  const identity = [id, name, name, 'cmdb_ci_vm_instance', resourceId, null, 'microsoft.compute/virtualmachines', 's'];
  return [...identity, criticality, 'operational', 0, '{}', '[]', 1, TIME, TIME];
}

const RELATION_COLUMNS = [
  ...['id', 'relationKey', 'sourceId', 'type', 'targetId', 'redundancyGroup', 'setBy', 'createdAt'],
];

function relationRow({ source, type, target, group }: Relation, ids: readonly string[]): Value[] {
  const [sourceId, targetId] = [ids[source] as string, ids[target] as string];
  const key = relationKeyOf({ sourceId, type, targetId, targetKeyHash: null });
  return [newId(), key, sourceId, type, targetId, group, 'import', TIME];
}

async function insert(sql: PlainSql, table: string, columns: string[], rows: Value[][]): Promise<void> {
  for (let start = 0; start < rows.length; start += CHUNK) {
    await sql.insert([{ table, columns, rows: rows.slice(start, start + CHUNK) }]);
  }
}

/** The same numbers in every run. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
