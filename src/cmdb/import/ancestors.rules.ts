import { type ArmId, parentsOf } from '../identity/arm-id.rules';

/** What contains an ARM id, nearest first: the resources that hold it, its resource group, its subscription. */
export type AncestorsOf = (armId: ArmId) => readonly ArmId[];

/** Resources of one type beside each other have the same ancestors: they are worked out once. Keeps what it has worked out. */
export function rememberingAncestors(): AncestorsOf {
  const known = new Map<string, readonly ArmId[]>();
  return (armId) => {
    const siblings = armId.key.slice(0, armId.key.lastIndexOf('/'));
    const found = known.get(siblings) ?? parentsOf(armId);
    known.set(siblings, found);
    return found;
  };
}
