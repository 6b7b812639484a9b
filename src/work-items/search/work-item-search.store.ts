import type { EntityManager } from 'typeorm';
import { estimateRows } from '../../common/row-estimates';
import { isSqlite } from '../../common/sql';
import { joined, raw, sql, where, type SqlText } from '../../common/sql-text.rules';
import type { Estimated } from './checks.rules';
import { bytesOf, forced, type Dialect } from './dialect.rules';
import {
  MAX_NAMED,
  facetLinesOf,
  isFoundNowhere,
  isFrequent,
  isKnownBySignature,
  isNamed,
  isOfAlerts,
  numbersOf,
  ofPriority,
  patternOf,
  prioritiesOf,
  type ClusterFilter,
  type Filter,
  type OpenedWindow,
  type Search,
  type TextFilter,
} from './filters.rules';
import { changedBefore, FIRST_AGE_CLASS, OTHER_AGE_CLASSES } from '../age-class.rules';
import { facetLine } from '../facets.rules';
import { comparePositions, ORDERS, positionOf, type Order, type Position, type SortKeys } from './order.rules';
import { onlyWay, stepsFor, type Plan, type Step } from './plan.rules';
import { facetsHave, sourcesOf, textHas } from './sources.rules';
import { boundaryOf, statementOf, type Wanted } from './statements.rules';

/** Where a page of a list begins, and how much of it is to be found. */
export interface PageOfKeys {
  order: Order;
  after: Position | null;
  limit: number;
}

/** A found work item and its place in the list. */
export interface FoundKey {
  id: number;
  position: Position;
}

/** The SQL of searches: ids only. Nothing is read but indexes, until the row itself has to be looked at. */
export class WorkItemSearchStore {
  private readonly dialect: Dialect;

  constructor(private readonly manager: EntityManager) {
    this.dialect = { isSqlite: isSqlite(manager) };
  }

  /** The work items of a page, in order. */
  find(search: Search, page: PageOfKeys): Promise<FoundKey[]> {
    const isByPriority =
      page.order.columns[0] === 'priority' && isFrequent(search) && search.filters.every(isKnownBySignature);
    return isByPriority ? this.findByPriority(search, page) : this.findAtOnce(search, page);
  }

  /**
   * One priority after the other. What is urgent is little, and a text that many rows have may be in none of it: then all
   * that is urgent would be read, row by row. The signatures tell which priorities have it, and in how many of them.
   */
  private async findByPriority(search: Search, { after, limit }: PageOfKeys): Promise<FoundKey[]> {
    const [first = 0, ...place] = after ?? [];
    const found: FoundKey[] = [];
    const signatures = await this.signaturesByPriority(search);
    for (const priority of prioritiesOf(search).toSorted()) {
      if (priority < Number(first) || found.length >= limit) continue;
      const part = await this.narrowed(ofPriority(search, priority), signatures.get(priority) ?? 0);
      if (isFoundNowhere(part)) continue;
      const page = { order: ORDERS.openedAt, after: priority === first ? place : null, limit: limit - found.length };
      const keys = await this.findAtOnce(part, page);
      found.push(...keys.map(({ id, position }) => ({ id, position: [priority, ...position] })));
    }
    return found;
  }

  private async findAtOnce(search: Search, page: PageOfKeys): Promise<FoundKey[]> {
    for (const { plan, within } of await this.stepsFor(search, page)) {
      const wanted: Wanted = { ...page, opened: search.opened, until: null };
      const until = within === null ? null : await this.boundary(wanted, within);
      const keys = await this.read(plan, { ...wanted, until });
      if (until === null || keys.length >= page.limit) return keys;
    }
    throw new Error('A search ended without its last step.');
  }

  private read(plan: Plan, wanted: Wanted): Promise<FoundKey[]> {
    const isByClass = plan.kind === 'walk' && plan.drive === null && wanted.order.columns[0] === 'updatedAt';
    return isByClass ? this.readByClass(plan, wanted) : this.keys(plan, wanted);
  }

  /**
   * Most work items are of the first age class. What is found there tells how far the others have to be looked through: in them what is
   * asked for may be rare, and its rows anywhere on the disk.
   */
  private async readByClass(plan: Plan, wanted: Wanted): Promise<FoundKey[]> {
    const { order, limit } = wanted;
    const first = await this.keys(plan, { ...wanted, ageClasses: [FIRST_AGE_CLASS] });
    const until = first.length < limit ? wanted.until : (first.at(-1)?.position ?? null);
    const others = await this.keys(plan, { ...wanted, until, ageClasses: OTHER_AGE_CLASSES });
    const all = [...first, ...others];
    return all.sort((one, other) => comparePositions(order, one.position, other.position)).slice(0, limit);
  }

  private async keys(plan: Plan, wanted: Wanted): Promise<FoundKey[]> {
    const rows = await this.query<SortKeys>(statementOf(plan, wanted, this.dialect));
    return rows.map((row) => keyOf(wanted.order, row));
  }

  /**
   * Where a text is found: few signatures have many work items, and few configuration items have names like it. Signatures that
   * never had what the other filters ask for don't count.
   */
  async lookUp(text: string, filters: readonly Filter[]): Promise<TextFilter> {
    const pattern = patternOf(text);
    const filter = { kind: 'text', pattern, numbers: numbersOf(text) } as const;
    const [signatures, ciIds, byHand] = await Promise.all([
      this.signaturesWith(pattern, filters),
      this.named<string>(
        sql`SELECT id AS name FROM configuration_items WHERE nameKey LIKE ${pattern} ESCAPE '!'`,
        MAX_NAMED.texts,
      ),
      this.named<number>(
        sql`SELECT w.id AS name FROM work_items w${forced('ix_work_items_title_by_hand', this.dialect)}
          WHERE w.titleByHand IS NOT NULL AND ${bytesOf('w.titleByHand', this.dialect)} LIKE ${pattern} ESCAPE '!'`,
        MAX_NAMED.ids,
      ),
    ]);
    return { ...filter, signatures, ciIds, byHand };
  }

  /** Several facets that go together in few signatures; null where there are many, or nothing to go together. */
  async clusterOf(filters: readonly Filter[]): Promise<ClusterFilter | null> {
    if (facetLinesOf(filters).length < 2 || filters.some(({ kind }) => kind === 'text')) return null;
    const signatures = await this.signaturesWith(null, filters);
    return signatures === null ? null : { kind: 'cluster', signatures, withByHand: !filters.some(isOfAlerts) };
  }

  /** The same search with its signatures named, where they are few enough. */
  private async narrowed({ filters, opened }: Search, signatures: number): Promise<Search> {
    const narrowed = filters.map(async (filter) => {
      if (filter.kind !== 'text' || filter.signatures !== null || signatures > MAX_NAMED.texts) return filter;
      const named = signatures === 0 ? [] : await this.signaturesWith(filter.pattern, filters);
      return { ...filter, signatures: named };
    });
    return { filters: await Promise.all(narrowed), opened };
  }

  /** How many signatures have the text, and perhaps work items of a priority that the other filters let through. */
  private async signaturesByPriority(search: Search): Promise<Map<number, number>> {
    const { filters } = search;
    const text = filters.find((filter) => filter.kind === 'text');
    if (text === undefined) return new Map();
    const priorities = prioritiesOf(search);
    const counts = priorities.map((priority) => {
      const [has] = facetsHave([[facetLine('priority', priority)]], this.dialect);
      return sql`SUM(CASE WHEN ${has ?? raw('1 = 1')} THEN 1 ELSE 0 END) AS ${raw(`p${priority}`)}`;
    });
    const conditions = where([...this.facetsOf(filters), textHas(text.pattern, this.dialect)]);
    const [row = {}] = await this.query<Record<string, number | string | null>>(
      sql`SELECT ${joined(counts, ', ')} FROM signatures s${conditions}`,
    );
    return new Map(priorities.map((priority) => [priority, Number(row[`p${priority}`] ?? 0)]));
  }

  private facetsOf(filters: readonly Filter[]): SqlText[] {
    return facetsHave(facetLinesOf(filters), this.dialect);
  }

  private signaturesWith(pattern: string | null, filters: readonly Filter[]): Promise<string[] | null> {
    const text = pattern === null ? [] : [textHas(pattern, this.dialect)];
    const conditions = where([...this.facetsOf(filters), ...text]);
    return this.named<string>(sql`SELECT s.signature AS name FROM signatures s${conditions}`, MAX_NAMED.texts);
  }

  private async stepsFor({ filters, opened }: Search, { order, limit }: PageOfKeys): Promise<Step[]> {
    const isWindowed = opened.after !== null || opened.before !== null;
    const only = onlyWay({ order, filters, isWindowed });
    if (only !== null) return only;
    const cluster = await this.clusterOf(filters);
    const { all, inWindow, skipped, inCluster, byHand, counts } = await this.estimate(filters, cluster, opened);
    const ofPriority = Math.min(all, ...counts.filter((_, index) => filters[index]?.kind === 'columns'));
    const estimated = filters.map((filter, index) =>
      estimatedOf(filter, { count: counts[index] ?? 0, all, ofPriority, ...this.dialect }),
    );
    const window = isWindowed ? inWindow : null;
    const found = cluster === null ? null : { filter: cluster, count: inCluster, byHand };
    return stepsFor({ order, need: limit, filters: estimated, cluster: found, inWindow: window, skipped, all });
  }

  /** About how many work items each filter lets through, and how many there are. */
  private async estimate(
    filters: readonly Filter[],
    cluster: ClusterFilter | null,
    opened: OpenedWindow,
  ): Promise<{
    all: number;
    inWindow: number;
    skipped: number;
    inCluster: number;
    byHand: number;
    counts: number[];
  }> {
    const windows = [ALWAYS, opened, openedSoonAfter(opened)].map((window) => sourcesOf(null, window, this.dialect));
    const sources = filters.map((filter) =>
      filter.kind === 'text' && !isNamed(filter) ? [] : sourcesOf(filter, opened, this.dialect),
    );
    const byHand = cluster?.withByHand ? sourcesOf({ ...cluster, signatures: [] }, opened, this.dialect) : [];
    const told = cluster === null ? [] : sourcesOf({ ...cluster, withByHand: false }, opened, this.dialect);
    const parts = [...windows, byHand, told, ...sources];
    const rests = parts.flat().map(({ rest }) => rest);
    const found = await estimateRows(this.manager, rests);
    let next = 0;
    const [all = 0, inWindow = 0, soonAfter = 0, openedByHand = 0, inCluster = 0, ...counts] = parts.map((part) =>
      part.reduce((sum) => sum + (found[next++] ?? 0), 0),
    );
    const skipped = opened.before === null ? 0 : soonAfter;
    return { all, inWindow, skipped, inCluster, byHand: openedByHand, counts };
  }

  /** The place that lies so many entries ahead in the index of the order; null where it ends before. */
  private async boundary(wanted: Wanted, entries: number): Promise<Position | null> {
    const [row] = await this.query<SortKeys>(boundaryOf(wanted, entries, this.dialect));
    return row === undefined ? null : positionOf(wanted.order, row);
  }

  /** All that a statement names; null for more than `most`. */
  private async named<T>(select: SqlText, most: number): Promise<T[] | null> {
    const rows = await this.query<{ name: T }>(sql`${select} LIMIT ${most + 1}`);
    return rows.length > most ? null : rows.map(({ name }) => name);
  }

  private query<Row>({ text, values }: SqlText): Promise<Row[]> {
    return this.manager.query<Row[]>(text, [...values]);
  }
}

/** What was opened after a window, and may have been changed before some of it. */
function openedSoonAfter({ before }: OpenedWindow): OpenedWindow {
  return { after: before, before: before === null ? null : changedBefore(FIRST_AGE_CLASS, before) };
}

const ALWAYS: OpenedWindow = { after: null, before: null };

/** Of a text that is too frequent to tell where it is: the share that has it at least, and perhaps. */
const FREQUENT = { least: 0.05, perhaps: 0.3 };

/** InnoDB estimates half of all at most, whatever is more: then it is taken for something between that and all. */
const MOST_TOLD = 0.49;
const OF_MOST = 0.75;

function estimatedOf(
  filter: Filter,
  { count, all, ofPriority: most, isSqlite: isCounted }: Dialect & { count: number; all: number; ofPriority: number },
): Estimated {
  if (filter.kind === 'text' && !isNamed(filter)) {
    const searched = filter.ofPriority === undefined ? all : most;
    return { filter, count: FREQUENT.perhaps * searched, share: FREQUENT.least };
  }
  const share = Math.max(count, 0.1) / Math.max(all, 1);
  return { filter, count, share: !isCounted && share > MOST_TOLD ? OF_MOST : Math.min(1, share) };
}

function keyOf(order: Order, row: SortKeys): FoundKey {
  return { id: row.id, position: positionOf(order, row) };
}
