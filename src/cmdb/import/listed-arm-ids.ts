import { armKeyHash } from '../identity/ci-keys.rules';
import type { ImportRow } from './import-row';

/** Some 50 bytes each. In a file that has more, moves are taken for what each chunk tells. */
const MAX_LISTED = 5_000_000;

/** The ARM ids that a file has listed so far: as much of the hash of each as a number holds. */
export class ListedArmIds {
  private readonly heads = new Set<number>();

  add(rows: readonly ImportRow[]): void {
    for (const { read } of rows) {
      if (read.armId !== null && this.heads.size < MAX_LISTED) this.heads.add(headOf(armKeyHash(read.armId.key)));
    }
  }

  readonly has = (armIdHash: string): boolean => this.heads.has(headOf(armIdHash));
}

function headOf(hash: string): number {
  return Number.parseInt(hash.slice(0, 13), 16);
}
