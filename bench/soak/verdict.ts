import type { Sample } from './sampler';

/** What one tenth of a run was like. */
export interface Tenth {
  /** On average. */
  megabytes: number;
  mostConnections: number;
  deepestQueue: number;
  longestLoopDelayMs: number;
}

export interface Trend {
  first: Tenth;
  last: Tenth;
  /** Of the line that fits the second half of the samples best, in MB a minute. */
  megabytesPerMinute: number;
}

/** The last tenth may have so much more memory than the first, as a share and in MB, whichever is more. */
const MORE_MEMORY = { share: 0.15, megabytes: 25 };

/** How a run began and how it ended. */
export function trendOf(samples: readonly Sample[]): Trend {
  const length = Math.max(1, Math.floor(samples.length / 10));
  return {
    first: tenthOf(samples.slice(0, length)),
    last: tenthOf(samples.slice(-length)),
    megabytesPerMinute: 60 * slopeOf(samples.slice(Math.floor(samples.length / 2))),
  };
}

export function isMemoryFlat({ first, last }: Trend): boolean {
  const allowed = Math.max(MORE_MEMORY.megabytes, first.megabytes * MORE_MEMORY.share);
  return last.megabytes <= first.megabytes + allowed;
}

/** The pool opens what it needs, and no more than it may. */
export function isPoolKept({ last }: Trend, poolSize: number): boolean {
  return last.mostConnections <= poolSize;
}

function tenthOf(samples: readonly Sample[]): Tenth {
  const known = samples.flatMap(({ megabytes }) => megabytes ?? []);
  const most = (values: readonly number[]): number => values.reduce((max, value) => (value > max ? value : max), 0);
  return {
    megabytes: known.reduce((sum, value) => sum + value, 0) / known.length,
    mostConnections: most(samples.map(({ connections }) => connections)),
    deepestQueue: most(samples.map(({ queueDepth }) => queueDepth)),
    longestLoopDelayMs: most(samples.map(({ loopDelayMs }) => loopDelayMs)),
  };
}

/** Least squares, in MB a second. */
function slopeOf(samples: readonly Sample[]): number {
  const points = samples.flatMap(({ seconds, megabytes }) => (megabytes === null ? [] : [{ seconds, megabytes }]));
  const mean = (pick: (point: (typeof points)[0]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [atTime, ofMemory] = [mean(({ seconds }) => seconds), mean(({ megabytes }) => megabytes)];
  const spread = points.reduce((sum, { seconds }) => sum + (seconds - atTime) ** 2, 0);
  const shared = points.reduce((sum, { seconds, megabytes }) => sum + (seconds - atTime) * (megabytes - ofMemory), 0);
  return spread === 0 ? 0 : shared / spread;
}
