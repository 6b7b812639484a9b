import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { invalidRequest } from '../../common/errors';
import { lowestIdOf } from '../../common/ids';
import { secondsBetween, sqlTime } from '../../common/sql';
import { WORK_ITEM_STATES } from '../lifecycle.rules';
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

const IN_RANGE = 'w.openedAt >= ? AND w.openedAt < ?';

/** Counts work items over a time range, each number with one query on an index. */
@Injectable()
export class WorkItemStatsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async stats(query: WorkItemStatsQuery): Promise<WorkItemStatsDto> {
    const range = this.rangeOf(query);
    const { manager } = this.dataSource;
    const byState = await countsBy(manager, 'state', range);
    const byPriority = await countsBy(manager, 'priority', range);
    return {
      ...range,
      total: Object.values(byState).reduce((sum, count) => sum + count, 0),
      byState: { ...zeroes(WORK_ITEM_STATES), ...byState },
      byPriority: { ...zeroes(PRIORITIES), ...byPriority },
      byAssignmentGroup: await groupsOf(manager, range),
      acknowledge: await meanUntil(manager, 'acknowledgedAt', range),
      resolve: await meanUntil(manager, 'resolvedAt', range),
      noisiestRules: await noisiestRules(manager, range),
      noisiestConfigurationItems: await noisiestItems(manager, range),
      duplicates: {
        alertsFolded: await alertsFolded(manager, range),
        deliveriesRepeated: await deliveriesRepeated(manager, range),
      },
    };
  }

  private rangeOf({ from, to = this.clock.now() }: WorkItemStatsQuery): Range {
    const start = from ?? new Date(to.getTime() - DEFAULT_RANGE_MS);
    if (start < to) return { from: start, to };
    throw invalidRequest([{ path: 'from', message: `must be earlier than to (${to.toISOString()})` }]);
  }
}

async function countsBy(
  manager: EntityManager,
  column: 'state' | 'priority',
  range: Range,
): Promise<Record<string, number>> {
  const rows = await manager.query<{ value: string | number; count: number | string }[]>(
    `SELECT w.${column} AS value, COUNT(*) AS count FROM work_items w WHERE ${IN_RANGE} GROUP BY w.${column}`,
    valuesOf(range),
  );
  return Object.fromEntries(rows.map(({ value, count }) => [String(value), Number(count)]));
}

async function groupsOf(manager: EntityManager, range: Range): Promise<GroupCountDto[]> {
  const rows = await manager.query<{ assignmentGroup: string | null; count: number | string }[]>(
    `SELECT w.assignmentGroup, COUNT(*) AS count FROM work_items w WHERE ${IN_RANGE}
     GROUP BY w.assignmentGroup ORDER BY count DESC, w.assignmentGroup LIMIT ${MAX_GROUPS}`,
    valuesOf(range),
  );
  return rows.map(({ assignmentGroup, count }) => ({ assignmentGroup, count: Number(count) }));
}

/** What the payloads say can come before the opening, by a clock that is wrong: that took no time. */
async function meanUntil(
  manager: EntityManager,
  column: 'acknowledgedAt' | 'resolvedAt',
  range: Range,
): Promise<MeanTimeDto> {
  const seconds = secondsBetween(manager, 'w.openedAt', `w.${column}`);
  const [row] = await manager.query<[{ count: number | string; seconds: number | string | null }]>(
    `SELECT COUNT(*) AS count, AVG(CASE WHEN ${seconds} < 0 THEN 0 ELSE ${seconds} END) AS seconds
     FROM work_items w WHERE ${IN_RANGE} AND w.${column} IS NOT NULL`,
    valuesOf(range),
  );
  return { count: Number(row.count), meanSeconds: row.seconds === null ? null : rounded(Number(row.seconds)) };
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

async function alertsFolded(manager: EntityManager, range: Range): Promise<number> {
  const [row] = await manager.query<[{ folded: number | string | null }]>(
    `SELECT SUM(w.alertCount - 1) AS folded FROM work_items w WHERE ${IN_RANGE} AND w.alertCount > 1`,
    valuesOf(range),
  );
  return Number(row.folded ?? 0);
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

function zeroes(names: readonly (string | number)[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [String(name), 0]));
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
