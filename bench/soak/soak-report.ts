import { table, whole } from '../report';
import type { SoakResult } from './soak-bench';
import { isMemoryFlat, isPoolKept, type Tenth } from './verdict';

/** What the rate on the filled database must be of that on the empty one. */
const TARGET_RATIO = 0.85;

/** Whether all targets are met, each by its name. */
export function verdictsOf(result: SoakResult): [target: string, isMet: boolean][] {
  const { trend, poolSize, load, people } = result;
  return [
    [
      `the rate at ${whole(result.rows)} stored alerts is at least ${TARGET_RATIO} of that on an empty database`,
      ratioOf(result) >= TARGET_RATIO,
    ],
    ['memory is flat: the last tenth has at most 15 % or 25 MB more than the first', isMemoryFlat(trend)],
    [`no connection is leaked: at most ${poolSize}`, isPoolKept(trend, poolSize)],
    ['nothing fails', load.errors === 0 && people.errors === 0],
  ];
}

/** The whole result as text for people. */
export function soakReportOf(result: SoakResult): string {
  const { database, node, cores, rows, minutes, emptyPerSecond, filledPerSecond, load, people, trend } = result;
  const rates = (values: readonly number[]): string => values.map(whole).join(', ');
  return [
    `${whole(rows)} stored alerts, ${minutes} min · ${database} · Node ${node} · ${cores} cores, shared with all of it`,
    '',
    `alerts/s on an empty database: ${rates(emptyPerSecond)}; on the filled one: ${rates(filledPerSecond)}; ratio of the medians ${ratioOf(result).toFixed(2)}`,
    `mixed load: ${whole(load.perSecond)} alerts/s, p50 ${load.p50Ms.toFixed(1)} ms, p99 ${load.p99Ms.toFixed(1)} ms, ${load.errors} errors; ${countsOf(load.outcomes)}`,
    `people: ${whole(people.reads)} reads, ${whole(people.changes)} changes, ${people.errors} errors`,
    ...[...load.faults, ...people.faults].map((fault) => `  ${fault}`),
    '',
    table(
      ['', 'memory MB', 'connections', 'queue', 'event loop p99 ms'],
      [cells('first tenth', trend.first), cells('last tenth', trend.last)],
      1,
    ),
    `memory, second half: ${trend.megabytesPerMinute.toFixed(2)} MB a minute`,
    '',
    ...verdictsOf(result).map(([target, isMet]) => `${isMet ? 'met' : 'MISSED'}: ${target}`),
  ].join('\n');
}

function ratioOf({ emptyPerSecond, filledPerSecond }: SoakResult): number {
  return medianOf(filledPerSecond) / medianOf(emptyPerSecond);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

function cells(name: string, { megabytes, mostConnections, deepestQueue, longestLoopDelayMs }: Tenth): string[] {
  return [name, whole(megabytes), whole(mostConnections), whole(deepestQueue), longestLoopDelayMs.toFixed(0)];
}

function countsOf(outcomes: Record<string, number>): string {
  return Object.entries(outcomes)
    .map(([outcome, count]) => `${outcome} ${whole(count)}`)
    .join(', ');
}
