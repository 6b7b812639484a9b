import { table, whole } from '../report';
import type { Measured } from './measure';
import type { SearchBenchResult } from './search-bench';
import type { ScanningStatement } from './statement-plans';

/** What is to be reached for every list, filter and single thing. */
const TARGET_MS = 50;

/** The whole result as text for people. */
export function searchReportOf(result: SearchBenchResult): string {
  const { database, node, cores, rows, fillSeconds, lists, stats, scanning } = result;
  const slow = lists.filter(({ p95Ms }) => p95Ms >= TARGET_MS);
  return [
    `${whole(rows)} work items · ${database} · Node ${node} · ${cores} cores, shared with all of it · filled in ${whole(fillSeconds)} s`,
    '',
    table(TITLES, lists.map(cells), 0),
    '',
    `p95 under ${TARGET_MS} ms: ${lists.length - slow.length} of ${lists.length}`,
    ...slow.map(
      ({ name, sort, p95Ms }) => `  not: ${name}${sort === '' ? '' : ` by ${sort}`} (${p95Ms.toFixed(1)} ms)`,
    ),
    '',
    table(TITLES, stats.map(cells), 0),
    '',
    exportText(result),
    '',
    'Statements that read 5,000 rows or index entries and more, each kind once:',
    ...scanning.flatMap(scanText),
  ].join('\n');
}

const TITLES = ['request', 'sort', 'requests', 'p50 ms', 'p95 ms', 'max ms', 'entries'];

function cells({ name, sort, requests, p50Ms, p95Ms, maxMs, items }: Measured): string[] {
  return [name, sort, String(requests), p50Ms.toFixed(1), p95Ms.toFixed(1), maxMs.toFixed(1), items.toFixed(0)];
}

function exportText({ export: done }: SearchBenchResult): string {
  const { idleMegabytes, tenthMegabytes, peakMegabytes } = done;
  const [idle, tenth, rest] = [idleMegabytes, tenthMegabytes, peakMegabytes].map((value) =>
    value === null ? 'n/a' : whole(value),
  );
  return (
    `Export as CSV: ${whole(done.workItems)} work items, ${whole(done.megabytes)} MB in ${whole(done.seconds)} s, ${whole(done.perSecond)} a second. ` +
    `The service had ${idle} MB resident before, at most ${tenth} MB during the first tenth, and at most ${rest} MB after it.`
  );
}

function scanText({ variant, text, rowsRead, plan }: ScanningStatement): string[] {
  return ['', `${whole(rowsRead)} read · ${variant}`, `  ${text}`, ...plan.map((line) => `    ${line}`)];
}
