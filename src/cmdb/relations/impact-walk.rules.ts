import { compareText } from '../binding/binding-evidence.rules';
import { isScopeCi } from '../identity/ci-class.rules';
import { RELATION_KINDS, type RelationType } from './relation-types.rules';

/** How many relations far a failure is followed. */
export const DEFAULT_DEPTH = 5;
export const MAX_DEPTH = 10;
/** More than anybody reads; a walk that reaches more ends there. */
const MAX_HIT = 5_000;

/** What the walk knows of an item. */
export interface ImpactNode {
  id: string;
  name: string;
  className: string;
  resourceType: string | null;
  /** 1 is the most critical, 3 the least; null = nobody said. */
  criticality: number | null;
  isRetired: boolean;
}

/** A relation by which a failure of one item hits another. */
export interface ImpactEdge {
  fromId: string;
  toId: string;
  type: RelationType;
  redundancyGroup: string | null;
}

/** As much of the CMDB as has been loaded. */
export interface ImpactGraph {
  nodes: Map<string, ImpactNode>;
  /** By the item that fails; an item whose edges have been loaded has an entry. */
  edges: Map<string, readonly ImpactEdge[]>;
  /** How many live items stand in for each other, by {@link groupKeyOf}. */
  members: Map<string, number>;
}

/** A walk under way. */
export interface Walk {
  startIds: readonly string[];
  /** How far it has come. */
  depth: number;
  /** Starts and all that they hit. */
  reached: Map<string, Reached>;
  /** What was reached last, and is to be followed. */
  frontier: readonly string[];
  /** Of each group whose item has not been hit: the members that have been. */
  groups: Map<string, { edge: ImpactEdge; hitIds: Set<string> }>;
  isTruncated: boolean;
}

interface Reached {
  depth: number;
  /** Null of a start. */
  via: ImpactEdge | null;
}

/** One item on the way from a start; `relation` is how it relates to the one before, null of the start. */
export interface PathStep {
  id: string;
  name: string;
  relation: string | null;
}

/** An item that fails with the start. */
export interface HitItem extends Pick<ImpactNode, 'id' | 'name' | 'className' | 'criticality'> {
  depth: number;
  /** The shortest one; of several the one whose last step but one has the lowest id. */
  path: readonly PathStep[];
}

/** A hit item of which somebody said how critical it is. */
export interface ReachedItem extends HitItem {
  criticality: number;
}

/** An item that loses some of what stands in for each other, and not all: it goes on. */
export interface DegradedItem extends Pick<ImpactNode, 'id' | 'name' | 'className' | 'criticality'> {
  /** How it relates to the members. */
  relation: string;
  /** Null of what has members of its own, such as a pool. */
  redundancyGroup: string | null;
  hitMembers: number;
  members: number;
}

/** The edges of an item that fails by one relation of another item or of its own. */
export function edgeOf(
  relation: { sourceId: string; targetId: string } & Pick<ImpactEdge, 'type' | 'redundancyGroup'>,
): ImpactEdge | null {
  const { sourceId, targetId, type, redundancyGroup } = relation;
  const { impact } = RELATION_KINDS[type];
  if (impact === 'none') return null;
  return impact === 'to_source'
    ? { fromId: targetId, toId: sourceId, type, redundancyGroup }
    : { fromId: sourceId, toId: targetId, type, redundancyGroup };
}

/** What an edge's failing item is one of several of; null = it hits alone. */
export function groupKeyOf({ toId, type, redundancyGroup }: Omit<ImpactEdge, 'fromId'>): string | null {
  const { impact, redundant } = RELATION_KINDS[type];
  if (redundant) return `${toId} `;
  return impact === 'to_source' && redundancyGroup !== null ? `${toId} ${redundancyGroup}` : null;
}

/** A walk before its first step. What has retired passes nothing on; neither does what the CMDB lacks. */
export function beginWalk(startIds: readonly string[], { nodes }: ImpactGraph): Walk {
  const ids = [...new Set(startIds)];
  return {
    startIds: ids,
    depth: 0,
    reached: new Map(ids.map((id) => [id, { depth: 0, via: null }])),
    frontier: ids.filter((id) => nodes.get(id)?.isRetired === false),
    groups: new Map(),
    isTruncated: false,
  };
}

/**
 * Goes one relation further, in place. The edges of the frontier, the items that they lead to and the sizes of their groups
 * must be loaded. An item with several that stand in for each other is hit with the last of them.
 */
export function stepWalk(walk: Walk, graph: ImpactGraph, maxHit = MAX_HIT): void {
  const hits = hitsOf(walk, graph);
  const sorted = [...hits.values()].sort(
    (one, other) =>
      rankOf(graph.nodes.get(one.toId)) - rankOf(graph.nodes.get(other.toId)) || compareText(one.toId, other.toId),
  );
  const room = maxHit - (walk.reached.size - walk.startIds.length);
  const kept = sorted.slice(0, room);
  walk.depth += 1;
  walk.isTruncated = kept.length < sorted.length;
  for (const via of kept) walk.reached.set(via.toId, { depth: walk.depth, via });
  walk.frontier = walk.isTruncated ? [] : kept.map(({ toId }) => toId);
}

/** By the item that each of them hits. */
function hitsOf(walk: Walk, graph: ImpactGraph): Map<string, ImpactEdge> {
  const hits = new Map<string, ImpactEdge>();
  const touched = new Map<string, ImpactEdge>();
  for (const edge of walk.frontier.flatMap((id) => graph.edges.get(id) ?? [])) {
    if (walk.reached.has(edge.toId) || !passesOn(edge, graph)) continue;
    const group = groupKeyOf(edge);
    if (group === null) keepFirst(hits, edge.toId, edge);
    else {
      memberHit(walk, group, edge);
      keepFirst(touched, group, edge);
    }
  }
  for (const [group, edge] of touched) {
    if (hitMembers(walk, group) >= (graph.members.get(group) ?? Infinity)) keepFirst(hits, edge.toId, edge);
  }
  return hits;
}

/** What lies in a subscription or a resource group does not stand on it. */
function passesOn({ fromId, toId, type }: ImpactEdge, { nodes }: ImpactGraph): boolean {
  const from = nodes.get(fromId);
  const isOfScope = RELATION_KINDS[type].impact === 'to_target' && from !== undefined && isScopeCi(from);
  return !isOfScope && nodes.get(toId)?.isRetired === false;
}

function memberHit(walk: Walk, group: string, edge: ImpactEdge): void {
  const known = walk.groups.get(group);
  if (known === undefined) walk.groups.set(group, { edge, hitIds: new Set([edge.fromId]) });
  else known.hitIds.add(edge.fromId);
}

function hitMembers({ groups }: Walk, group: string): number {
  return groups.get(group)?.hitIds.size ?? 0;
}

/** Of several ways, the one from the lowest id. */
function keepFirst(edges: Map<string, ImpactEdge>, key: string, edge: ImpactEdge): void {
  const known = edges.get(key);
  const order = known && (compareText(edge.fromId, known.fromId) || compareText(edge.type, known.type));
  if (order === undefined || order < 0) edges.set(key, edge);
}

/** What a walk has hit: the most critical first, then the nearest, then by name and id. */
export function hitItems(walk: Walk, graph: ImpactGraph): HitItem[] {
  return hitNodes(walk, graph)
    .sort(compareHits)
    .map((hit) => shown(hit, walk, graph));
}

/** The most critical item that a walk has hit, in the same order; null where nobody said of any. */
export function worstHit(walk: Walk, graph: ImpactGraph): ReachedItem | null {
  let worst: Hit | null = null;
  for (const hit of hitNodes(walk, graph)) if (worst === null || compareHits(hit, worst) < 0) worst = hit;
  const criticality = worst?.node.criticality ?? null;
  return worst === null || criticality === null ? null : { ...shown(worst, walk, graph), criticality };
}

/** Items that a walk has hit in part. */
export function degradedItems({ groups, reached }: Walk, graph: ImpactGraph): DegradedItem[] {
  const items = [...groups].flatMap(([group, { edge, hitIds }]) => {
    const node = graph.nodes.get(edge.toId);
    if (node === undefined || reached.has(edge.toId)) return [];
    const { id, name, className, criticality } = node;
    const { redundant } = RELATION_KINDS[edge.type];
    const redundancyGroup = redundant ? null : edge.redundancyGroup;
    const members = graph.members.get(group) ?? hitIds.size;
    return [
      { id, name, className, criticality, relation: wordOf(edge), redundancyGroup, hitMembers: hitIds.size, members },
    ];
  });
  return items.sort(
    (one, other) =>
      rankOf(one) - rankOf(other) ||
      compareText(one.name, other.name) ||
      compareText(one.id, other.id) ||
      compareText(one.redundancyGroup ?? '', other.redundancyGroup ?? ''),
  );
}

interface Hit {
  node: ImpactNode;
  depth: number;
}

function hitNodes({ reached }: Walk, { nodes }: ImpactGraph): Hit[] {
  return [...reached].flatMap(([id, { depth, via }]) => {
    const node = nodes.get(id);
    return via === null || node === undefined ? [] : [{ node, depth }];
  });
}

function compareHits(one: Hit, other: Hit): number {
  return (
    rankOf(one.node) - rankOf(other.node) ||
    one.depth - other.depth ||
    compareText(one.node.name, other.node.name) ||
    compareText(one.node.id, other.node.id)
  );
}

/** What nobody has said anything of comes last. */
function rankOf(node: Pick<ImpactNode, 'criticality'> | undefined): number {
  return node?.criticality ?? 4;
}

function shown({ node, depth }: Hit, walk: Walk, graph: ImpactGraph): HitItem {
  const { id, name, className, criticality } = node;
  return { id, name, className, criticality, depth, path: pathTo(id, walk, graph) };
}

function pathTo(id: string, { reached }: Walk, { nodes }: ImpactGraph): PathStep[] {
  const steps: PathStep[] = [];
  for (let at: string | undefined = id; at !== undefined;) {
    const via: ImpactEdge | null = reached.get(at)?.via ?? null;
    steps.push({ id: at, name: nodes.get(at)?.name ?? at, relation: via && wordOf(via) });
    at = via?.fromId;
  }
  return steps.reverse();
}

/** Read from the item that is hit: it `depends_on` the one that fails, or is `contained_by` it. */
function wordOf({ type }: ImpactEdge): string {
  const { impact, inverse } = RELATION_KINDS[type];
  return impact === 'to_source' ? type : inverse;
}
