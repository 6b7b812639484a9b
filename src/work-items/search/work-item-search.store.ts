import type { EntityManager } from 'typeorm';
import { estimateRows } from '../../common/row-estimates';
import { sql, type SqlText } from '../../common/sql-text.rules';
import type { Estimated } from './checks.rules';
import { forced, type Dialect } from './dialect.rules';
import {
  MAX_NAMED,
  isFrequent,
  isNamed,
  numbersOf,
  ofPriority,
  patternOf,
  prioritiesOf,
  type Filter,
  type OpenedWindow,
  type Search,
  type TextFilter,
} from './filters.rules';
import { ORDERS, positionOf, type Order, type Position, type SortKeys } from './order.rules';
import { onlyWay, stepsFor, type Step } from './plan.rules';
import { sourcesOf, textHas } from './sources.rules';
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
    this.dialect = { isSqlite: manager.dataSource.options.type === 'better-sqlite3' };
  }

  /** The work items of a page, in order. */
  find(search: Search, page: PageOfKeys): Promise<FoundKey[]> {
    const isByPriority = page.order.columns[0] === 'priority' && isFrequent(search);
    return isByPriority ? this.findByPriority(search, page) : this.findAtOnce(search, page);
  }

  /**
   * One priority after the other. What is urgent is little, and a text that many rows have may be in none of it: then all
   * that is urgent would be read, row by row.
   */
  private async findByPriority(search: Search, { after, limit }: PageOfKeys): Promise<FoundKey[]> {
    const [first = 0, ...place] = after ?? [];
    const found: FoundKey[] = [];
    for (const priority of prioritiesOf(search).toSorted()) {
      if (priority < Number(first) || found.length >= limit) continue;
      const page = { order: ORDERS.openedAt, after: priority === first ? place : null, limit: limit - found.length };
      const keys = await this.findAtOnce(ofPriority(search, priority), page);
      found.push(...keys.map(({ id, position }) => ({ id, position: [priority, ...position] })));
    }
    return found;
  }

  private async findAtOnce(search: Search, page: PageOfKeys): Promise<FoundKey[]> {
    for (const { plan, within } of await this.stepsFor(search, page)) {
      const wanted: Wanted = { ...page, opened: search.opened, until: null };
      const until = within === null ? null : await this.boundary(wanted, within);
      const rows = await this.query<SortKeys>(statementOf(plan, { ...wanted, until }, this.dialect));
      if (until === null || rows.length >= page.limit) return rows.map((row) => keyOf(page.order, row));
    }
    throw new Error('A search ended without its last step.');
  }

  /** Where a text is found: few signatures have many work items, and few configuration items have names like it. */
  async lookUp(text: string): Promise<TextFilter> {
    const pattern = patternOf(text);
    const filter = { kind: 'text', pattern, numbers: numbersOf(text) } as const;
    const [signatures, ciIds, byHand] = await Promise.all([
      this.named<string>(sql`SELECT s.signature AS name FROM signatures s WHERE ${textHas(pattern)}`, MAX_NAMED.texts),
      this.named<string>(
        sql`SELECT id AS name FROM configuration_items WHERE nameKey LIKE ${pattern} ESCAPE '!'`,
        MAX_NAMED.texts,
      ),
      this.named<number>(
        sql`SELECT w.id AS name FROM work_items w${forced('ix_work_items_signature', this.dialect)}
          WHERE w.signature IS NULL AND LOWER(w.title) LIKE ${pattern} ESCAPE '!'`,
        MAX_NAMED.ids,
      ),
    ]);
    return { ...filter, signatures, ciIds, byHand };
  }

  private async stepsFor({ filters, opened }: Search, { order, limit }: PageOfKeys): Promise<Step[]> {
    const isWindowed = opened.after !== null || opened.before !== null;
    const only = onlyWay({ order, filters, isWindowed });
    if (only !== null) return only;
    const { all, inWindow, newer, counts } = await this.estimate(filters, opened);
    const ofPriority = Math.min(all, ...counts.filter((_, index) => filters[index]?.kind === 'columns'));
    const estimated = filters.map((filter, index) =>
      estimatedOf(filter, { count: counts[index] ?? 0, all, ofPriority }),
    );
    const window = isWindowed ? inWindow : null;
    return stepsFor({ order, need: limit, filters: estimated, inWindow: window, newer, all });
  }

  /** About how many work items each filter lets through, and how many there are. */
  private async estimate(
    filters: readonly Filter[],
    opened: OpenedWindow,
  ): Promise<{ all: number; inWindow: number; newer: number; counts: number[] }> {
    const after: OpenedWindow = { after: opened.before, before: null };
    const windows = [ALWAYS, opened, after].map((window) => sourcesOf(null, window, this.dialect));
    const sources = filters.map((filter) =>
      filter.kind === 'text' && !isNamed(filter) ? [] : sourcesOf(filter, opened, this.dialect),
    );
    const parts = [...windows, ...sources];
    const rests = parts.flat().map(({ rest }) => rest);
    const found = await estimateRows(this.manager, rests);
    let next = 0;
    const [all = 0, inWindow = 0, newer = 0, ...counts] = parts.map((part) =>
      part.reduce((sum) => sum + (found[next++] ?? 0), 0),
    );
    return { all, inWindow, newer: opened.before === null ? 0 : newer, counts };
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

const ALWAYS: OpenedWindow = { after: null, before: null };

/** Of a text that is too frequent to tell where it is: the share that has it at least, and perhaps. */
const FREQUENT = { least: 0.05, perhaps: 0.3 };

function estimatedOf(
  filter: Filter,
  { count, all, ofPriority: most }: { count: number; all: number; ofPriority: number },
): Estimated {
  if (filter.kind === 'text' && !isNamed(filter)) {
    const searched = filter.ofPriority === undefined ? all : most;
    return { filter, count: FREQUENT.perhaps * searched, share: FREQUENT.least };
  }
  return { filter, count, share: Math.min(1, Math.max(count, 0.1) / Math.max(all, 1)) };
}

function keyOf(order: Order, row: SortKeys): FoundKey {
  return { id: row.id, position: positionOf(order, row) };
}
