import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { LocalIssuer } from '../../demo/issuer';
import type { Cleanup } from '../cleanup';
import type { BenchDatabase } from '../database';
import type { ImpactOptions } from '../options';
import { Client } from '../search/client';
import { scanningStatements, type ScanningStatement } from '../search/statement-plans';
import { Service, viewerToken } from '../service';
import { makeServerDatabase, openPlace } from '../stage';
import { ESTATES, fillEstate, randomOf, type Estate } from './fill';

/** Items of an estate that are asked about. */
const REQUESTS = 100;
const DEPTHS = [5, 10];

/** How long the answers about the items of one estate took. */
export interface ImpactMeasured {
  estate: Estate;
  depth: number;
  requests: number;
  p50Ms: number;
  p95Ms: number;
  maxMs: number;
  /** Items that an answer named: on average, and the most. */
  hit: number;
  maxHit: number;
  truncated: number;
}

export interface ImpactBenchResult {
  database: string;
  node: string;
  cores: number;
  items: number;
  measured: ImpactMeasured[];
  plans: { estate: Estate; statements: ScanningStatement[] }[];
}

type Progress = (text: string) => void;

/** Asks the built service who is hit by random items, in each kind of estate; leaves nothing behind that `cleanup` does not end. */
export async function runImpactBench(
  options: ImpactOptions,
  cleanup: Cleanup,
  progress: Progress,
): Promise<ImpactBenchResult> {
  const { directory, issuer } = await openPlace(cleanup);
  const result: ImpactBenchResult = {
    ...{ database: '', node: process.version, cores: availableParallelism(), items: options.items },
    ...{ measured: [], plans: [] },
  };
  for (const estate of ESTATES) {
    const database = await makeServerDatabase(directory, cleanup, 'Impact');
    await measureEstate(estate, { options, cleanup, progress, directory, issuer, database }, result);
  }
  return result;
}

interface Parts {
  options: ImpactOptions;
  cleanup: Cleanup;
  progress: Progress;
  directory: string;
  issuer: LocalIssuer;
  database: BenchDatabase;
}

async function measureEstate(estate: Estate, parts: Parts, result: ImpactBenchResult): Promise<void> {
  const { options, cleanup, progress, database, directory } = parts;
  await (await start(parts)).service.stop();
  const sql = await database.open();
  cleanup.add(() => sql.close());
  result.database = sql.label;
  progress(`${estate}: ${options.items} items, ${5 * options.items} relations`);
  const ids = await fillEstate(sql, estate, options.items);
  const { service, client } = await start(parts);
  for (const id of some(ids, 100, 1)) await client.get(pathOf(id, 5));
  for (const depth of DEPTHS) {
    progress(`${estate}: depth ${depth}`);
    result.measured.push(await measured(client, { estate, depth, ids: some(ids, REQUESTS, depth) }));
  }
  client.close();
  await service.stop();
  progress(`${estate}: plans`);
  const file = join(directory, `${estate}.jsonl`);
  const recording = await start(parts, file);
  const [one = '', ...others] = some(ids, 6, 2);
  const variants = [{ name: 'impact', sort: '', path: (turn: number) => pathOf(others[turn] ?? one, 5) }];
  const statements = await scanningStatements({ client: recording.client, sql, file, many: 1 }, variants);
  result.plans.push({ estate, statements });
  recording.client.close();
  await recording.service.stop();
}

async function start(
  { database, issuer, directory, cleanup }: Parts,
  statementsFile?: string,
): Promise<{ service: Service; client: Client }> {
  const options = { databaseUrl: database.url, issuer, directory, profile: false, statementsFile };
  const service = await Service.start(options, (spawned) => cleanup.add(() => spawned.stop()));
  return { service, client: new Client(service.port, viewerToken(issuer)) };
}

async function measured(
  client: Client,
  { estate, depth, ids }: { estate: Estate; depth: number; ids: readonly string[] },
): Promise<ImpactMeasured> {
  const times: number[] = [];
  const hits: number[] = [];
  let truncated = 0;
  for (const id of ids) {
    const { status, ms, body } = await client.get<{ hit: unknown[]; truncated: boolean }>(pathOf(id, depth));
    if (status !== 200) throw new Error(`The impact of ${id} was answered ${status}.`);
    times.push(ms);
    hits.push(body.hit.length);
    truncated += Number(body.truncated);
  }
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return {
    ...{ estate, depth, requests: times.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) },
    ...{ hit: hits.reduce((sum, each) => sum + each, 0) / hits.length, maxHit: Math.max(...hits), truncated },
  };
}

function some(ids: readonly string[], count: number, seed: number): string[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, () => ids[Math.floor(random() * ids.length)] as string);
}

function pathOf(id: string, depth: number): string {
  return `/api/v1/configuration-items/${id}/impact?depth=${depth}`;
}
