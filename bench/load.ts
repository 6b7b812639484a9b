import { setTimeout as sleep } from 'node:timers/promises';
import { alertsOf, type Mode } from './alerts';
import { Connection } from './connection';

/*
 * The load, a process of its own: takes a job from its parent, answers `measuring` when the part that counts begins, and
 * then the result.
 */

export interface LoadJob {
  port: number;
  path: string;
  token: string;
  mode: Mode;
  connections: number;
  /** Number of the first alert. */
  first: number;
  /** Runs so long before anything counts. */
  warmUpMs: number;
  /** How long it counts; null = until `count` alerts are sent. */
  seconds: number | null;
  count: number;
}

export interface LoadResult {
  kind: 'result';
  acknowledged: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
  /** The first few errors, to be shown. */
  faults: string[];
  outcomes: Record<string, number>;
  /** Number of the alert after the last that was sent. */
  next: number;
  /** CPU time of the load itself. */
  cpuMicroseconds: number;
}

export type LoadMessage = { kind: 'measuring' } | LoadResult;

const MAX_FAULTS = 3;

class Load {
  private readonly alertOf: (number: number) => string;
  private readonly latencies: number[] = [];
  private readonly outcomes: Record<string, number> = {};
  private readonly faults: string[] = [];
  private errors = 0;
  private next: number;
  private from = 0;
  private until = Infinity;

  constructor(private readonly job: LoadJob) {
    this.alertOf = alertsOf(job.mode);
    this.next = job.first;
  }

  async run(): Promise<LoadResult> {
    const { connections, seconds, warmUpMs } = this.job;
    this.from = performance.now() + warmUpMs;
    if (seconds !== null) this.until = this.from + seconds * 1_000;
    const callers = Array.from({ length: connections }, () => this.call());
    await sleep(warmUpMs);
    process.send?.({ kind: 'measuring' } satisfies LoadMessage);
    const cpuBefore = process.cpuUsage();
    await (seconds === null ? Promise.all(callers) : sleep(this.until - performance.now()));
    const { user, system } = process.cpuUsage(cpuBefore);
    const result = this.result(seconds ?? (performance.now() - this.from) / 1_000, user + system);
    await Promise.all(callers);
    return { ...result, next: this.next };
  }

  /** One caller: the next alert goes out when the last one was answered. */
  private async call(): Promise<void> {
    const connection = new Connection(this.job.port, this.job);
    while (performance.now() < this.until && this.next < this.job.first + this.job.count) {
      await this.send(connection, this.alertOf(this.next++));
    }
    connection.close();
  }

  private async send(connection: Connection, body: string): Promise<void> {
    const start = performance.now();
    try {
      const reply = await connection.post(body);
      const end = performance.now();
      if (reply.status !== 200) throw new Error(`${reply.status} ${reply.body.slice(0, 300)}`);
      if (end < this.from || end > this.until) return;
      this.latencies.push(end - start);
      const outcome = /"outcome":"(\w+)"/.exec(reply.body)?.[1] ?? 'unknown';
      this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      this.errors += 1;
      if (this.faults.length < MAX_FAULTS) this.faults.push((error as Error).message);
      await sleep(20);
    }
  }

  private result(seconds: number, cpuMicroseconds: number): LoadResult {
    const sorted = this.latencies.slice().sort((one, other) => one - other);
    return {
      kind: 'result',
      acknowledged: sorted.length,
      perSecond: sorted.length / seconds,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      errors: this.errors,
      faults: this.faults,
      outcomes: { ...this.outcomes },
      next: this.next,
      cpuMicroseconds,
    };
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

process.on('message', (job: LoadJob) => {
  void new Load(job).run().then((result) => process.send?.(result satisfies LoadMessage));
});
// Ctrl-C reaches the whole group; the parent decides when this one ends.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
