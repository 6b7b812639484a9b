import type { FieldError } from '../../common/errors';
import type { ArmId } from '../identity/arm-id.rules';
import type { ReadItem } from '../items/item-input.rules';
import type { RelationType } from '../relations/relation-types.rules';

/** That the item of a record relates to another resource. */
export interface RelationClaim {
  type: RelationType;
  target: ArmId;
  redundancyGroup: string | null;
}

/**
 * What a record says of its item's relations. Those that an import has set before and that it doesn't name go, as far as it
 * speaks of them: of all, or of those that follow from a resource's properties.
 */
export interface RelationClaims {
  speaksOf: 'nothing' | 'derived' | 'all';
  relations: RelationClaim[];
}

/** One record of an import, read. */
export interface ImportRow {
  line: number;
  read: ReadItem;
  /** SHA-256 of what Azure keeps when it moves or renames the resource. */
  uniqueIdHash: string | null;
  /** SHA-256 of the ARM id that the resource had before, where the record tells. */
  previousKeyHash: string | null;
  claims: RelationClaims;
}

/** A record as it was read, or all that is wrong with it. */
export type RowReading = { kind: 'row'; row: Omit<ImportRow, 'line'> } | { kind: 'faults'; faults: FieldError[] };
