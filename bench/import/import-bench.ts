import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Cleanup } from '../cleanup';
import type { ImportOptions } from '../options';
import { ResourceMeter } from '../process-stats';
import { operatorToken, type Service } from '../service';
import { openStage } from '../stage';
import { resourceGraphRows } from './rows';

/** What one import took. */
export interface ImportMeasured {
  name: string;
  rows: number;
  seconds: number;
  perSecond: number;
  /** The most that the service had resident meanwhile. */
  peakMegabytes: number | null;
  /** What the service answered. */
  answer: Record<string, unknown>;
}

export interface ImportBenchResult {
  database: string;
  node: string;
  cores: number;
  imports: ImportMeasured[];
}

/** A tenth first, by which memory that grows with the file would show. */
const PARTS = 10;

/** Imports made-up resources into a database of its own, and leaves nothing running that `cleanup` does not end. */
export async function runImportBench(
  options: ImportOptions,
  cleanup: Cleanup,
  progress: (text: string) => void,
): Promise<ImportBenchResult> {
  const imports: ImportMeasured[] = [];
  let label = '';
  for (const rows of [Math.ceil(options.rows / PARTS), options.rows]) {
    progress(`${rows} rows`);
    const measured = await measure(rows, cleanup);
    imports.push(...measured.imports);
    label = measured.label;
  }
  return { database: label, node: process.version, cores: availableParallelism(), imports };
}

/** Each size has a service and a database of its own: the memory of one would count for the other. */
async function measure(rows: number, cleanup: Cleanup): Promise<{ label: string; imports: ImportMeasured[] }> {
  const { issuer, database, service, sql } = await openStage(cleanup);
  const token = operatorToken(issuer);
  const imports: ImportMeasured[] = [];
  for (const name of ['first import', 'again, unchanged']) {
    imports.push(await measureImport(service, { name, rows, token, database: await database.serverPid(sql) }));
  }
  await service.stop();
  return { label: sql.label, imports };
}

async function measureImport(
  service: Service,
  { name, rows, token, database }: { name: string; rows: number; token: string; database: number | null },
): Promise<ImportMeasured> {
  const meter = new ResourceMeter({ service: service.pid, database, load: process.pid });
  const start = performance.now();
  const answer = await post(service.port, rows, token);
  const seconds = (performance.now() - start) / 1_000;
  return { name, rows, seconds, perSecond: rows / seconds, peakMegabytes: meter.stop().peakMegabytes, answer };
}

async function post(port: number, rows: number, token: string): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' };
  const path = '/api/v1/configuration-items/import';
  const call = request({ host: '127.0.0.1', port, method: 'POST', path, headers });
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(resourceGraphRows(rows)), call);
  const [answer] = await answered;
  let text = '';
  for await (const part of answer as AsyncIterable<Buffer>) text += part.toString();
  if (answer.statusCode !== 200) throw new Error(`The import was answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}
