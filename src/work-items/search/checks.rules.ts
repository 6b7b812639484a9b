import { combinationCount, type Filter } from './filters.rules';

/** A filter, and about how many work items it lets through, also as a share of all. */
export interface Estimated {
  filter: Filter;
  count: number;
  share: number;
}

/** What an index can tell; a text only the row. */
type Probe = Exclude<Filter, { kind: 'text' }>;

/** How an entry is checked: by looking it up in the index of one filter after the other, or by reading the row. */
export interface Checks {
  probes: readonly Probe[];
  rows: readonly Filter[];
}

/** One way to check entries, and what it costs. */
export interface Way {
  checks: Checks;
  /** Microseconds of the look-ups for an entry. */
  lookUps: number;
  /** The share of entries that are left then. */
  passing: number;
  /** The share of entries whose row is read, at most … */
  read: number;
  /** … and of these rows, the share that is let through. */
  rowShare: number;
}

/** A statement joins 61 tables at most. */
const MAX_PROBES = 40;
const MAX_PROBES_OF_ONE = 15;
/** Microseconds of a look-up, as measured on MariaDB with a million work items. */
const LOOK_UP = 2;
/** Filters go together more often than chance has it: no check is supposed to spare more of the next ones. */
const LEAST_SHARE = 0.1;

/**
 * By look-ups as far as they go, or of the rarest filters only, and then by the row: where a list is gathered, what nearly all
 * entries have is not worth a look-up of each of them, as a page takes few rows.
 */
export function waysToCheck(filters: readonly Estimated[]): Way[] {
  const byIndex = wayByIndex(filters, { isPriorityKnown: true });
  const fewer = byIndex.checks.probes.map((_, most) => wayByIndex(filters, { isPriorityKnown: true, most }));
  return [byIndex, ...fewer];
}

/**
 * The rarest filter first: what it refuses costs no further look-up. A look-up needs the priority of the entry, as all
 * indexes have it before the time. After `most` filters, the row is read.
 */
export function wayByIndex(
  filters: readonly Estimated[],
  { isPriorityKnown, most = Infinity }: { isPriorityKnown: boolean; most?: number },
): Way {
  const probes: Probe[] = [];
  const rows: Estimated[] = [];
  let [tables, lookUps, passing] = [0, 0, 1];
  for (const estimated of [...filters].sort((one, other) => one.share - other.share)) {
    const { filter, share } = estimated;
    const count = lookUpCount(filter);
    const isUnknown = filter.kind === 'columns' && !isPriorityKnown;
    const isTooMuch = probes.length >= most || count > MAX_PROBES_OF_ONE || tables + count > MAX_PROBES;
    if (filter.kind === 'text' || isUnknown || isTooMuch) {
      rows.push(estimated);
      continue;
    }
    probes.push(filter);
    tables += count;
    lookUps += passing * count * LOOK_UP;
    passing *= Math.max(share, LEAST_SHARE);
  }
  const checks = { probes, rows: rows.map(({ filter }) => filter) };
  return { checks, lookUps, passing, read: rows.length === 0 ? 0 : passing, rowShare: shareOf(rows) };
}

/** The priority is that of the entry; one that is filtered by alone needs no look-up at all. */
function lookUpCount(filter: Filter): number {
  if (filter.kind !== 'columns') return 1;
  const isPriority = Object.keys(filter.columns).length === 1;
  return isPriority ? 0 : combinationCount(filter, ['priority']);
}

/** The share of all work items that filters let through, were they independent of each other. */
export function shareOf(filters: readonly Estimated[]): number {
  return filters.reduce((product, { share }) => product * share, 1);
}
