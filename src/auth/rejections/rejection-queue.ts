import type { AuthRejectionEntity } from './auth-rejection.entity';

/** What a flood can write: so many each flush. Anyone can send bad tokens, few have good ones. */
const MAX_VERIFIED = 450;
const MAX_UNVERIFIED = 50;

/**
 * Refused calls that wait to be written. Those whose token was good have room of their own, so that a flood of forged ones
 * does not push them out.
 */
export class RejectionQueue {
  private verified: AuthRejectionEntity[] = [];
  private unverified: AuthRejectionEntity[] = [];

  /** false = there is no room for it. */
  add(row: AuthRejectionEntity): boolean {
    const [rows, room] = row.verified ? [this.verified, MAX_VERIFIED] : [this.unverified, MAX_UNVERIFIED];
    if (rows.length >= room) return false;
    rows.push(row);
    return true;
  }

  /** Takes rows back that came before those that wait now; answers how many of all find no room. */
  giveBack(rows: readonly AuthRejectionEntity[]): number {
    const all = [...rows, ...this.takeAll().flat()];
    return all.filter((row) => !this.add(row)).length;
  }

  /** All that wait, in one batch of either kind. */
  takeAll(): AuthRejectionEntity[][] {
    const batches = [this.unverified, this.verified].filter((rows) => rows.length > 0);
    this.verified = [];
    this.unverified = [];
    return batches;
  }
}
