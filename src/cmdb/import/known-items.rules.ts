import type { ItemRecord } from '../items/configuration-item.entity';
import { nameKeyOf } from '../items/item-changes.rules';

/** Items that records may be about, as the CMDB has them, under their locks; each way to find one leads to its id. */
export interface KnownItems {
  byId: Map<string, ItemRecord>;
  /** By the hash of the ARM id that an item has. */
  byArmId: Map<string, string>;
  /** By the hash of an ARM id that an item had before it moved. */
  byFormerArmId: Map<string, string>;
  byUniqueId: Map<string, string>;
  /** Items without an ARM id, by {@link nameOf}. */
  byName: Map<string, string[]>;
}

/** How an item without an ARM id is found. */
export function nameOf({ name, className }: { name: string; className: string }): string {
  return `${nameKeyOf(name)}\n${className}`;
}
