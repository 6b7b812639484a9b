import { table, whole } from '../report';
import type { ImpactBenchResult } from './impact-bench';

/** What is to be reached for the default depth. */
const TARGET_MS = 100;

const TITLES = ['estate', 'depth', 'requests', 'p50 ms', 'p95 ms', 'max ms', 'hit', 'most hit', 'truncated'];

/** The whole result as text for people. */
export function impactReportOf({ database, node, cores, items, measured, plans }: ImpactBenchResult): string {
  const cells = measured.map(({ estate, depth, requests, p50Ms, p95Ms, maxMs, hit, maxHit, truncated }) => [
    ...[estate, String(depth), String(requests), p50Ms.toFixed(1), p95Ms.toFixed(1), maxMs.toFixed(1)],
    ...[whole(hit), whole(maxHit), String(truncated)],
  ]);
  const slow = measured.filter(({ p95Ms }) => p95Ms >= TARGET_MS);
  return [
    `${whole(items)} items, ${whole(5 * items)} relations · ${database} · Node ${node} · ${cores} cores, shared with all of it`,
    '',
    table(TITLES, cells, 0),
    '',
    `p95 under ${TARGET_MS} ms: ${measured.length - slow.length} of ${measured.length}`,
    ...slow.map(({ estate, depth, p95Ms }) => `  not: ${estate}, depth ${depth} (${p95Ms.toFixed(1)} ms)`),
    ...plans.flatMap(({ estate, statements }) => [
      ...['', `Statements for an item of the ${estate} estate:`],
      ...statements.flatMap(({ text, rowsRead, plan }) => [
        '',
        `${whole(rowsRead)} read`,
        `  ${text}`,
        ...plan.map((line) => `    ${line}`),
      ]),
    ]),
  ].join('\n');
}
