/** What can't be done now is left alone so long. */
const PUT_OFF_MS = 10 * 60_000;

/** Where so many fail, none of them is at fault. */
const MAX_KEYS = 1_000;

/**
 * What could not be done, and is left alone for ten minutes. It is kept by this instance, not in the row: a row that can't be written
 * can't be marked either. After a restart each is tried once more.
 */
export class PutOff<Key extends string | number> {
  private readonly endsMs = new Map<Key, number>();

  /** From `now` on it is left alone. Throws where that would be too many: then it is the work itself that fails. */
  add(key: Key, now: Date): void {
    if (this.countAt(now) >= MAX_KEYS)
      throw new Error(`More than ${MAX_KEYS} rows fail one by one: no row is at fault.`);
    this.endsMs.set(key, now.getTime() + PUT_OFF_MS);
  }

  /** How many are left alone at `now`. */
  countAt(now: Date): number {
    for (const [key, endMs] of this.endsMs) if (endMs <= now.getTime()) this.endsMs.delete(key);
    return this.endsMs.size;
  }

  /** Whether it was left alone when they were last counted. */
  has(key: Key): boolean {
    return this.endsMs.has(key);
  }
}
