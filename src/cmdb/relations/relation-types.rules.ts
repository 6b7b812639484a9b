/**
 * How one configuration item relates to another, read from source to target: "source runs_on target". `inverse` is how it reads
 * the other way round. `impact` says to which end a failure of the other one goes; of a `redundant` relation, only when all
 * that the same group holds have failed.
 */
interface RelationKind {
  inverse: string;
  impact: 'to_source' | 'to_target' | 'none';
  redundant: boolean;
}

/** The words are those of ServiceNow's relation types. */
export const RELATION_KINDS = {
  contains: { inverse: 'contained_by', impact: 'to_target', redundant: false },
  depends_on: { inverse: 'used_by', impact: 'to_source', redundant: false },
  runs_on: { inverse: 'runs', impact: 'to_source', redundant: false },
  /** A pool, an availability set, a cluster: it fails when all its members have. */
  member_of: { inverse: 'has_member', impact: 'to_target', redundant: true },
  connects_to: { inverse: 'connected_by', impact: 'none', redundant: false },
  manages: { inverse: 'managed_by', impact: 'none', redundant: false },
} as const satisfies Record<string, RelationKind>;

export type RelationType = keyof typeof RELATION_KINDS;

/** Whether targets of this type may stand in for each other, as a redundancy group. */
export function mayStandIn(type: RelationType): boolean {
  return RELATION_KINDS[type].impact === 'to_source';
}

export const RELATION_TYPES = Object.keys(RELATION_KINDS) as [RelationType, ...RelationType[]];
