import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { LocalIssuer } from '../../demo/issuer';
import type { Cleanup } from '../cleanup';
import type { BenchDatabase } from '../database';
import type { SearchOptions } from '../options';
import type { PlainSql } from '../plain-sql';
import { Service, viewerToken } from '../service';
import { makeServerDatabase, openPlace } from '../stage';
import { Client } from './client';
import { measureExport, type ExportResult } from './export-bench';
import { fill } from './fill';
import { measure, measureDeep, type Measured } from './measure';
import { pickValues, variantsOf, type Variant } from './requests';
import { scanningStatements, type ScanningStatement } from './statement-plans';

export interface SearchBenchResult {
  database: string;
  node: string;
  cores: number;
  rows: number;
  fillSeconds: number;
  lists: Measured[];
  stats: Measured[];
  export: ExportResult;
  scanning: ScanningStatement[];
}

type Progress = (text: string) => void;

/** Fills a database of its own, asks the built service for everything, and leaves nothing running that `cleanup` does not end. */
export async function runSearchBench(
  options: SearchOptions,
  cleanup: Cleanup,
  progress: Progress,
): Promise<SearchBenchResult> {
  const { directory, issuer } = await openPlace(cleanup);
  const database = await makeServerDatabase(directory, cleanup, 'The search');
  return new SearchBench({ options, cleanup, progress, directory, database, issuer }).run();
}

interface Parts {
  options: SearchOptions;
  cleanup: Cleanup;
  progress: Progress;
  directory: string;
  database: BenchDatabase;
  issuer: LocalIssuer;
}

class SearchBench {
  constructor(private readonly parts: Parts) {}

  async run(): Promise<SearchBenchResult> {
    const { options, database, progress, cleanup } = this.parts;
    const now = new Date();
    progress('making the tables');
    await (await this.start()).service.stop();
    const sql = await database.open();
    cleanup.add(() => sql.close());
    const start = performance.now();
    const size = { workItems: options.rows, now: now.toISOString().replace('T', ' ').slice(0, 23) };
    await fill(sql, size, progress);
    const fillSeconds = (performance.now() - start) / 1_000;
    const variants = variantsOf(await pickValues(sql, now));
    const measured = await this.measureAll(variants, { sql, now });
    const scanning = await this.explain([...variants, ...statsVariants(now)], sql);
    const { rows } = options;
    return {
      ...{ database: sql.label, node: process.version, cores: availableParallelism(), rows, fillSeconds },
      ...measured,
      scanning,
    };
  }

  private async measureAll(
    variants: readonly Variant[],
    { sql, now }: { sql: PlainSql; now: Date },
  ): Promise<Pick<SearchBenchResult, 'lists' | 'stats' | 'export'>> {
    const { progress, database } = this.parts;
    const { service, client } = await this.start();
    progress('warming up');
    for (const variant of variants.slice(0, 20)) await client.get(variant.path(1_000));
    const lists: Measured[] = [];
    for (const [index, variant] of variants.entries()) {
      if (index % 10 === 0) progress(`requests: ${index} of ${variants.length} kinds`);
      lists.push(await measure(client, variant));
    }
    progress('deep pages');
    for (const variant of variants.filter(({ name }) => DEEP.includes(name)))
      lists.push(await measureDeep(client, variant));
    progress('statistics');
    const stats: Measured[] = [];
    for (const variant of statsVariants(now)) stats.push(await measure(client, variant));
    progress('export');
    const exported = await measureExport(client, {
      service: service.pid,
      database: await database.serverPid(sql),
      workItems: this.parts.options.rows,
    });
    client.close();
    await service.stop();
    return { lists, stats, export: exported };
  }

  private async explain(variants: readonly Variant[], sql: PlainSql): Promise<ScanningStatement[]> {
    this.parts.progress('plans');
    const file = join(this.parts.directory, 'statements.jsonl');
    const { service, client } = await this.start(file);
    const found = await scanningStatements({ client, sql, file }, variants);
    client.close();
    await service.stop();
    return found;
  }

  private async start(statementsFile?: string): Promise<{ service: Service; client: Client }> {
    const { database, issuer, directory, cleanup } = this.parts;
    const options = { databaseUrl: database.url, issuer, directory, profile: false, statementsFile };
    const service = await Service.start(options, (spawned) => cleanup.add(() => spawned.stop()));
    return { service, client: new Client(service.port, viewerToken(issuer)) };
  }
}

const DEEP = [
  'work items: no filter',
  'work items: state, live',
  'work items: assignmentGroup',
  'work items: type',
  'alerts: no filter',
];

const DAY_MS = 86_400_000;

function statsVariants(now: Date): Variant[] {
  return [7, 30, 365, 730].map((days) => ({
    name: `statistics of ${days} days`,
    sort: '',
    path: (turn: number) =>
      `/api/v1/work-items/stats?from=${new Date(now.getTime() - days * DAY_MS - turn * 60_000).toISOString()}`,
  }));
}
