import type { BenchResult, Level } from './bench';
import type { ProfileTable } from './profile';

/** What is to be reached on MySQL or MariaDB, with the load on the same two cores. */
const TARGETS: {
  connections: number;
  name: string;
  isReached: (level: Level) => boolean;
  of: (level: Level) => string;
}[] = [
  rateTarget(1, 400),
  rateTarget(64, 2_000),
  {
    connections: 64,
    name: 'at least 0.4 of the floor',
    isReached: ({ ratio }) => ratio >= 0.4,
    of: ({ ratio }) => ratio.toFixed(2),
  },
  rateTarget(256, 2_200),
  latencyTarget(1, 8),
  latencyTarget(64, 60),
  latencyTarget(256, 200),
  memoryTarget(1, 200),
  memoryTarget(64, 250),
  memoryTarget(256, 300),
];

function rateTarget(connections: number, least: number): (typeof TARGETS)[number] {
  const name = `at least ${whole(least)} alerts/s`;
  return { connections, name, isReached: (level) => level.perSecond >= least, of: (level) => whole(level.perSecond) };
}

function latencyTarget(connections: number, most: number): (typeof TARGETS)[number] {
  const name = `p99 at most ${most} ms`;
  return { connections, name, isReached: (level) => level.p99Ms <= most, of: (level) => level.p99Ms.toFixed(1) };
}

function memoryTarget(connections: number, most: number): (typeof TARGETS)[number] {
  const name = `at most ${most} MB resident`;
  return {
    connections,
    name,
    isReached: ({ peakMegabytes }) => peakMegabytes !== null && peakMegabytes <= most,
    of: ({ peakMegabytes }) => optional(peakMegabytes),
  };
}

/** The whole result as text for people. */
export function reportOf(result: BenchResult): string {
  return [
    headline(result),
    '',
    table(COLUMNS, result.levels.map(cells)),
    '',
    ...faults(result.levels),
    `Rows for one alert: ${rowsText(result)}. Floor: the same rows by plain statements.`,
    'Others: the share of the cores that processes took which have no part in this.',
    '',
    targets(result),
    ...(result.profile === null ? [] : ['', profileText(result.profile)]),
  ].join('\n');
}

function headline({ mode, database, node, cores, seconds }: BenchResult): string {
  return `mode ${mode} · ${database} · Node ${node} · ${cores} cores, shared with the load · ${seconds} s a level`;
}

const COLUMNS = [
  'connections',
  'alerts/s',
  'p50 ms',
  'p99 ms',
  'errors',
  'memory MB',
  'service µs/alert',
  'database µs/alert',
  'floor/s',
  'ratio',
  'others',
];

function cells(level: Level): string[] {
  return [
    String(level.connections),
    whole(level.perSecond),
    level.p50Ms.toFixed(1),
    level.p99Ms.toFixed(1),
    String(level.errors),
    optional(level.peakMegabytes),
    optional(level.serviceMicrosecondsPerAlert),
    optional(level.databaseMicrosecondsPerAlert),
    whole(level.floorPerSecond),
    level.ratio.toFixed(2),
    level.othersShare === null ? 'n/a' : `${whole(level.othersShare * 100)} %`,
  ];
}

function faults(levels: readonly Level[]): string[] {
  const texts = [...new Set(levels.flatMap((level) => level.faults))];
  return texts.length === 0 ? [] : ['Errors:', ...texts.map((text) => `  ${text}`), ''];
}

function rowsText({ rowsPerAlert }: BenchResult): string {
  return Object.entries(rowsPerAlert)
    .map(([name, count]) => `${name} ${Number(count.toFixed(2))}`)
    .join(', ');
}

function targets({ mode, isServer, levels, profile }: BenchResult): string {
  if (mode !== 'new' || !isServer || profile !== null)
    return 'The targets are for new alerts on MySQL or MariaDB, without --profile.';
  const rows = TARGETS.flatMap((target) => {
    const level = levels.find(({ connections }) => connections === target.connections);
    if (level === undefined) return [];
    const verdict = target.isReached(level) ? 'reached' : 'not reached';
    return [[String(target.connections), target.name, target.of(level), verdict]];
  });
  return table(['connections', 'target', 'measured', ''], rows);
}

function profileText({ groups, functions }: ProfileTable): string {
  const total = groups.reduce((sum, [, microseconds]) => sum + microseconds, 0);
  const rows = [['all', total] as const, ...groups.filter(([, microseconds]) => microseconds >= 1)].map(
    ([name, microseconds]) => [microseconds.toFixed(1), `${((100 * microseconds) / total).toFixed(1)} %`, name],
  );
  const tops = functions.map(([name, microseconds]) => [microseconds.toFixed(1), name]);
  return [
    "Where the service's main thread spends its time, µs per alert",
    table(['µs', 'share', 'where'], rows, 1),
    '',
    'The functions with the most time of their own',
    table(['µs', 'function'], tops, 1),
  ].join('\n');
}

/** Numbers to the right; the last `textColumns` columns hold text, to the left. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[], textColumns = 0): string {
  const widths = titles.map((title, column) =>
    Math.max(...[titles, ...rows].map((row) => row[column]?.length ?? 0), title.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < titles.length - textColumns ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [titles, ...rows].map(line).join('\n');
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function optional(value: number | null): string {
  return value === null ? 'n/a' : whole(value);
}
