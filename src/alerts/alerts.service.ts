import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In } from 'typeorm';
import { CmdbService } from '../cmdb/cmdb.service';
import { notFound } from '../common/errors';
import { isId } from '../common/ids';
import { decodeCursor, pageOf, type Page, type PageQuery } from '../common/pagination';
import { placeholders } from '../common/sql';
import type { WorkItemType } from '../work-items/lifecycle.rules';
import { numberOf } from '../work-items/number.rules';
import { WorkItemSearchService } from '../work-items/search/work-item-search.service';
import { alertSearchOf, alertsOfWorkItem } from './alert-search.rules';
import { AlertSearchStore, type SizedAlert } from './alert-search.store';
import { toAlertDto, type AlertDto, type AlertsOfItemQuery, type AlertsQuery } from './alert.dto';
import { AlertEntity } from './alert.entity';

/** An alert shows at most so many of its deliveries, the newest; all of them are in the list of deliveries. */
const MAX_DELIVERIES = 100;

/** A page holds at most so much of what the payloads said; one may have a megabyte. */
const MAX_PAGE_BYTES = 4_194_304;

/** The newest alerts of a list that are older than one. */
type Find = (page: { after: string | null; limit: number }) => Promise<SizedAlert[]>;

/** Finds and shows alerts. */
@Injectable()
export class AlertsService {
  private readonly store: AlertSearchStore;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly workItems: WorkItemSearchService,
    private readonly cmdb: CmdbService,
  ) {
    this.store = new AlertSearchStore(dataSource.manager);
  }

  list(query: AlertsQuery): Promise<Page<AlertDto>> {
    return this.page((page) => this.store.find(alertSearchOf(query), page), query);
  }

  async ofWorkItem(number: string, query: PageQuery): Promise<Page<AlertDto>> {
    const { id } = await this.workItems.find(number);
    return this.page((page) => this.store.find(alertsOfWorkItem(id), page), query);
  }

  async ofItem(id: string, query: AlertsOfItemQuery): Promise<Page<AlertDto>> {
    const ciId = await this.cmdb.itemIdOf(id);
    return this.page((page) => this.store.findOfItem({ ciId, condition: query.condition }, page), query);
  }

  async get(id: string): Promise<AlertDto> {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(AlertEntity, { id: id.toLowerCase() }) : null;
    if (row === null) throw notFound(`alert ${id.slice(0, 40)}`);
    const [shown] = await this.show([row]);
    return shown as AlertDto;
  }

  /** A page ends early where its alerts would be too much to hold at once: the cursor leads on from there. */
  private async page(find: Find, { limit, cursor }: PageQuery): Promise<Page<AlertDto>> {
    const after = cursor === undefined ? null : String(decodeCursor(cursor, 1)[0]);
    const sized = await find({ after, limit: limit + 1 });
    const shown = fitting(sized);
    const page = pageOf(sized, Math.min(limit, shown), { item: ({ id }) => id, position: ({ id }) => [id] });
    const rows = await this.dataSource.manager.find(AlertEntity, {
      where: { id: In(page.items) },
      order: { id: 'DESC' },
    });
    return { nextCursor: page.nextCursor, items: await this.show(rows) };
  }

  private async show(rows: readonly AlertEntity[]): Promise<AlertDto[]> {
    if (rows.length === 0) return [];
    const deliveries = await this.deliveriesOf(rows);
    const numbers = await this.numbersOf(rows.flatMap(({ workItemId }) => workItemId ?? []));
    return rows.map((row) =>
      toAlertDto(row, { workItem: numbers.get(row.workItemId ?? 0) ?? null, deliveries: deliveries.get(row.id) ?? [] }),
    );
  }

  /** What is told of an alert that was cut up is told of each part, and stored with the first of them. */
  private async deliveriesOf(alerts: readonly AlertEntity[]): Promise<Map<string, string[]>> {
    const parts = alerts.filter(({ partOf }) => partOf !== null);
    const siblings = parts.length === 0 ? [] : await this.siblingsOf(parts);
    const owners = new Map(
      alerts.map(({ id }) => [id, [id, ...siblings.filter((each) => each.part === id).map((each) => each.id)]]),
    );
    const ids = [...new Set([...owners.values()].flat())];
    const rows = await this.dataSource.query<{ id: string; alertId: string }[]>(
      `SELECT id, alertId FROM (
         SELECT id, alertId, ROW_NUMBER() OVER (PARTITION BY alertId ORDER BY id DESC) AS place FROM deliveries
         WHERE alertId IN (${placeholders(ids.length)})
       ) newest WHERE place <= ${MAX_DELIVERIES} ORDER BY id`,
      ids,
    );
    const told = new Map(ids.map((id) => [id, [] as string[]]));
    for (const { id, alertId } of rows) told.get(alertId)?.push(id);
    return new Map([...owners].map(([id, own]) => [id, own.flatMap((each) => told.get(each) ?? []).sort()]));
  }

  private siblingsOf(parts: readonly AlertEntity[]): Promise<{ part: string; id: string }[]> {
    return this.dataSource.query<{ part: string; id: string }[]>(
      `SELECT a.id AS part, s.id FROM alerts a JOIN alerts s ON s.partOf = a.partOf AND s.id <> a.id
       WHERE a.id IN (${placeholders(parts.length)})`,
      parts.map(({ id }) => id),
    );
  }

  private async numbersOf(ids: readonly number[]): Promise<Map<number, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.dataSource.query<
      {
        id: number;
        type: WorkItemType;
      }[]
    >(`SELECT id, type FROM work_items WHERE id IN (${placeholders(ids.length)})`, [...ids]);
    return new Map(rows.map((row) => [row.id, numberOf(row)]));
  }
}

/** How many of the rows fit on a page; one always does. */
function fitting(rows: readonly SizedAlert[]): number {
  let bytes = 0;
  const tooMuch = rows.findIndex((row) => (bytes += row.bytes) > MAX_PAGE_BYTES);
  return tooMuch === -1 ? rows.length : Math.max(1, tooMuch);
}
