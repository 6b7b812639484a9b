import type { Client } from './client';
import type { Variant } from './requests';

/** How long the answers to one kind of request took. */
export interface Measured {
  name: string;
  sort: string;
  requests: number;
  p50Ms: number;
  p95Ms: number;
  maxMs: number;
  /** Entries a page, on average. */
  items: number;
}

/** Requests of a kind, unless they take too long. */
const REQUESTS = 60;
const MAX_MS = 15_000;
/** So many pages of a list are read before the next values are taken. */
const PAGES = 3;
/** How far a deep page lies. */
const DEEP_PAGES = 40;

interface Answer {
  items?: unknown[];
  nextCursor?: string | null;
}

/** Asks again and again, for further pages where there are any, and with other values. */
export async function measure(client: Client, variant: Variant): Promise<Measured> {
  const deadline = performance.now() + MAX_MS;
  const times: number[] = [];
  let [items, turn, pages, path] = [0, 0, 0, variant.path(0)];
  while (times.length < REQUESTS && performance.now() < deadline) {
    const { ms, body } = await ask(client, path);
    times.push(ms);
    items += body.items?.length ?? 1;
    pages += 1;
    const cursor = body.nextCursor ?? null;
    if (cursor !== null && pages < PAGES) {
      path = withCursor(path, cursor);
      continue;
    }
    turn += 1;
    pages = 0;
    path = variant.path(turn);
  }
  return { name: variant.name, sort: variant.sort, ...summaryOf(times), items: items / times.length };
}

/** Pages far behind the beginning of a list; the way there does not count. */
export async function measureDeep(client: Client, variant: Variant): Promise<Measured> {
  let path = `${variant.path(0)}&limit=200`;
  for (let page = 0; page < DEEP_PAGES; page += 1) {
    const { body } = await ask(client, path);
    if (body.nextCursor === null || body.nextCursor === undefined) break;
    path = withCursor(path, body.nextCursor);
  }
  const start = path.replace('&limit=200', '');
  const deep = await measure(client, { ...variant, path: () => start });
  return { ...deep, name: `${variant.name}, deep` };
}

async function ask(client: Client, path: string): Promise<{ ms: number; body: Answer }> {
  const { status, ms, body } = await client.get<Answer>(path);
  if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${JSON.stringify(body).slice(0, 300)}`);
  return { ms, body };
}

function withCursor(path: string, cursor: string): string {
  return `${path.replace(/&cursor=[^&]*/, '')}${path.includes('?') ? '&' : '?'}cursor=${cursor}`;
}

function summaryOf(times: number[]): Pick<Measured, 'requests' | 'p50Ms' | 'p95Ms' | 'maxMs'> {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { requests: times.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) };
}
