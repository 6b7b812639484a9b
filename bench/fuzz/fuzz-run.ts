import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { caseOf, type FuzzCase, type Tokens } from '../../test/fuzz/cases';
import { CANARY } from '../../test/fuzz/odd-values';
import { faultOf } from '../../test/fuzz/verdict';
import type { Cleanup } from '../cleanup';
import { residentMegabytesOf } from '../process-stats';
import { azureToken, personToken, type Service } from '../service';
import { openStage } from '../stage';
import { FuzzClient } from './fuzz-client';

export interface FuzzOptions {
  count: number;
  seed: number;
  connections: number;
}

export interface FuzzResult extends FuzzOptions {
  database: string;
  seconds: number;
  perSecond: number;
  /** How often each status was answered, and each kind of case asked. */
  statuses: Record<string, number>;
  kinds: Record<string, number>;
  /** What the service had resident on average in each tenth of the run. */
  megabytes: number[];
  /** How many answers were at fault, and log lines; the first few of them. */
  faultCount: number;
  faults: string[];
}

/** Past this the memory of the last two tenths above that of the third and fourth counts as grown, in MB. */
export const MAX_GROWTH = 64;

const SHOWN_FAULTS = 20;
const SAMPLE_MS = 250;
/** Of a body that is too large the answer may come while it is still sent; then the connection ends. */
const BODY_LIMIT = 1_048_576;

/** Sends so many mutated requests to the built service, and leaves nothing running that `cleanup` does not end. */
export async function runFuzz(
  options: FuzzOptions,
  cleanup: Cleanup,
  progress: (text: string) => void,
): Promise<FuzzResult> {
  // One address stands for all callers here: it would be turned away.
  const env = { REFUSED_CALLS_PER_MINUTE: '1000000' };
  const { directory, issuer, service, sql } = await openStage(cleanup, { env });
  const client = new FuzzClient(service.port, options.connections);
  cleanup.add(() => client.close());
  const tokens = { webhook: azureToken(issuer), admin: personToken(issuer, ['Admin']), issuer };
  const result = await new Run(options, { service, client, tokens, progress }).run(sql.label);
  client.close();
  await service.stop();
  return withLog(result, join(directory, 'service.log'));
}

interface Parts {
  service: Service;
  client: FuzzClient;
  tokens: Tokens;
  progress: (text: string) => void;
}

class Run {
  private readonly samples = samples();
  private readonly statuses: Record<string, number> = {};
  private readonly kinds: Record<string, number> = {};
  private readonly faults: string[] = [];
  private readonly memory: { sum: number; count: number }[] = Array.from({ length: 10 }, () => ({ sum: 0, count: 0 }));
  private faultCount = 0;
  private next = 0;
  private done = 0;
  private readonly start = performance.now();

  constructor(
    private readonly options: FuzzOptions,
    private readonly parts: Parts,
  ) {}

  async run(database: string): Promise<FuzzResult> {
    const timer = setInterval(() => this.measure(), SAMPLE_MS);
    try {
      await Promise.all(Array.from({ length: this.options.connections }, () => this.ask()));
    } finally {
      clearInterval(timer);
    }
    const seconds = (performance.now() - this.start) / 1_000;
    return {
      ...this.options,
      ...{ database, seconds, perSecond: this.done / seconds, statuses: this.statuses, kinds: this.kinds },
      megabytes: this.memory.map(({ sum, count }) => (count === 0 ? NaN : sum / count)),
      ...{ faultCount: this.faultCount, faults: this.faults },
    };
  }

  private async ask(): Promise<void> {
    const { count, seed } = this.options;
    while (this.next < count) {
      const index = this.next++;
      const each = caseOf({ seed, index }, { tokens: this.parts.tokens, samples: this.samples });
      const fault = await this.faultOf(each);
      if (fault !== null) this.note(`case ${index}: ${fault}`);
      this.done += 1;
      if (this.done % Math.ceil(count / 10) === 0) this.tell();
    }
  }

  private async faultOf(each: FuzzCase): Promise<string | null> {
    this.kinds[each.kind] = (this.kinds[each.kind] ?? 0) + 1;
    try {
      const answer = await this.parts.client.send(each.request);
      this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1;
      return faultOf(each, answer);
    } catch (error) {
      this.statuses.none = (this.statuses.none ?? 0) + 1;
      return (each.request.body?.length ?? 0) > BODY_LIMIT ? null : `no answer: ${(error as Error).message}`;
    }
  }

  private note(fault: string): void {
    this.faultCount += 1;
    if (this.faults.length < SHOWN_FAULTS) this.faults.push(fault);
  }

  private measure(): void {
    const megabytes = residentMegabytesOf(this.parts.service.pid);
    const tenth = this.memory[Math.min(9, Math.floor((10 * this.done) / this.options.count))];
    if (megabytes === null || tenth === undefined) return;
    tenth.sum += megabytes;
    tenth.count += 1;
  }

  private tell(): void {
    const perSecond = Math.round(this.done / ((performance.now() - this.start) / 1_000));
    const megabytes = Math.round(residentMegabytesOf(this.parts.service.pid) ?? NaN);
    const statuses = Object.entries(this.statuses).map(([status, count]) => `${status}: ${count}`);
    this.parts.progress(
      `${this.done} requests, ${perSecond}/s, ${megabytes} MB, ${this.faultCount} faults; ${statuses.join(', ')}`,
    );
  }
}

/** Samples in the common schema are most of them: of another one there is little to read. */
function samples(): unknown[] {
  const folder = join(process.cwd(), 'test/fixtures/azure-monitor');
  const of = (path: string): unknown[] =>
    readdirSync(path)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')) as unknown);
  return [...of(folder), ...of(folder), ...of(join(folder, 'legacy'))];
}

/** Faults that only the log tells of: errors, and secrets in it. */
async function withLog(result: FuzzResult, file: string): Promise<FuzzResult> {
  const found: string[] = [];
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const isError = /"level":"(?:error|fatal)"/.test(line) || !line.startsWith('{');
    if (!isError && !line.includes(CANARY)) continue;
    count += 1;
    if (found.length < SHOWN_FAULTS) found.push(`log: ${line.slice(0, 600)}`);
  }
  return { ...result, faultCount: result.faultCount + count, faults: [...result.faults, ...found] };
}
