import fc from 'fast-check';
import {
  beginWalk,
  degradedItems,
  edgeOf,
  groupKeyOf,
  hitItems,
  type ImpactEdge,
  type ImpactGraph,
  type ImpactNode,
  stepWalk,
  type Walk,
  worstHit,
} from './impact-walk.rules';
import { RELATION_TYPES, type RelationType } from './relation-types.rules';

type Relation = [source: string, type: RelationType, target: string, redundancyGroup?: string];

function aNode(id: string, more: Partial<ImpactNode> = {}): ImpactNode {
  const facts = { className: 'cmdb_ci', resourceType: null, criticality: null, isRetired: false };
  return { id, name: id, ...facts, ...more };
}

/** All of it loaded. */
function graphOf(relations: readonly Relation[], facts: Record<string, Partial<ImpactNode>> = {}): ImpactGraph {
  const ids = new Set([...relations.flatMap(([source, , target]) => [source, target]), ...Object.keys(facts)]);
  const nodes = new Map([...ids].map((id) => [id, aNode(id, facts[id])]));
  const edges = relations.flatMap(
    ([sourceId, type, targetId, redundancyGroup = null]) => edgeOf({ sourceId, targetId, type, redundancyGroup }) ?? [],
  );
  const members = new Map<string, number>();
  for (const key of new Set(edges.map(groupKeyOf))) {
    if (key === null) continue;
    const own = edges.filter((edge) => groupKeyOf(edge) === key && !nodes.get(edge.fromId)?.isRetired);
    members.set(key, new Set(own.map(({ fromId }) => fromId)).size);
  }
  return { nodes, edges: new Map([...ids].map((id) => [id, edges.filter(({ fromId }) => fromId === id)])), members };
}

function walk(graph: ImpactGraph, startIds: string[], { depth = 5, maxHit = 100 } = {}): Walk {
  const under = beginWalk(startIds, graph);
  for (let step = 0; step < depth && under.frontier.length > 0; step += 1) stepWalk(under, graph, maxHit);
  return under;
}

function hitIds(relations: readonly Relation[], startIds: string[], facts = {}): string[] {
  const graph = graphOf(relations, facts);
  return hitItems(walk(graph, startIds), graph).map(({ id }) => id);
}

describe('who is hit if an item fails', () => {
  it.each<[string, RelationType, string[], string[]]>([
    ['what depends on it', 'depends_on', [], ['a']],
    ['what runs on it', 'runs_on', [], ['a']],
    ['what it contains', 'contains', ['b'], []],
    ['the set whose only member it is', 'member_of', ['b'], []],
    ['not what it is connected to', 'connects_to', [], []],
    ['not what it manages', 'manages', [], []],
  ])('%s', (_, type, ofSource, ofTarget) => {
    expect(hitIds([['a', type, 'b']], ['a'])).toEqual(ofSource);
    expect(hitIds([['a', type, 'b']], ['b'])).toEqual(ofTarget);
  });

  it('tells the shortest path, and of two of a length the one by the lowest id', () => {
    const relations: Relation[] = [
      ['m1', 'runs_on', 'x'],
      ['m2', 'runs_on', 'x'],
      ['far', 'depends_on', 'm2'],
      ['far', 'depends_on', 'm1'],
      ['app', 'depends_on', 'far'],
      ['app', 'depends_on', 'm2'],
    ];
    const graph = graphOf(relations);
    const paths = hitItems(walk(graph, ['x']), graph).map(({ path }) => path.map(({ id }) => id).join(' '));
    expect(paths).toEqual(['x m1', 'x m2', 'x m2 app', 'x m1 far']);
  });

  it('reads each step of a path from the item that is hit', () => {
    const graph = graphOf([
      ['app', 'depends_on', 'pool'],
      ['vm', 'member_of', 'pool'],
      ['host', 'contains', 'vm'],
    ]);
    expect(worstHit(walk(graph, ['host']), graph)).toBeNull();
    expect(hitItems(walk(graph, ['host']), graph).at(-1)?.path).toEqual([
      { id: 'host', name: 'host', relation: null },
      { id: 'vm', name: 'vm', relation: 'contained_by' },
      { id: 'pool', name: 'pool', relation: 'has_member' },
      { id: 'app', name: 'app', relation: 'depends_on' },
    ]);
  });

  it('puts the most critical first, then the nearest, then by name', () => {
    const relations: Relation[] = [
      ['b', 'depends_on', 'x'],
      ['a', 'depends_on', 'x'],
      ['deep', 'depends_on', 'a'],
      ['deeper', 'depends_on', 'deep'],
    ];
    const facts = { deep: { criticality: 2 }, deeper: { criticality: 1 }, b: { criticality: 3 } };
    expect(hitIds(relations, ['x'], facts)).toEqual(['deeper', 'deep', 'b', 'a']);
    const graph = graphOf(relations, facts);
    expect(worstHit(walk(graph, ['x']), graph)).toMatchObject({ id: 'deeper', criticality: 1, depth: 3 });
  });

  it('ends at the depth asked for, and in a circle', () => {
    const circle: Relation[] = [
      ['b', 'depends_on', 'a'],
      ['c', 'depends_on', 'b'],
      ['a', 'depends_on', 'c'],
    ];
    expect(hitIds(circle, ['a'])).toEqual(['b', 'c']);
    const graph = graphOf(circle);
    expect(hitItems(walk(graph, ['a'], { depth: 1 }), graph).map(({ id }) => id)).toEqual(['b']);
  });

  it('does not take what lies in a subscription or a resource group for standing on it', () => {
    const relations: Relation[] = [
      ['scope', 'contains', 'vm'],
      ['budget', 'depends_on', 'scope'],
    ];
    for (const scope of [
      { resourceType: 'microsoft.resources/subscriptions' },
      { resourceType: 'microsoft.resources/subscriptions/resourcegroups' },
      { className: 'cmdb_ci_cloud_org' },
    ])
      expect(hitIds(relations, ['scope'], { scope })).toEqual(['budget']);
    expect(hitIds(relations, ['scope'], { scope: { className: 'cmdb_ci_cluster' } })).toEqual(['budget', 'vm']);
  });

  it('leaves out what has retired, and passes nothing on through it', () => {
    const relations: Relation[] = [
      ['old', 'depends_on', 'x'],
      ['app', 'depends_on', 'old'],
    ];
    expect(hitIds(relations, ['x'], { old: { isRetired: true } })).toEqual([]);
    expect(hitIds(relations, ['old'], { old: { isRetired: true } })).toEqual([]);
  });

  it('hits what has redundant parts with the last of them, and tells of it as degraded before', () => {
    const relations: Relation[] = [
      ['app', 'depends_on', 'vm1', 'web'],
      ['app', 'runs_on', 'vm2', 'web'],
      ['app', 'depends_on', 'db'],
      ['portal', 'depends_on', 'app'],
    ];
    const graph = graphOf(relations);
    const one = walk(graph, ['vm1']);
    expect(hitItems(one, graph)).toEqual([]);
    expect(degradedItems(one, graph)).toEqual([
      {
        ...{ id: 'app', name: 'app', className: 'cmdb_ci', criticality: null },
        ...{ relation: 'depends_on', redundancyGroup: 'web', hitMembers: 1, members: 2 },
      },
    ]);
    const both = walk(graph, ['vm2', 'vm1']);
    expect(hitItems(both, graph).map(({ id }) => id)).toEqual(['app', 'portal']);
    expect(degradedItems(both, graph)).toEqual([]);
    expect(hitIds(relations, ['vm1'], { vm2: { isRetired: true } })).toEqual(['app', 'portal']);
    expect(hitIds(relations, ['vm1', 'db'])).toEqual(['app', 'portal']);
  });

  it('hits a set with the last of its members, however far apart they are', () => {
    const relations: Relation[] = [
      ['vm1', 'member_of', 'pool'],
      ['vm2', 'member_of', 'pool'],
      ['vm1', 'runs_on', 'host'],
      ['vm2', 'runs_on', 'nested'],
      ['nested', 'runs_on', 'host'],
    ];
    const graph = graphOf(relations);
    const pool = hitItems(walk(graph, ['host']), graph).find(({ id }) => id === 'pool');
    expect(pool).toMatchObject({ depth: 3, path: [{ id: 'host' }, { id: 'nested' }, { id: 'vm2' }, { id: 'pool' }] });
    expect(degradedItems(walk(graph, ['vm1']), graph)).toMatchObject([
      { id: 'pool', relation: 'has_member', redundancyGroup: null, hitMembers: 1, members: 2 },
    ]);
  });

  it('ends with the most critical where there are too many', () => {
    const relations = Array.from({ length: 9 }, (_, index): Relation => [`n${index}`, 'depends_on', 'x']);
    const graph = graphOf(relations, { n8: { criticality: 1 } });
    const under = walk(graph, ['x'], { maxHit: 3 });
    expect(under.isTruncated).toBe(true);
    expect(hitItems(under, graph).map(({ id }) => id)).toEqual(['n8', 'n0', 'n1']);
  });
});

describe('the walk, beside a naive one', () => {
  const id = fc.integer({ min: 0, max: 8 }).map((number) => `n${number}`);
  const relation = fc
    .tuple(id, fc.constantFrom(...RELATION_TYPES), id, fc.constantFrom(undefined, undefined, 'g1', 'g2'))
    .filter(([source, , target]) => source !== target);
  const estate = fc.record({
    relations: fc.uniqueArray(relation, { maxLength: 25, selector: (each) => each.slice(0, 3).join() }),
    retired: fc.subarray(['n1', 'n4', 'n7']),
    scopes: fc.subarray(['n2', 'n5']),
    starts: fc.uniqueArray(id, { minLength: 1, maxLength: 3 }),
    depth: fc.integer({ min: 1, max: 6 }),
  });

  it('hits the same items at the same depth, and the same in part', () => {
    fc.assert(
      fc.property(estate, ({ relations, retired, scopes, starts, depth }) => {
        const facts = Object.fromEntries([
          ...Array.from({ length: 9 }, (_, index) => [`n${index}`, {}] as const),
          ...scopes.map((each) => [each, { className: 'cmdb_ci_resource_group' }] as const),
          ...retired.map((each) => [each, { isRetired: true }] as const),
        ]);
        const graph = graphOf(relations, facts);
        const under = walk(graph, starts, { depth });
        const depths = naiveDepths(graph, { starts, depth });
        const hit = hitItems(under, graph);
        const naive = [...depths].filter(([each]) => !starts.includes(each));
        expect(new Map(hit.map((each) => [each.id, each.depth]))).toEqual(new Map(naive));
        for (const { path, depth: own } of hit) {
          expect(path).toHaveLength(own + 1);
          expect(starts).toContain(path[0]?.id);
          for (const [index, step] of path.entries()) expect(depths.get(step.id)).toBe(index);
        }
        const inPart = degradedItems(under, graph).map(({ id: item, hitMembers }) => `${item} ${hitMembers}`);
        expect(inPart.sort()).toEqual(naiveDegraded(graph, { starts, depth, depths }).sort());
      }),
      { numRuns: 2_000 },
    );
  });

  interface Question {
    starts: readonly string[];
    depth: number;
  }

  /** What an item fails by: an edge, or all of a group. */
  interface Need {
    toId: string;
    edges: ImpactEdge[];
    isGroup: boolean;
  }

  function needs({ nodes, edges }: ImpactGraph): Need[] {
    const alive = (node: string): boolean => !nodes.get(node)?.isRetired;
    const all = [...edges.values()].flat().filter(({ fromId, toId }) => alive(fromId) && alive(toId));
    const grouped = new Map<string, ImpactEdge[]>();
    for (const edge of all) {
      const key = groupKeyOf(edge);
      if (key !== null) grouped.set(key, [...(grouped.get(key) ?? []), edge]);
    }
    const single = all.filter((edge) => groupKeyOf(edge) === null).map((edge) => [edge]);
    return [
      ...single.map((own) => ({ toId: own[0]!.toId, edges: own, isGroup: false })),
      ...[...grouped.values()].map((own) => ({ toId: own[0]!.toId, edges: own, isGroup: true })),
    ];
  }

  /** When an edge passes a failure on: not at all from a scope to what it contains or is a member of. */
  function depthAt(graph: ImpactGraph, depths: ReadonlyMap<string, number>, { fromId, type }: ImpactEdge): number {
    const isScope = graph.nodes.get(fromId)?.className === 'cmdb_ci_resource_group';
    return isScope && (type === 'contains' || type === 'member_of') ? Infinity : (depths.get(fromId) ?? Infinity);
  }

  /** Again and again over all, until nothing changes. */
  function naiveDepths(graph: ImpactGraph, { starts, depth }: Question): Map<string, number> {
    const depths = new Map(starts.filter((each) => !graph.nodes.get(each)?.isRetired).map((each) => [each, 0]));
    const rules = needs(graph);
    for (let changed = true; changed;) {
      changed = false;
      for (const { toId, edges } of rules) {
        if (starts.includes(toId)) continue;
        const reached = 1 + Math.max(...edges.map((edge) => depthAt(graph, depths, edge)));
        if (reached > depth || reached >= (depths.get(toId) ?? Infinity)) continue;
        depths.set(toId, reached);
        changed = true;
      }
    }
    return depths;
  }

  function naiveDegraded(
    graph: ImpactGraph,
    { starts, depth, depths }: Question & { depths: ReadonlyMap<string, number> },
  ): string[] {
    return needs(graph).flatMap(({ toId, edges, isGroup }) => {
      if (!isGroup || depths.has(toId) || starts.includes(toId)) return [];
      const hit = edges.filter((edge) => depthAt(graph, depths, edge) < depth);
      const members = new Set(hit.map(({ fromId }) => fromId));
      return members.size === 0 ? [] : [`${toId} ${members.size}`];
    });
  }
});
