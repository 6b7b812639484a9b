import { armKeyHash } from '../identity/ci-keys.rules';
import type { ArmId } from '../identity/arm-id.rules';
import { newItem, type Saying } from '../items/item-changes.rules';
import type { KnownItems } from './known-items.rules';
import type { ImportPlan } from './plan-import.rules';
import type { RelationChanges } from './plan-relations.rules';

/**
 * What a dry run would have made so far, so that a later chunk of the file finds it: some 200 bytes for each new item and relation.
 * What is in the file twice, in different chunks, counts as updated the second time, whether or not it says something new.
 */
export class DryRun {
  private readonly ids = new Map<string, string>();
  private readonly relationKeys = new Set<string>();

  addTo(known: KnownItems, armIds: readonly ArmId[], saying: Saying): void {
    for (const armId of armIds) {
      const hash = armKeyHash(armId.key);
      const id = this.ids.get(hash);
      if (id === undefined || known.byArmId.has(hash)) continue;
      const item = newItem({ kind: 'item', armId, said: {}, aliases: undefined }, saying);
      known.byId.set(id, { ...item, id });
      known.byArmId.set(hash, id);
    }
  }

  /** Answers how many relations are new. */
  remember({ inserted, updated, rekeyed }: ImportPlan, changes: RelationChanges): number {
    const moved = new Set(rekeyed);
    for (const { canonicalKeyHash, id } of [...inserted, ...updated.filter((item) => moved.has(item.id))]) {
      if (canonicalKeyHash !== null) this.ids.set(canonicalKeyHash, id);
    }
    const before = this.relationKeys.size;
    for (const { relationKey } of changes.inserted) this.relationKeys.add(relationKey);
    return this.relationKeys.size - before;
  }
}
