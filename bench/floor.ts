import type { PlainSql } from './plain-sql';
import type { RowPlan } from './row-plan';

const MAX_BATCH = 256;
const WARM_UP_MS = 300;

/**
 * How many alerts a second get their rows into the database when nothing else is done: callers in this process, no HTTP,
 * no token, no decision, no reading. What gathers while one transaction is under way is the next batch, as in the service.
 */
export async function measureFloor(
  sql: PlainSql,
  plan: RowPlan,
  { callers, seconds }: { callers: number; seconds: number },
): Promise<number> {
  await plan.continueAfter(sql);
  const floor = new Floor(sql, plan);
  const from = performance.now() + WARM_UP_MS;
  const until = from + seconds * 1_000;
  let written = 0;
  const call = async (): Promise<void> => {
    while (performance.now() < until) {
      await floor.write();
      const now = performance.now();
      if (now >= from && now <= until) written += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return written / seconds;
}

class Floor {
  private waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  private isRunning = false;

  constructor(
    private readonly sql: PlainSql,
    private readonly plan: RowPlan,
  ) {}

  /** Resolves when the rows of one more alert are committed. */
  write(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (!this.isRunning) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      await new Promise(setImmediate);
      const batch = this.waiting.splice(0, MAX_BATCH);
      try {
        await this.sql.insert(this.plan.rowsFor(batch.length));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isRunning = false;
  }
}
