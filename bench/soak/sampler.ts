import type { PlainSql } from '../plain-sql';
import { residentMegabytesOf } from '../process-stats';

/** How the service is at one moment. */
export interface Sample {
  /** Since the first one. */
  seconds: number;
  megabytes: number | null;
  /** Of the service on the database's server. */
  connections: number;
  queueDepth: number;
  /** Delay of the event loop, p99 since the last scrape. */
  loopDelayMs: number;
}

const EVERY_MS = 1_000;

/** Looks at the service each second, from its making to {@link stop}. */
export class Sampler {
  private readonly samples: Sample[] = [];
  private readonly start = performance.now();
  private stopping = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly service: { pid: number; metricsPort: number | null },
    private readonly sql: PlainSql,
    private readonly database: string,
  ) {
    this.running = this.run();
  }

  async stop(): Promise<Sample[]> {
    this.stopping = true;
    await this.running;
    return this.samples;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.samples.push(await this.sample());
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  private async sample(): Promise<Sample> {
    const metrics = await this.metrics();
    return {
      seconds: (performance.now() - this.start) / 1_000,
      megabytes: residentMegabytesOf(this.service.pid),
      connections: await this.connections(),
      queueDepth: valueOf(metrics, 'secure_export_ingest_queue_depth'),
      loopDelayMs: valueOf(metrics, 'nodejs_eventloop_lag_p99_seconds') * 1_000,
    };
  }

  /** All that use the database but the one that asks. */
  private async connections(): Promise<number> {
    const [row] = await this.sql.query(
      `SELECT COUNT(*) AS count FROM information_schema.processlist WHERE db = '${this.database}' AND id <> CONNECTION_ID()`,
    );
    return Number(row?.count);
  }

  private async metrics(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.service.metricsPort ?? 0}/metrics`);
    return answer.text();
  }
}

function valueOf(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? NaN);
}
