/** A place in an order by time. */
export interface SweepPlace {
  at: Date;
  id: string;
}

/** How long what had to stay is left alone. */
const AGAIN_AFTER_MS = 24 * 3_600_000;
const BEGINNING: SweepPlace = { at: new Date(0), id: '' };

/**
 * Goes through what is past its time in the order of time, slice by slice and turn by turn. What falls due comes behind the place
 * where it stands; what had to stay, and what came in late, is met again when it begins anew, once a day and after a restart. So
 * a turn costs no more for all that is old and still open.
 */
export class Sweep {
  private place = BEGINNING;
  private begunAt: Date | null = null;

  /** Behind which place to go on at `now`. */
  placeAt(now: Date): SweepPlace {
    if (this.begunAt === null || now.getTime() - this.begunAt.getTime() >= AGAIN_AFTER_MS) {
      this.begunAt = now;
      this.place = BEGINNING;
    }
    return this.place;
  }

  /** These have been looked at, or can't be. */
  pass(rows: readonly SweepPlace[]): void {
    this.place = rows.at(-1) ?? this.place;
  }
}
