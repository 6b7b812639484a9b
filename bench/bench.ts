import { availableParallelism } from 'node:os';
import type { LocalIssuer } from '../demo/issuer';
import type { Cleanup } from './cleanup';
import type { BenchDatabase } from './database';
import { measureFloor } from './floor';
import type { LoadJob, LoadResult } from './load';
import { LoadProcess } from './load-process';
import type { Options } from './options';
import type { PlainSql } from './plain-sql';
import { ResourceMeter } from './process-stats';
import { readProfile, type ProfileTable } from './profile';
import { countRows, RowPlan } from './row-plan';
import { azureToken, type Service, WEBHOOK_PATH } from './service';
import { openStage } from './stage';

/** What was measured with one number of callers. */
export interface Level {
  connections: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
  faults: string[];
  outcomes: Record<string, number>;
  peakMegabytes: number | null;
  serviceMicrosecondsPerAlert: number | null;
  databaseMicrosecondsPerAlert: number | null;
  loadMicrosecondsPerAlert: number;
  /** Share of all cores that processes took which have no part in the bench; null where it can't be told. */
  othersShare: number | null;
  floorPerSecond: number;
  /** Service / floor. */
  ratio: number;
}

export interface BenchResult {
  mode: Options['mode'];
  seconds: number;
  database: string;
  isServer: boolean;
  node: string;
  cores: number;
  /** What one alert writes. */
  rowsPerAlert: Record<string, number>;
  levels: Level[];
  profile: ProfileTable | null;
}

/** Each machine is met once before anything is measured, and the code is compiled by then. */
const FIRST_ALERTS = 3_000;
const COUNTED_ALERTS = 3_000;
const WARM_UP_MS = 500;

/** Starts everything, measures all levels, and leaves nothing running that `cleanup` does not end. */
export async function runBench(
  options: Options,
  cleanup: Cleanup,
  progress: (text: string) => void,
): Promise<BenchResult> {
  progress('starting the service');
  const { directory, database, issuer, service, sql } = await openStage(cleanup, { profile: options.profile });
  const load = new LoadProcess();
  cleanup.add(() => load.stop());
  const serverPid = await database.serverPid(sql);
  return new Bench({ options, database, serverPid, issuer, directory, service, load, sql, progress }).run();
}

interface Parts {
  options: Options;
  database: BenchDatabase;
  serverPid: number | null;
  issuer: LocalIssuer;
  directory: string;
  service: Service;
  load: LoadProcess;
  sql: PlainSql;
  progress: (text: string) => void;
}

class Bench {
  private readonly token: string;
  private readonly windows: { from: bigint; until: bigint }[] = [];
  private next = 0;
  private acknowledged = 0;

  constructor(private readonly parts: Parts) {
    this.token = azureToken(parts.issuer);
  }

  async run(): Promise<BenchResult> {
    const { options, database, sql, service, directory } = this.parts;
    const plan = await this.learnRows();
    const levels: Level[] = [];
    for (const connections of options.connections) levels.push(await this.level(connections, plan));
    await service.stop();
    return {
      mode: options.mode,
      seconds: options.seconds,
      database: sql.label,
      isServer: database.isServer,
      node: process.version,
      cores: availableParallelism(),
      rowsPerAlert: plan.perAlert,
      levels,
      profile: options.profile ? readProfile(directory, this.windows, this.acknowledged) : null,
    };
  }

  private async learnRows(): Promise<RowPlan> {
    const { sql, progress } = this.parts;
    progress('warming up');
    await this.send({ count: FIRST_ALERTS });
    const before = await countRows(sql);
    const { acknowledged } = await this.send({ count: COUNTED_ALERTS });
    return RowPlan.learn(sql, { before, alerts: acknowledged });
  }

  private async level(connections: number, plan: RowPlan): Promise<Level> {
    const { options, service, load, serverPid, sql, progress } = this.parts;
    progress(`${connections} connection(s)`);
    let meter: ResourceMeter | undefined;
    let from = 0n;
    const result = await this.send({ connections, seconds: options.seconds, warmUpMs: WARM_UP_MS }, () => {
      from = process.hrtime.bigint();
      meter = new ResourceMeter({ service: service.pid, load: load.pid, database: serverPid });
    });
    const used = meter?.stop();
    this.windows.push({ from, until: process.hrtime.bigint() });
    this.acknowledged += result.acknowledged;
    const perAlert = (microseconds: number | null | undefined): number | null =>
      microseconds === null || microseconds === undefined ? null : microseconds / result.acknowledged;
    const floorPerSecond = await measureFloor(sql, plan, { callers: connections, seconds: options.seconds });
    const { perSecond, p50Ms, p99Ms, errors, faults, outcomes } = result;
    return {
      ...{ connections, perSecond, p50Ms, p99Ms, errors, faults, outcomes },
      peakMegabytes: used?.peakMegabytes ?? null,
      serviceMicrosecondsPerAlert: perAlert(used?.serviceMicroseconds),
      databaseMicrosecondsPerAlert: perAlert(used?.databaseMicroseconds),
      loadMicrosecondsPerAlert: result.cpuMicroseconds / result.acknowledged,
      othersShare: used?.othersShare ?? null,
      floorPerSecond,
      ratio: perSecond / floorPerSecond,
    };
  }

  /** Without `seconds` it sends so many alerts, and all of them count. */
  private async send(job: Partial<LoadJob>, onMeasuring?: () => void): Promise<LoadResult> {
    const { options, service, load } = this.parts;
    const result = await load.run(
      {
        port: service.port,
        path: WEBHOOK_PATH,
        token: this.token,
        mode: options.mode,
        connections: 16,
        first: this.next,
        warmUpMs: 0,
        seconds: null,
        count: Number.MAX_SAFE_INTEGER,
        ...job,
      },
      onMeasuring,
    );
    this.next = result.next;
    if (result.acknowledged === 0) throw new Error(`The service acknowledged nothing: ${result.faults.join('; ')}`);
    return result;
  }
}
