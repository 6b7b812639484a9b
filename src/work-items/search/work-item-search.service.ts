import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In } from 'typeorm';
import type { Principal } from '../../auth';
import { CmdbService } from '../../cmdb/cmdb.service';
import { notFound } from '../../common/errors';
import { decodeCursor, pageOf, type Page } from '../../common/pagination';
import type { WorkItemType } from '../lifecycle.rules';
import { parseNumber } from '../number.rules';
import { TimelineEntryEntity } from '../timeline-entry.entity';
import { toTimelineEntryDto, toWorkItemDto, type TimelineEntryDto, type WorkItemDto } from '../work-item.dto';
import { WorkItemEntity } from '../work-item.entity';
import { successorsOf } from '../work-item.store';
import { searchOf, type Search } from './filters.rules';
import { cursorValues, ORDERS, positionAfter } from './order.rules';
import { WorkItemSearchStore, type FoundKey } from './work-item-search.store';
import type { TimelineQuery, WorkItemsQuery } from './work-items-query.dto';

/** Finds and shows work items. */
@Injectable()
export class WorkItemSearchService {
  private readonly store: WorkItemSearchStore;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly cmdb: CmdbService,
  ) {
    this.store = new WorkItemSearchStore(dataSource.manager);
  }

  async list(query: WorkItemsQuery, principal: Principal): Promise<Page<WorkItemDto>> {
    const order = ORDERS[query.sort];
    const after = positionAfter(order, query.cursor);
    const keys = await this.store.find(await this.searchFor(query), { order, after, limit: query.limit + 1 });
    const page = pageOf(keys, query.limit, {
      item: (key) => key,
      position: ({ position }) => cursorValues(order, position),
    });
    return { ...page, items: await this.load(page.items, principal) };
  }

  /** The whole list, so many at a time: the next ones are read when they are asked for. */
  async *chunks(query: WorkItemsQuery, principal: Principal, size: number): AsyncGenerator<WorkItemDto[], void, void> {
    const order = ORDERS[query.sort];
    const search = await this.searchFor(query);
    let after = positionAfter(order, query.cursor);
    for (;;) {
      const keys = await this.store.find(search, { order, after, limit: size });
      if (keys.length > 0) yield await this.load(keys, principal);
      if (keys.length < size) return;
      after = keys.at(-1)?.position ?? null;
    }
  }

  async get(number: string, principal: Principal): Promise<WorkItemDto> {
    const [shown] = await this.show([await this.find(number)], principal);
    return shown as WorkItemDto;
  }

  async timeline(number: string, query: TimelineQuery): Promise<Page<TimelineEntryDto>> {
    const { id } = await this.find(number);
    const select = this.dataSource.manager
      .createQueryBuilder(TimelineEntryEntity, 'entry')
      .where('entry.workItemId = :id', { id });
    if (query.kind !== undefined) select.andWhere('entry.kind IN (:...kinds)', { kinds: query.kind });
    if (query.cursor !== undefined) select.andWhere('entry.id > :last', { last: decodeCursor(query.cursor, 1)[0] });
    const rows = await select
      .orderBy('entry.id', 'ASC')
      .limit(query.limit + 1)
      .getMany();
    return pageOf(rows, query.limit, { item: toTimelineEntryDto, position: (row) => [row.id] });
  }

  /** The work item of a number, in any letter case; 404 for all that is none. */
  async find(number: string): Promise<WorkItemEntity> {
    const parsed = parseNumber(number);
    const row = parsed && (await this.dataSource.manager.findOneBy(WorkItemEntity, parsed));
    if (row === null) throw notFound(`work item ${number.slice(0, 40)}`);
    return row;
  }

  private async searchFor(query: WorkItemsQuery): Promise<Search> {
    const text = query.q?.trim() ?? '';
    if (text === '') return searchOf(query, null);
    return searchOf(query, await this.store.lookUp(text, searchOf(query, null).filters));
  }

  private async load(keys: readonly FoundKey[], principal: Principal): Promise<WorkItemDto[]> {
    if (keys.length === 0) return [];
    const rows = await this.dataSource.manager.findBy(WorkItemEntity, { id: In(keys.map(({ id }) => id)) });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return this.show(
      keys.flatMap(({ id }) => byId.get(id) ?? []),
      principal,
    );
  }

  private async show(rows: readonly WorkItemEntity[], principal: Principal): Promise<WorkItemDto[]> {
    const items = await this.cmdb.bindingsOf(rows.map(({ id }) => id));
    const previous = await this.typesOf(rows.flatMap(({ previousWorkItemId }) => previousWorkItemId ?? []));
    const successors = await successorsOf(this.dataSource.manager, rows);
    return rows.map((row) =>
      toWorkItemDto(row, {
        principal,
        configurationItems: items.get(row.id) ?? [],
        previous: previous.get(row.previousWorkItemId ?? 0),
        isSuperseded: successors.has(row.id),
      }),
    );
  }

  private async typesOf(ids: readonly number[]): Promise<Map<number, WorkItemType>> {
    if (ids.length === 0) return new Map();
    const rows = await this.dataSource.manager.find(WorkItemEntity, {
      select: { id: true, type: true },
      where: { id: In([...ids]) },
    });
    return new Map(rows.map(({ id, type }) => [id, type]));
  }
}
