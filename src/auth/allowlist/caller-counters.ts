import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../common/clock';
import { messageOf } from '../../common/error-message.rules';
import { PeriodicTask } from '../../common/periodic-task';
import { placeholders, sqlTime, type SqlValue } from '../../common/sql';
import { Transactions } from '../../common/transactions';

const FLUSH_MS = 3_000;

interface Count {
  accepted: number;
  rejected: number;
  lastSeenAt: Date;
}

/**
 * How often each caller was let in and refused. Summed up in memory and added to the table every few seconds in one
 * statement, so that the counts of several instances add up; a process that is killed loses the last few seconds.
 */
@Injectable()
export class CallerCounters implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(CallerCounters.name);
  private counts = new Map<string, Count>();
  private readonly flushing = new PeriodicTask(
    () => this.write(),
    (error) => this.logger.warn(`The counters of the callers can't be written: ${messageOf(error)}`),
  );

  constructor(
    private readonly clock: Clock,
    private readonly transactions: Transactions,
  ) {}

  onApplicationBootstrap(): void {
    this.flushing.start(FLUSH_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    this.flushing.stop();
    await this.flush();
  }

  /** `id` is that of the entry of the allowlist; a negative number takes back. */
  add(id: string, { accepted = 0, rejected = 0 }: { accepted?: number; rejected?: number }): void {
    const count = this.counts.get(id) ?? { accepted: 0, rejected: 0, lastSeenAt: this.clock.now() };
    count.accepted += accepted;
    count.rejected += rejected;
    count.lastSeenAt = this.clock.now();
    this.counts.set(id, count);
  }

  /** Writes what has been counted so far. Never rejects; what can't be written now is kept. */
  flush(): Promise<void> {
    return this.flushing.run();
  }

  private async write(): Promise<void> {
    if (this.counts.size === 0) return;
    const counts = this.counts;
    this.counts = new Map();
    try {
      const { sql, values } = additions([...counts].sort(([left], [right]) => (left < right ? -1 : 1)));
      await this.transactions.run((tx) => tx.query(sql, values));
    } catch (error) {
      this.restore(counts);
      throw error;
    }
  }

  private restore(counts: ReadonlyMap<string, Count>): void {
    for (const [id, { accepted, rejected, lastSeenAt }] of counts) {
      const later = this.counts.get(id)?.lastSeenAt ?? lastSeenAt;
      this.add(id, { accepted, rejected });
      (this.counts.get(id) as Count).lastSeenAt = later;
    }
  }
}

/** One UPDATE for all entries; a later `lastSeenAt` of another instance stays. */
function additions(counts: readonly (readonly [string, Count])[]): { sql: string; values: SqlValue[] } {
  const whens = 'WHEN ? THEN ? '.repeat(counts.length);
  const seen = `CASE id ${whens}END`;
  const times = counts.flatMap(([id, { lastSeenAt }]) => [id, sqlTime(lastSeenAt)]);
  return {
    sql: `UPDATE allowed_apps SET acceptedCount = acceptedCount + CASE id ${whens}END, rejectedCount = rejectedCount + CASE id ${whens}END,
      lastSeenAt = CASE WHEN lastSeenAt > ${seen} THEN lastSeenAt ELSE ${seen} END WHERE id IN (${placeholders(counts.length)})`,
    values: [
      ...counts.flatMap(([id, { accepted }]) => [id, accepted]),
      ...counts.flatMap(([id, { rejected }]) => [id, rejected]),
      ...times,
      ...times,
      ...counts.map(([id]) => id),
    ],
  };
}
