import { Injectable } from '@nestjs/common';
import { Clock } from '../clock';
import { sqlTime } from '../sql';
import { Transactions } from '../transactions';
import { LeaseEntity } from './lease.entity';

/** Whose lease of what. */
export interface Tenure {
  name: string;
  /** An id of the instance, see `newId`. */
  holder: string;
}

/** An end that is past by any clock. */
const RELEASED = sqlTime(new Date(0));

/** A lease that ends later than any may was taken by a clock that ran ahead: its holder may be gone long since. */
const MAX_SKEW_MS = 3_600_000;

/** By the key alone, so that it locks one row: leases of other names don't wait for each other. */
const TAKE =
  'UPDATE leases SET holder = ?, expiresAt = ? WHERE name = ? AND (holder = ? OR expiresAt <= ? OR expiresAt > ?)';

const RELEASE = 'UPDATE leases SET expiresAt = ? WHERE name = ? AND holder = ?';

/**
 * Leases of names: one holder at a time, until it gives the lease back or its time is over.
 *
 * A lease spares work; it does not make work safe. Two may hold one for a moment: their clocks differ, or a process stood
 * still between taking the lease and doing the work. What keeps the work right is what it does itself: lock the rows that
 * it changes, and look again under the lock whether there is still something to do. Then two holders do no harm.
 */
@Injectable()
export class Leases {
  constructor(
    private readonly clock: Clock,
    private readonly transactions: Transactions,
  ) {}

  /**
   * Takes the lease if it is free or over, and renews it for who holds it already. Answers until when it is held, or null
   * when another one holds it. Who holds it is read back: the number of rows that an UPDATE changed or found depends on
   * the driver, and on MySQL on a flag of the connection. Of several who insert a new name at once, the key lets one win.
   */
  take({ name, holder, durationMs }: Tenure & { durationMs: number }): Promise<Date | null> {
    return this.transactions.run(async (tx) => {
      const now = this.clock.now();
      const expiresAt = new Date(now.getTime() + durationMs);
      const tooLate = new Date(expiresAt.getTime() + MAX_SKEW_MS);
      await tx.query(TAKE, [holder, sqlTime(expiresAt), name, holder, sqlTime(now), sqlTime(tooLate)]);
      const lease = await tx.findOneBy(LeaseEntity, { name });
      if (lease === null) await tx.insert(LeaseEntity, { name, holder, expiresAt });
      return lease === null || lease.holder === holder ? expiresAt : null;
    });
  }

  /** Gives the lease back, so that another one can take it at once; nothing happens when another one has it by now. */
  async release({ name, holder }: Tenure): Promise<void> {
    await this.transactions.run((tx) => tx.query(RELEASE, [RELEASED, name, holder]));
  }
}
