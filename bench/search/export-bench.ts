import { ResourceMeter } from '../process-stats';
import type { Client } from './client';

/** What the export of everything took. */
export interface ExportResult {
  workItems: number;
  seconds: number;
  perSecond: number;
  megabytes: number;
  /** The most that the service had resident before, during the first tenth, and during the rest. */
  idleMegabytes: number | null;
  tenthMegabytes: number | null;
  peakMegabytes: number | null;
}

interface Processes {
  service: number;
  database: number | null;
}

/** Takes all work items as CSV, as fast as they come. Memory that grew with the list would show between a tenth and the end. */
export async function measureExport(
  client: Client,
  { service, database, workItems }: Processes & { workItems: number },
): Promise<ExportResult> {
  const meter = (): ResourceMeter => new ResourceMeter({ service, database, load: process.pid });
  const idleMegabytes = meter().stop().peakMegabytes;
  const start = performance.now();
  const taken = await take(client, { meter, tenth: workItems / 10 });
  const seconds = (performance.now() - start) / 1_000;
  return { ...taken, seconds, perSecond: taken.workItems / seconds, idleMegabytes };
}

type Taken = Pick<ExportResult, 'workItems' | 'megabytes' | 'tenthMegabytes' | 'peakMegabytes'>;

/** No cell of the filled database has a line break. */
async function take(client: Client, { meter, tenth }: { meter: () => ResourceMeter; tenth: number }): Promise<Taken> {
  const answer = await client.open('/api/v1/work-items', 'text/csv');
  let [bytes, lines, current] = [0, 0, meter()];
  let tenthMegabytes: number | null = null;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    const isBefore = lines <= tenth;
    for (const byte of part) if (byte === NEWLINE) lines += 1;
    if (!isBefore || lines <= tenth) continue;
    tenthMegabytes = current.stop().peakMegabytes;
    current = meter();
  }
  return { workItems: lines - 1, megabytes: bytes / 1e6, tenthMegabytes, peakMegabytes: current.stop().peakMegabytes };
}

const NEWLINE = 10;
