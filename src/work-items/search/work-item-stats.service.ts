import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { invalidRequest } from '../../common/errors';
import { Turnstile } from '../../common/turnstile';
import { lowestIdOf } from '../../common/ids';
import { isSqlite, secondsBetween, sqlTime } from '../../common/sql';
import { oneOf, raw, sql } from '../../common/sql-text.rules';
import { WORK_ITEM_STATES } from '../lifecycle.rules';
import { forced } from './dialect.rules';
import type {
  GroupCountDto,
  MeanTimeDto,
  NoisyConfigurationItemDto,
  NoisyRuleDto,
  WorkItemStatsDto,
  WorkItemStatsQuery,
} from './work-item-stats.dto';

const DEFAULT_RANGE_MS = 30 * 86_400_000;
const PRIORITIES = [1, 2, 3, 4, 5];
const MAX_GROUPS = 50;
const NOISIEST = 10;

/** From (inclusive) to (exclusive). */
interface Range {
  from: Date;
  to: Date;
}

/** Each holds a connection for all of its time: alerts need the others. */
const BUSY = { code: 'statistics_busy', detail: 'Others are having statistics counted; ask again in a moment.' };

const IN_RANGE = 'w.openedAt >= ? AND w.openedAt < ?';

/** Counts work items over a time range, each kind of number with one query on an index. */
@Injectable()
export class WorkItemStatsService {
  private readonly turnstile = new Turnstile({ inside: 2, waiting: 8 }, BUSY);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Years of work items take seconds; 503 `statistics_busy` where others ask for them at the same time. */
  async stats(query: WorkItemStatsQuery): Promise<WorkItemStatsDto> {
    const range = this.rangeOf(query);
    return this.turnstile.run(() => this.count(range));
  }

  private async count(range: Range): Promise<WorkItemStatsDto> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await statsOf(runner.manager, range);
    } finally {
      await runner.release();
    }
  }

  private rangeOf({ from, to = this.clock.now() }: WorkItemStatsQuery): Range {
    const start = from ?? new Date(to.getTime() - DEFAULT_RANGE_MS);
    if (start < to) return { from: start, to };
    throw invalidRequest([{ path: 'from', message: `must be earlier than to (${to.toISOString()})` }]);
  }
}

/** One statement after the other, on one connection: they hold up nothing else. */
async function statsOf(manager: EntityManager, range: Range): Promise<WorkItemStatsDto> {
  const counts = await countsOf(manager, range);
  const byAssignmentGroup = await groupsOf(manager, range);
  const { acknowledge, resolve, alertsFolded } = await timesOf(manager, range);
  return {
    ...range,
    total: counts.reduce((sum, { count }) => sum + count, 0),
    byState: countsBy(WORK_ITEM_STATES, counts, ({ state }) => state),
    byPriority: countsBy(PRIORITIES, counts, ({ priority }) => priority),
    byAssignmentGroup,
    acknowledge,
    resolve,
    noisiestRules: await noisiestRules(manager, range),
    noisiestConfigurationItems: await noisiestItems(manager, range),
    duplicates: { alertsFolded, deliveriesRepeated: await deliveriesRepeated(manager, range) },
  };
}

interface Count {
  state: string;
  priority: number;
  count: number;
}

/** From the index alone: each pair of state and priority is a range of it. */
async function countsOf(manager: EntityManager, range: Range): Promise<Count[]> {
  const { text, values } = sql`SELECT w.state, w.priority, COUNT(*) AS count
    FROM work_items w${forced('ix_work_items_state', { isSqlite: isSqlite(manager) })}
    WHERE ${oneOf('w.state', WORK_ITEM_STATES)} AND ${oneOf('w.priority', PRIORITIES)} AND ${raw(IN_RANGE)}
    GROUP BY w.state, w.priority`;
  const rows = await manager.query<(Omit<Count, 'count'> & { count: number | string })[]>(text, [
    ...values,
    ...valuesOf(range),
  ]);
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

function countsBy(
  names: readonly (string | number)[],
  counts: readonly Count[],
  nameOf: (count: Count) => string | number,
): Record<string, number> {
  const sums = new Map(names.map((name) => [String(name), 0]));
  for (const each of counts) sums.set(String(nameOf(each)), (sums.get(String(nameOf(each))) ?? 0) + each.count);
  return Object.fromEntries(sums);
}

async function groupsOf(manager: EntityManager, range: Range): Promise<GroupCountDto[]> {
  const rows = await manager.query<{ assignmentGroup: string | null; count: number | string }[]>(
    `SELECT w.assignmentGroup, COUNT(*) AS count FROM work_items w WHERE ${IN_RANGE}
     GROUP BY w.assignmentGroup ORDER BY count DESC, w.assignmentGroup LIMIT ${MAX_GROUPS}`,
    valuesOf(range),
  );
  return rows.map(({ assignmentGroup, count }) => ({ assignmentGroup, count: Number(count) }));
}

/** How long things took, and what took no time of anybody. */
async function timesOf(
  manager: EntityManager,
  range: Range,
): Promise<{ acknowledge: MeanTimeDto; resolve: MeanTimeDto; alertsFolded: number }> {
  const [row] = await manager.query<Record<string, number | string | null>[]>(
    `SELECT COUNT(w.acknowledgedAt) AS acknowledged, AVG(${secondsUntil(manager, 'acknowledgedAt')}) AS toAcknowledge,
       COUNT(w.resolvedAt) AS resolved, AVG(${secondsUntil(manager, 'resolvedAt')}) AS toResolve,
       SUM(CASE WHEN w.alertCount > 1 THEN w.alertCount - 1 ELSE 0 END) AS folded
     FROM work_items w WHERE ${IN_RANGE}`,
    valuesOf(range),
  );
  return {
    acknowledge: meanOf(row?.acknowledged, row?.toAcknowledge),
    resolve: meanOf(row?.resolved, row?.toResolve),
    alertsFolded: Number(row?.folded ?? 0),
  };
}

/** What the payloads say can come before the opening, by a clock that is wrong: that took no time. */
function secondsUntil(manager: EntityManager, column: 'acknowledgedAt' | 'resolvedAt'): string {
  return `CASE WHEN w.${column} < w.openedAt THEN 0 ELSE ${secondsBetween(manager, 'w.openedAt', `w.${column}`)} END`;
}

function meanOf(count: number | string | null = 0, seconds: number | string | null = null): MeanTimeDto {
  return { count: Number(count), meanSeconds: seconds === null ? null : rounded(Number(seconds)) };
}

async function noisiestRules(manager: EntityManager, range: Range): Promise<NoisyRuleDto[]> {
  const rows = await manager.query<Record<keyof NoisyRuleDto, string>[]>(
    `SELECT w.alertRule, COUNT(*) AS workItems, SUM(w.alertCount) AS alerts FROM work_items w
     WHERE ${IN_RANGE} AND w.alertRule IS NOT NULL
     GROUP BY w.alertRule ORDER BY alerts DESC, w.alertRule LIMIT ${NOISIEST}`,
    valuesOf(range),
  );
  return rows.map(({ alertRule, ...noise }) => ({ alertRule, ...noiseOf(noise) }));
}

async function noisiestItems(manager: EntityManager, range: Range): Promise<NoisyConfigurationItemDto[]> {
  const rows = await manager.query<Record<keyof NoisyConfigurationItemDto, string>[]>(
    `SELECT c.id, c.name, c.className, n.workItems, n.alerts FROM (
       SELECT b.ciId, COUNT(*) AS workItems, SUM(w.alertCount) AS alerts FROM work_items w
       JOIN bindings b ON b.workItemId = w.id AND b.isRemoved = 0
       WHERE ${IN_RANGE} GROUP BY b.ciId ORDER BY alerts DESC, b.ciId LIMIT ${NOISIEST}
     ) n JOIN configuration_items c ON c.id = n.ciId ORDER BY n.alerts DESC, c.id`,
    valuesOf(range),
  );
  return rows.map(({ id, name, className, ...noise }) => ({ id, name, className, ...noiseOf(noise) }));
}

/** A delivery's id begins with the time of its arrival, so that the index of the status serves the range too. */
async function deliveriesRepeated(manager: EntityManager, { from, to }: Range): Promise<number> {
  const [row] = await manager.query<[{ count: number | string }]>(
    `SELECT COUNT(*) AS count FROM deliveries WHERE status = 'duplicate' AND id >= ? AND id < ?`,
    [lowestIdOf(from), lowestIdOf(to)],
  );
  return Number(row.count);
}

function valuesOf({ from, to }: Range): string[] {
  return [sqlTime(from), sqlTime(to)];
}

function noiseOf({ workItems, alerts }: { workItems: string; alerts: string }): { workItems: number; alerts: number } {
  return { workItems: Number(workItems), alerts: Number(alerts) };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
