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
  /** The share of entries whose row is read. */
  read: number;
}

/** A statement joins 61 tables at most. */
const MAX_PROBES = 40;
const MAX_PROBES_OF_ONE = 15;
/** Microseconds of a look-up, as measured on MariaDB with a million work items. */
const LOOK_UP = 2;
/** Filters go together more often than chance has it: no check is supposed to spare more of the next ones. */
const LEAST_SHARE = 0.1;

/** By look-ups as far as they go, or by the row alone: of what most entries have, a few rows cost less than all the look-ups. */
export function waysToCheck(filters: readonly Estimated[]): Way[] {
  const byIndex = wayByIndex(filters, { isPriorityKnown: true });
  if (byIndex.checks.probes.length === 0) return [byIndex];
  return [
    byIndex,
    { checks: { probes: [], rows: filters.map(({ filter }) => filter) }, lookUps: 0, passing: 1, read: 1 },
  ];
}

/**
 * The rarest filter first: what it refuses costs no further look-up. A look-up needs the priority of the entry, as all
 * indexes have it before the time.
 */
export function wayByIndex(filters: readonly Estimated[], { isPriorityKnown }: { isPriorityKnown: boolean }): Way {
  const probes: Probe[] = [];
  const rows: Filter[] = [];
  let [tables, lookUps, passing] = [0, 0, 1];
  for (const { filter, share } of [...filters].sort((one, other) => one.share - other.share)) {
    const count = lookUpCount(filter);
    const isUnknown = filter.kind === 'columns' && !isPriorityKnown;
    if (filter.kind === 'text' || isUnknown || count > MAX_PROBES_OF_ONE || tables + count > MAX_PROBES) {
      rows.push(filter);
      continue;
    }
    probes.push(filter);
    tables += count;
    lookUps += passing * count * LOOK_UP;
    passing *= Math.max(share, LEAST_SHARE);
  }
  return { checks: { probes, rows }, lookUps, passing, read: rows.length === 0 ? 0 : passing };
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
