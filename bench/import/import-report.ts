import { table, whole } from '../report';
import type { ImportBenchResult, ImportMeasured } from './import-bench';

/** The whole result as text for people. */
export function importReportOf({ database, node, cores, imports }: ImportBenchResult): string {
  return [
    `${database} · Node ${node} · ${cores} cores, shared with all of it`,
    '',
    table(
      ['import', 'rows', 'seconds', 'rows/s', 'memory MB', 'created', 'unchanged', 'relations', 'failed'],
      imports.map(cells),
      0,
    ),
  ].join('\n');
}

function cells({ name, rows, seconds, perSecond, peakMegabytes, answer }: ImportMeasured): string[] {
  const memory = peakMegabytes === null ? 'n/a' : whole(peakMegabytes);
  const counts = ['created', 'unchanged', 'relations', 'failedCount'].map((field) => whole(Number(answer[field])));
  return [name, whole(rows), seconds.toFixed(1), whole(perSecond), memory, ...counts];
}
