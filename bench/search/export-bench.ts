import { ResourceMeter } from '../process-stats';
import type { Client } from './client';

/** What the export of everything took. */
export interface ExportResult {
  workItems: number;
  seconds: number;
  perSecond: number;
  megabytes: number;
  /** The most that the service had resident before, and meanwhile. */
  idleMegabytes: number | null;
  peakMegabytes: number | null;
}

interface Processes {
  service: number;
  database: number | null;
}

/** Takes all work items as CSV, as fast as they come. */
export async function measureExport(client: Client, { service, database }: Processes): Promise<ExportResult> {
  const pids = { service, database, load: process.pid };
  const idleMegabytes = new ResourceMeter(pids).stop().peakMegabytes;
  const meter = new ResourceMeter(pids);
  const start = performance.now();
  const { bytes, lines } = await take(client);
  const seconds = (performance.now() - start) / 1_000;
  const { peakMegabytes } = meter.stop();
  const workItems = lines - 1;
  return { workItems, seconds, perSecond: workItems / seconds, megabytes: bytes / 1e6, idleMegabytes, peakMegabytes };
}

/** No cell of the filled database has a line break. */
async function take(client: Client): Promise<{ bytes: number; lines: number }> {
  const answer = await client.open('/api/v1/work-items', 'text/csv');
  let [bytes, lines] = [0, 0];
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    for (const byte of part) if (byte === NEWLINE) lines += 1;
  }
  return { bytes, lines };
}

const NEWLINE = 10;
