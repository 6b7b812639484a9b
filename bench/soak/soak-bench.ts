import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { LocalIssuer } from '../../demo/issuer';
import type { Cleanup } from '../cleanup';
import type { BenchDatabase } from '../database';
import type { LoadJob, LoadResult } from '../load';
import { LoadProcess } from '../load-process';
import type { SoakOptions } from '../options';
import type { PlainSql } from '../plain-sql';
import { fill } from '../search/fill';
import { pickValues, variantsOf } from '../search/requests';
import { azureToken, personToken, Service, WEBHOOK_PATH } from '../service';
import { makeServerDatabase, openPlace } from '../stage';
import { People, type PeopleResult } from './people';
import { Sampler } from './sampler';
import { type Trend, trendOf } from './verdict';

export interface SoakResult {
  database: string;
  node: string;
  cores: number;
  rows: number;
  minutes: number;
  /** Acknowledged alerts a second in each round, the rounds of the two by turns. */
  emptyPerSecond: number[];
  filledPerSecond: number[];
  load: LoadResult;
  people: PeopleResult;
  trend: Trend;
  poolSize: number;
}

type Progress = (text: string) => void;

const POOL_SIZE = 10;
const ROUNDS = 3;
const ROUND = { connections: 64, seconds: 8, warmUpMs: 2_000 };
const FIRST_ALERTS = 3_000;
const MIXED_CONNECTIONS = 32;
/** The mixed load runs so long before anything is sampled: by then the heap has its size. */
const WARM_UP_SHARE = 0.1;

/** Measures an empty and a filled database by turns, then loads the filled one for minutes; leaves nothing running that `cleanup` does not end. */
export async function runSoakBench(options: SoakOptions, cleanup: Cleanup, progress: Progress): Promise<SoakResult> {
  const { directory, issuer } = await openPlace(cleanup);
  const sides = new Sides(issuer, directory, cleanup);
  progress('making the tables');
  const filled = await sides.make('filled');
  await filled.service.stop();
  const start = new Date();
  await fill(
    filled.sql,
    { workItems: options.rows, now: start.toISOString().replace('T', ' ').slice(0, 23) },
    progress,
  );
  const empty = await sides.make('empty');
  return new Soak({ options, progress, issuer, empty, filled: await sides.again(filled), start, cleanup }).run();
}

/** A service on a database of its own, and how many alerts it has been sent. */
interface Side {
  name: string;
  database: BenchDatabase;
  service: Service;
  sql: PlainSql;
  next: number;
}

class Sides {
  constructor(
    private readonly issuer: LocalIssuer,
    private readonly directory: string,
    private readonly cleanup: Cleanup,
  ) {}

  async make(name: string): Promise<Side> {
    mkdirSync(join(this.directory, name));
    const database = await makeServerDatabase(this.directory, this.cleanup, 'The long run');
    const service = await this.start(name, database);
    const sql = await database.open();
    this.cleanup.add(() => sql.close());
    return { name, database, service, sql, next: 0 };
  }

  async again(side: Side): Promise<Side> {
    return { ...side, service: await this.start(side.name, side.database) };
  }

  private start(name: string, database: BenchDatabase): Promise<Service> {
    const options = {
      databaseUrl: database.url,
      issuer: this.issuer,
      directory: join(this.directory, name),
      profile: false,
      metrics: true,
      env: { DATABASE_POOL_SIZE: String(POOL_SIZE) },
    };
    return Service.start(options, (spawned) => this.cleanup.add(() => spawned.stop()));
  }
}

interface Parts {
  options: SoakOptions;
  progress: Progress;
  issuer: LocalIssuer;
  empty: Side;
  filled: Side;
  start: Date;
  cleanup: Cleanup;
}

class Soak {
  private readonly load = new LoadProcess();

  constructor(private readonly parts: Parts) {
    parts.cleanup.add(() => this.load.stop());
  }

  async run(): Promise<SoakResult> {
    const { options, empty, filled } = this.parts;
    const rates = await this.rates();
    await empty.service.stop();
    const mixed = await this.mixed();
    await filled.service.stop();
    const { rows, minutes } = options;
    return {
      ...{ database: filled.sql.label, node: process.version, cores: availableParallelism(), rows, minutes },
      ...rates,
      ...mixed,
      poolSize: POOL_SIZE,
    };
  }

  /** By turns, so that what the machine does besides is met by both. */
  private async rates(): Promise<Pick<SoakResult, 'emptyPerSecond' | 'filledPerSecond'>> {
    const { empty, filled, progress } = this.parts;
    progress('warming up');
    for (const side of [empty, filled]) await this.send(side, { count: FIRST_ALERTS });
    const perSecond: Record<'empty' | 'filled', number[]> = { empty: [], filled: [] };
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [name, side] of [['empty', empty] as const, ['filled', filled] as const]) {
        progress(`rate, round ${round}: ${name}`);
        perSecond[name].push((await this.send(side, ROUND)).perSecond);
      }
    }
    return { emptyPerSecond: perSecond.empty, filledPerSecond: perSecond.filled };
  }

  private async mixed(): Promise<Pick<SoakResult, 'load' | 'people' | 'trend'>> {
    const { options, filled, issuer, start, progress } = this.parts;
    const variants = variantsOf(await pickValues(filled.sql, start));
    const people = new People(filled.service.port, personToken(issuer, ['Manager']), variants);
    const seconds = options.minutes * 60;
    progress(`mixed load for ${options.minutes} min`);
    let sampler: Sampler | undefined;
    const database = new URL(filled.database.url).pathname.slice(1);
    // Another thousand times as far: what repeats an alert of the rounds would be a duplicate.
    const first = 3_000_000 * (1 + Math.ceil(filled.next / 1_000_000));
    const job = { mode: 'mixed' as const, connections: MIXED_CONNECTIONS, first };
    const load = await this.send(filled, { ...job, seconds, warmUpMs: seconds * WARM_UP_SHARE * 1_000 }, () => {
      sampler = new Sampler(filled.service, filled.sql, database);
    });
    const samples = (await sampler?.stop()) ?? [];
    return { load, people: await people.stop(), trend: trendOf(samples) };
  }

  private async send(side: Side, job: Partial<LoadJob>, onMeasuring?: () => void): Promise<LoadResult> {
    const result = await this.load.run(
      {
        ...{ port: side.service.port, path: WEBHOOK_PATH, token: azureToken(this.parts.issuer), mode: 'new' },
        ...{ connections: 16, first: side.next, warmUpMs: 0, seconds: null, count: Number.MAX_SAFE_INTEGER },
        ...job,
      },
      onMeasuring,
    );
    side.next = result.next;
    if (result.acknowledged === 0) throw new Error(`The service acknowledged nothing: ${result.faults.join('; ')}`);
    return result;
  }
}
