import { shareOf, wayByIndex, waysToCheck, type Checks, type Estimated } from './checks.rules';
import {
  combinationCount,
  isNamed,
  isOfAlerts,
  isOfPriorities,
  type ClusterFilter,
  type ColumnFilter,
  type Filter,
  type SourceFilter,
} from './filters.rules';
import type { Order } from './order.rules';

/** What is known before a list is read: about how many work items … */
export interface Situation {
  order: Order;
  /** … have to be found, … */
  need: number;
  /** … each filter lets through, … */
  filters: readonly Estimated[];
  /** … are of signatures that have had all that is asked for, besides those opened by hand (null = there are too many of these), … */
  cluster: { filter: ClusterFilter; count: number; byHand: number } | null;
  /** … were opened between the given times (null = no times are given), … */
  inWindow: number | null;
  /** … are met before the first of these, where the order is that of the last change, … */
  skipped: number;
  /** … and there are. */
  all: number;
}

/**
 * How the ids of a page are found.
 *
 * - `walk`: along an index that has the order, checking each entry, until there are enough. `drive` is the filter whose
 *   index it is; null = that of the order itself.
 * - `gather`: all that a filter lets through (null = the window of times), their sort keys from the slim index, and the
 *   first of them.
 */
export type Plan =
  | { kind: 'walk'; drive: ColumnFilter | null; checks: Checks }
  | { kind: 'gather'; from: SourceFilter | null; checks: Checks };

/** A walk that is a gamble goes no further than `within` entries: if that was not enough, the next step is the answer. */
export interface Step {
  plan: Plan;
  within: number | null;
}

/** So many ordered lists are merged by one statement. */
const MAX_BRANCHES = 100;

/**
 * Microseconds, as measured on MariaDB with a million work items: an index entry, a row somewhere, an entry whose
 * sort keys are looked up, and looking through all signatures. MariaDB supposes twice as many entries as there are, so what is gathered costs half of what was measured.
 */
const COST = { entry: 0.3, row: 15, gathered: 1.2, looking: 30_000 };
/** What is expected may not come: this share of the worst case counts, of entries and of rows. */
const CAUTION = { entry: 0.05, row: 0.2 };
/** A gamble may cost so much at least, three times as much as is expected, or half of what the safe way costs … */
const STAKE = 10_000;
/** … but goes no further than this: to find out where it ends takes as many entries. */
const MOST_ENTRIES = 20_000;
/** It is lost so often. Priority goes with nearly everything that one filters by, time with little. */
const LOSSES = { priority: 0.5, time: 0.1 };

/** Of the work items of a signature, so many have what their alerts tell. */
const NEARLY_ALL = 0.9;

/** What a choice depends on that has to be estimated first. */
export interface Choice {
  order: Order;
  filters: readonly Filter[];
  isWindowed: boolean;
}

/** The way where there is only one to think of: along the index that has the order. Null = it takes estimates to choose. */
export function onlyWay({ order, filters, isWindowed }: Choice): Step[] | null {
  const [filter, ...others] = filters;
  if (others.length > 0) return null;
  if (filter === undefined) return isWindowed && order.columns[0] === 'updatedAt' ? null : [along(null)];
  return isWalkable(order, filter) ? [along(filter)] : null;
}

function along(drive: ColumnFilter | null): Step {
  return { plan: { kind: 'walk', drive, checks: { probes: [], rows: [] } }, within: null };
}

/** The cheapest way to a page, and where that is a gamble, the safe one after it. */
export function stepsFor(situation: Situation): Step[] {
  const { plan, cost, each, worst } = walkAlongOrder(situation);
  const whole = { plan, cost: cost + CAUTION.entry * worst };
  const safe = cheapest([whole, ...walksAlongFilters(situation), ...gathers(situation)]);
  const end = { plan: safe.plan, within: null };
  if (safe === whole) return [end];
  const losses = LOSSES[situation.order.columns[0] === 'priority' ? 'priority' : 'time'];
  const within = Math.min(MOST_ENTRIES, Math.ceil(Math.max(STAKE, 3 * cost, safe.cost / 2) / each));
  const stake = within * (each + COST.entry);
  const isGambled = Math.min(cost, stake) + losses * (stake + safe.cost) < safe.cost;
  return isGambled ? [{ plan, within }, end] : [end];
}

interface Priced {
  plan: Plan;
  cost: number;
}

/** What the walk costs as expected, an entry of it, and all of it. Without anything to check, it finds what it meets. */
function walkAlongOrder({ order, filters, cluster, inWindow, skipped, all, need }: Situation): Priced & {
  each: number;
  worst: number;
} {
  const isPriorityKnown = order.columns[0] !== 'openedAt';
  const { checks, lookUps, read } = wayByIndex(filters, { isPriorityKnown });
  const each = COST.entry + lookUps + read * COST.row;
  // The other orders' indexes go on by the time of opening: there, what lies outside of the window is not even met.
  const isByUpdate = order.columns[0] === 'updatedAt' && inWindow !== null;
  const entries = isByUpdate ? all : (inWindow ?? all);
  const share = Math.min(shareOf(filters), matchesOf(cluster, filters) / all);
  // Past the end of the window all that follows is met in vain.
  const isEnough = !isByUpdate || inWindow * share >= need;
  const expected = isEnough ? Math.min(entries, skipped + need / share) : entries;
  const isCertain = filters.length === 0 && !isByUpdate;
  const worst = (isCertain ? Math.min(entries, need) : entries) * each;
  return { plan: { kind: 'walk', drive: null, checks }, cost: expected * each, each, worst };
}

function walksAlongFilters({ order, filters, cluster, need }: Situation): Priced[] {
  const drives = filters.flatMap(({ filter, count }) => (isWalkable(order, filter) ? [{ drive: filter, count }] : []));
  return drives.flatMap(({ drive, count }) => {
    const others = filters.filter(({ filter }) => filter !== drive);
    const share = Math.min(shareOf(others), matchesOf(cluster, filters) / Math.max(count, 1));
    const expected = Math.min(count, need / share);
    return waysToCheck(others).map(({ checks, lookUps, read }) => ({
      plan: { kind: 'walk', drive, checks } as const,
      cost: (expected + CAUTION.entry * count) * (COST.entry + lookUps + read * COST.row),
    }));
  });
}

function gathers({ order, filters, cluster, inWindow, need }: Situation): Priced[] {
  const sources: { from: SourceFilter | null; count: number }[] = filters.map(({ filter, count }) => ({
    from: filter,
    count,
  }));
  if (cluster !== null) sources.push({ from: cluster.filter, count: cluster.count + cluster.byHand });
  if (inWindow !== null) sources.push({ from: null, count: inWindow });
  return sources.flatMap(({ from, count }) => {
    // Where a text was found, it may be that of another work item: only the row tells.
    const checked = filters.filter(({ filter }) => filter !== from || filter.kind === 'text');
    const isCluster = from?.kind === 'cluster';
    const likely = isCluster ? checked.map(likelyInCluster) : checked;
    const isByUpdate = order.columns[0] === 'updatedAt';
    return waysToCheck(likely).map(({ checks, lookUps, passing, read, rowShare }) => {
      const gathered = hasKeys(from) ? COST.entry + (isByUpdate ? passing * COST.gathered : 0) : COST.gathered;
      const most = count * read;
      const rows =
        most === 0 ? 0 : Math.min(most, need / rowShare) + CAUTION.row * (isCluster ? 1 - rowShare : 1) * most;
      const plan = { kind: 'gather', from, checks } as const;
      return { plan, cost: count * (gathered + lookUps) + rows * COST.row + (isNowhereNamed(from) ? COST.looking : 0) };
    });
  });
}

/** What alerts tell, nearly all work items of their signatures have; what people and rules decide, one of them may have had. */
function likelyInCluster(estimated: Estimated): Estimated {
  const { filter, share } = estimated;
  const isLikely = isOfAlerts(filter) && !isOfPriorities(filter);
  return isLikely ? { ...estimated, share: Math.max(share, NEARLY_ALL) } : estimated;
}

/** The most work items that can be what is asked for, as the signatures tell: filters that go together by chance may never do. */
function matchesOf(cluster: Situation['cluster'], filters: readonly Estimated[]): number {
  return cluster === null ? Infinity : Math.max(cluster.count + cluster.byHand * shareOf(filters), 0.1);
}

/** A text that is too frequent to be named is looked for once more, in all signatures. */
function isNowhereNamed(filter: SourceFilter | null): boolean {
  return filter?.kind === 'text' && !isNamed(filter);
}

/** Whether the index of a filter tells when its work items were opened; that of bindings does not. */
function hasKeys(filter: SourceFilter | null): boolean {
  return filter?.kind !== 'item' && (filter?.kind !== 'text' || filter.ciIds?.length === 0);
}

/** Whether the index of a filter has the order within each combination of its values. */
function isWalkable(order: Order, filter: Filter): filter is ColumnFilter {
  if (filter.kind !== 'columns' || order.columns[0] === 'updatedAt') return false;
  return combinationCount(filter, order.columns) <= MAX_BRANCHES;
}

function cheapest(plans: readonly [Priced, ...Priced[]]): Priced {
  return plans.reduce((best, plan) => (plan.cost < best.cost ? plan : best));
}
