import { parentsOf, parseArmId } from '../identity/arm-id.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import { relationKeyOf } from '../relations/relation-key.rules';
import type { RelationType } from '../relations/relation-types.rules';
import { isDerived } from './azure-relations.rules';
import type { RelationClaims } from './import-row';
import type { Containment } from './plan-import.rules';

/** A relation that a file tells of. */
export interface WantedRelation {
  relationKey: string;
  sourceId: string;
  type: RelationType;
  targetKeyHash: string;
  targetResourceId: string;
  redundancyGroup: string | null;
}

/** A relation that is there. */
export interface ThereRelation extends Omit<WantedRelation, 'targetKeyHash' | 'targetResourceId'> {
  id: string;
  targetId: string | null;
  targetResourceId: string | null;
  setBy: 'person' | 'import';
}

/** What has to be written so that what a file tells of relations is there. */
export interface RelationChanges {
  inserted: (WantedRelation & { targetId: string | null })[];
  updated: { id: string; targetId: string | null; redundancyGroup: string | null }[];
  /** Ids of those that go. */
  deleted: string[];
}

/** What a chunk tells of relations, each once. */
export function wantedRelations(
  claims: ReadonlyMap<string, RelationClaims>,
  containments: readonly Containment[],
): Map<string, WantedRelation> {
  const wanted = new Map<string, WantedRelation>();
  const want = (relation: Omit<WantedRelation, 'relationKey'>): void => {
    const relationKey = relationKeyOf({ ...relation, targetId: null });
    wanted.set(relationKey, { ...relation, relationKey });
  };
  for (const { parentId, child } of containments) {
    const target = { targetKeyHash: armKeyHash(child.key), targetResourceId: child.path };
    want({ sourceId: parentId, type: 'contains', ...target, redundancyGroup: null });
  }
  for (const [sourceId, { relations }] of claims) {
    for (const { type, target, redundancyGroup } of relations) {
      const named = { targetKeyHash: armKeyHash(target.key), targetResourceId: target.path };
      want({ sourceId, type, ...named, redundancyGroup });
    }
  }
  return wanted;
}

/**
 * What has to change so that what the file tells is there. Of what an import has set before, that goes which the file speaks of
 * without naming it. What a person has set stays as it is.
 */
export function planRelations(
  wanted: ReadonlyMap<string, WantedRelation>,
  there: readonly ThereRelation[],
  context: {
    claims: ReadonlyMap<string, RelationClaims>;
    /** ARM id of each source, in its canonical form; null where it has none. */
    sourceOf: (id: string) => { key: string; resourceType: string } | null;
    targetIdOf: (keyHash: string) => string | null;
  },
): RelationChanges {
  const known = new Map(there.map((relation) => [relation.relationKey, relation]));
  const named = [...wanted.values()].map((each) => ({ ...each, targetId: context.targetIdOf(each.targetKeyHash) }));
  const others = named.filter(({ sourceId, targetId }) => targetId !== sourceId);
  return {
    inserted: others.filter(({ relationKey }) => !known.has(relationKey)),
    updated: others.flatMap((each) => changeOf(each, known.get(each.relationKey))),
    deleted: there.filter((each) => !wanted.has(each.relationKey) && isSpokenOf(each, context)).map(({ id }) => id),
  };
}

function changeOf(
  { targetId, redundancyGroup }: { targetId: string | null; redundancyGroup: string | null },
  before: ThereRelation | undefined,
): RelationChanges['updated'] {
  if (before === undefined || before.setBy === 'person') return [];
  const after = { id: before.id, targetId: targetId ?? before.targetId, redundancyGroup };
  return after.targetId === before.targetId && after.redundancyGroup === before.redundancyGroup ? [] : [after];
}

/** What an ARM id says of where a resource lies is no matter of lists, but for the subnets that a network names. */
function isSpokenOf(
  { sourceId, type, targetResourceId, setBy }: ThereRelation,
  { claims, sourceOf }: Parameters<typeof planRelations>[2],
): boolean {
  const speaksOf = claims.get(sourceId)?.speaksOf ?? 'nothing';
  if (setBy === 'person' || speaksOf === 'nothing') return false;
  const source = sourceOf(sourceId);
  const target = targetResourceId === null ? null : parseArmId(targetResourceId);
  const isByProperties =
    source !== null && target !== null && isDerived(source.resourceType, type, target.resourceType);
  if (speaksOf === 'derived' || isByProperties) return isByProperties;
  return type !== 'contains' || target === null || source === null || parentsOf(target)[0]?.key !== source.key;
}
