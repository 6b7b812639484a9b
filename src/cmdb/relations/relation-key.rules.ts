import { hashOf } from '../../common/hash';
import type { RelationType } from './relation-types.rules';

/** What makes a relation the same one. Of a target with an ARM id, `targetKeyHash` counts, whether or not the CMDB has it. */
export interface RelationIdentity {
  sourceId: string;
  type: RelationType;
  targetId: string | null;
  targetKeyHash: string | null;
}

/** SHA-256 by which a relation is there once, whoever sets it. */
export function relationKeyOf({ sourceId, type, targetId, targetKeyHash }: RelationIdentity): string {
  const target = targetKeyHash ?? targetId;
  if (target === null) throw new Error(`The relation ${type} of ${sourceId} has no target.`);
  return hashOf('relation', sourceId, type, target);
}
