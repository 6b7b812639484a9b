import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** CPU time of the service's main thread by where it was spent, in microseconds for one alert. */
export interface ProfileTable {
  groups: [name: string, microsecondsPerAlert: number][];
  /** Functions of the service and its packages, by self time. */
  functions: [name: string, microsecondsPerAlert: number][];
}

interface CpuProfile {
  nodes: ProfileNode[];
  /** Microseconds of the monotonic clock. */
  startTime: number;
  samples: number[];
  timeDeltas: number[];
}

interface ProfileNode {
  id: number;
  callFrame: Frame;
  children?: number[];
}

interface Frame {
  functionName: string;
  url: string;
  lineNumber: number;
}

const FUNCTIONS = 25;

/** Reads the profile that the service left in `directory` when it ended; only what was measured counts. */
export function readProfile(
  directory: string,
  windows: readonly { from: bigint; until: bigint }[],
  alerts: number,
): ProfileTable {
  const file = readdirSync(directory).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('The service left no profile.');
  const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile;
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  const grouping = new Grouping(profile.nodes);
  for (const [node, microseconds] of selfTimes(profile, windows)) {
    const group = grouping.node(node);
    if (group === null) continue;
    add(groups, group, microseconds / alerts);
    add(functions, labelOf(node.callFrame, group), microseconds / alerts);
  }
  return { groups: byTime(groups), functions: byTime(functions).slice(0, FUNCTIONS) };
}

function selfTimes(
  { nodes, startTime, samples, timeDeltas }: CpuProfile,
  windows: readonly { from: bigint; until: bigint }[],
): [ProfileNode, number][] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const spans = windows.map(({ from, until }) => ({ from: Number(from / 1_000n), until: Number(until / 1_000n) }));
  const times = new Map<number, number>();
  let now = startTime;
  for (const [index, id] of samples.entries()) {
    now += timeDeltas[index] ?? 0;
    const isMeasured = spans.some(({ from, until }) => now >= from && now <= until);
    if (isMeasured) times.set(id, (times.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0));
  }
  return [...times].map(([id, time]) => [byId.get(id) as ProfileNode, time]);
}

/** Tells whose time it is: what Node and V8 do is counted to the package that called them, but for cryptography. */
class Grouping {
  private readonly parents = new Map<number, ProfileNode>();

  constructor(nodes: readonly ProfileNode[]) {
    for (const node of nodes) for (const child of node.children ?? []) this.parents.set(child, node);
  }

  /** A folder of ours, a package, a part of Node, or what V8 does itself; null = idle. */
  node(node: ProfileNode): string | null {
    const { functionName } = node.callFrame;
    if (functionName === '(idle)') return null;
    if (functionName === '(garbage collector)') return 'garbage collector';
    if (functionName === '(program)') return 'native code';
    for (let at: ProfileNode | undefined = node; at !== undefined; at = this.parents.get(at.id)) {
      const group = packageOf(at.callFrame);
      if (group !== null) return group;
    }
    return /^node:_?http/.test(node.callFrame.url) ? 'node http' : 'node, other';
  }
}

function packageOf({ url }: Frame): string | null {
  const path = url.replace('file://', '');
  if (/^node:(internal\/)?crypto/.test(path)) return 'node crypto';
  const packageName = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  if (packageName !== undefined) return packageName;
  const folder = /\/dist\/(?:([^/]+)\/)?(?:([^/]+)\/)?[^/]+$/.exec(path);
  return folder === null ? null : `src/${[folder[1], folder[2]].filter(Boolean).join('/')}`;
}

function labelOf({ functionName, url, lineNumber }: Frame, group: string): string {
  const name = functionName === '' ? '(anonymous)' : functionName.slice(0, 60);
  const file = url.split('/').at(-1) ?? '';
  return `${group}: ${name}${file === '' ? '' : ` (${file}:${lineNumber + 1})`}`;
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function byTime(sums: ReadonlyMap<string, number>): [string, number][] {
  return [...sums].sort(([, one], [, other]) => other - one);
}
