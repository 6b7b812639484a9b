import type { EntityManager } from 'typeorm';
import { placeholders } from '../../common/sql';
import type { SaidImpact } from '../binding/bound-ci';
import { isScopeCi } from '../identity/ci-class.rules';
import { slicesOf } from '../../common/slices';
import {
  beginWalk,
  DEFAULT_DEPTH,
  groupKeyOf,
  type ImpactEdge,
  type ImpactGraph,
  type ImpactNode,
  stepWalk,
  type Walk,
  worstHit,
} from './impact-walk.rules';
import { RELATION_KINDS, RELATION_TYPES, type RelationType } from './relation-types.rules';
import { asksFurther, type ImpactSource, saidImpact } from './said-impact.rules';

/** Items that one statement names. */
const SLICE = 2_000;

const TO_SOURCE = typesWhere(({ impact }) => impact === 'to_source');
const TO_TARGET = typesWhere(({ impact }) => impact === 'to_target');
const REDUNDANT = typesWhere(({ redundant }) => redundant);

/** SQL that is true of an item `c` whose failure may hit another one; index entries are all that it reads. */
export const HAS_DEPENDENTS =
  `CASE WHEN EXISTS (SELECT 1 FROM ci_relations r WHERE r.targetId = c.id AND r.type IN (${TO_SOURCE})) ` +
  `OR EXISTS (SELECT 1 FROM ci_relations r WHERE r.sourceId = c.id AND r.type IN (${TO_TARGET}) AND r.targetId IS NOT NULL) ` +
  'THEN 1 ELSE 0 END';

/** Walks that share what has been loaded. */
export interface Walked {
  walks: readonly Walk[];
  graph: ImpactGraph;
}

/** What each set of items says about its impact; all are followed together, and not at all where nothing can hang on them. */
export async function saidImpacts(
  manager: EntityManager,
  sets: readonly (readonly ImpactSource[])[],
): Promise<SaidImpact[]> {
  const asking = sets.filter(asksFurther);
  const startIds = asking.map((items) => items.map(({ ciId }) => ciId));
  const { walks, graph } = await walkImpact(manager, startIds, { depth: DEFAULT_DEPTH, isEnough: hasHitTheWorst });
  const walkOf = new Map(asking.map((items, index) => [items, walks[index]]));
  return sets.map((items) => {
    const walk = walkOf.get(items);
    return saidImpact(items, walk === undefined ? null : worstHit(walk, graph));
  });
}

/** Nothing that comes later is worse, or nearer. */
function hasHitTheWorst(walk: Walk, graph: ImpactGraph): boolean {
  return walk.frontier.some((id) => graph.nodes.get(id)?.criticality === 1);
}

/**
 * Finds out who is hit if items fail, a walk for each set of them. Each relation further is one statement for all walks together,
 * and one more where something has redundant parts.
 */
export async function walkImpact(
  manager: EntityManager,
  startIds: readonly (readonly string[])[],
  { depth, isEnough = () => false }: { depth: number; isEnough?: (walk: Walk, graph: ImpactGraph) => boolean },
): Promise<Walked> {
  const graph: ImpactGraph = { nodes: new Map(), edges: new Map(), members: new Map() };
  await loadNodes(manager, graph, [...new Set(startIds.flat())]);
  const walks = startIds.map((ids) => beginWalk(ids, graph));
  for (let step = 0; step < depth; step += 1) {
    const under = walks.filter((walk) => walk.frontier.length > 0 && !isEnough(walk, graph));
    if (under.length === 0) break;
    await loadEdges(manager, graph, [...new Set(under.flatMap(({ frontier }) => frontier))]);
    for (const walk of under) stepWalk(walk, graph);
  }
  return { walks, graph };
}

type NodeRow = Omit<ImpactNode, 'isRetired'>;

async function loadNodes(manager: EntityManager, { nodes }: ImpactGraph, ids: readonly string[]): Promise<void> {
  for (const slice of slicesOf(ids, SLICE)) {
    const rows = await manager.query<(NodeRow & { status: string })[]>(
      `SELECT c.id, ${NODE_COLUMNS}, c.status FROM configuration_items c WHERE c.id IN (${placeholders(slice.length)})`,
      slice,
    );
    for (const { status, ...row } of rows) nodes.set(row.id, { ...row, isRetired: status === 'retired' });
  }
}

const NODE_COLUMNS = 'c.name, c.className, c.resourceType, c.criticality';

type EdgeRow = ImpactEdge & Omit<NodeRow, 'id'>;

/** What has retired is left out at once. */
async function loadEdges(manager: EntityManager, graph: ImpactGraph, frontier: readonly string[]): Promise<void> {
  const fromIds = frontier.filter((id) => !graph.edges.has(id));
  for (const id of fromIds) graph.edges.set(id, []);
  for (const slice of slicesOf(fromIds, SLICE)) {
    const rows = await manager.query<EdgeRow[]>(...edgesFrom(slice, graph));
    const edges = rows.map(({ fromId, toId, type, redundancyGroup, ...node }): ImpactEdge => {
      if (!graph.nodes.has(toId)) graph.nodes.set(toId, { id: toId, ...node, isRetired: false });
      return { fromId, toId, type, redundancyGroup };
    });
    for (const edge of edges) (graph.edges.get(edge.fromId) as ImpactEdge[]).push(edge);
    await loadMembers(manager, graph, edges);
  }
}

/** Of a scope's own relations nothing is read: it may contain thousands that do not stand on it. */
function edgesFrom(ids: readonly string[], { nodes }: ImpactGraph): [sql: string, parameters: string[]] {
  const owners = ids.filter((id) => {
    const node = nodes.get(id);
    return node !== undefined && !isScopeCi(node);
  });
  const toSource =
    `SELECT r.targetId AS fromId, r.sourceId AS toId, r.type, r.redundancyGroup, ${NODE_COLUMNS} ` +
    `FROM ci_relations r JOIN configuration_items c ON c.id = r.sourceId ` +
    `WHERE r.targetId IN (${placeholders(ids.length)}) AND r.type IN (${TO_SOURCE}) AND c.status <> 'retired'`;
  if (owners.length === 0) return [toSource, [...ids]];
  const toTarget =
    `SELECT r.sourceId, r.targetId, r.type, r.redundancyGroup, ${NODE_COLUMNS} ` +
    `FROM ci_relations r JOIN configuration_items c ON c.id = r.targetId ` +
    `WHERE r.sourceId IN (${placeholders(owners.length)}) AND r.type IN (${TO_TARGET}) AND c.status <> 'retired'`;
  return [`${toSource} UNION ALL ${toTarget}`, [...ids, ...owners]];
}

interface MemberRow {
  toId: string;
  type: RelationType;
  redundancyGroup: string | null;
  members: number | string;
}

/** How many stand in for each other, where that is not known yet. A member that the CMDB lacks counts, and is never hit. */
async function loadMembers(
  manager: EntityManager,
  { members }: ImpactGraph,
  edges: readonly ImpactEdge[],
): Promise<void> {
  const unknown = edges.filter((edge) => {
    const group = groupKeyOf(edge);
    return group !== null && !members.has(group);
  });
  const pools = idsOf(unknown.filter(({ type }) => RELATION_KINDS[type].redundant));
  const users = idsOf(unknown.filter(({ type }) => !RELATION_KINDS[type].redundant));
  const selects = [
    ...(pools.length === 0 ? [] : [membersOfPools(pools.length)]),
    ...(users.length === 0 ? [] : [membersOfGroups(users.length)]),
  ];
  if (selects.length === 0) return;
  const rows = await manager.query<MemberRow[]>(selects.join(' UNION ALL '), [...pools, ...users]);
  for (const { members: count, ...edge } of rows) {
    const group = groupKeyOf(edge);
    if (group !== null) members.set(group, Number(count));
  }
}

function membersOfPools(count: number): string {
  return (
    `SELECT r.targetId AS toId, r.type, NULL AS redundancyGroup, COUNT(DISTINCT r.sourceId) AS members ` +
    `FROM ci_relations r JOIN configuration_items c ON c.id = r.sourceId ` +
    `WHERE r.targetId IN (${placeholders(count)}) AND r.type IN (${REDUNDANT}) AND c.status <> 'retired' ` +
    'GROUP BY r.targetId, r.type'
  );
}

function membersOfGroups(count: number): string {
  return (
    `SELECT r.sourceId AS toId, MIN(r.type) AS type, r.redundancyGroup, COUNT(DISTINCT COALESCE(r.targetId, r.targetKeyHash)) AS members ` +
    `FROM ci_relations r LEFT JOIN configuration_items c ON c.id = r.targetId ` +
    `WHERE r.sourceId IN (${placeholders(count)}) AND r.type IN (${TO_SOURCE}) AND r.redundancyGroup IS NOT NULL ` +
    `AND (c.id IS NULL OR c.status <> 'retired') GROUP BY r.sourceId, r.redundancyGroup`
  );
}

function idsOf(edges: readonly ImpactEdge[]): string[] {
  return [...new Set(edges.map(({ toId }) => toId))];
}

/** Names of our own, quoted for SQL. */
function typesWhere(isOne: (kind: (typeof RELATION_KINDS)[RelationType]) => boolean): string {
  return RELATION_TYPES.filter((type) => isOne(RELATION_KINDS[type]))
    .map((type) => `'${type}'`)
    .join(', ');
}
