import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Brackets, DataSource, In, type SelectQueryBuilder } from 'typeorm';
import type { Principal } from '../../auth';
import { CmdbService } from '../../cmdb/cmdb.service';
import { notFound } from '../../common/errors';
import { decodeCursor, pageOf, type CursorValues, type Page, type PageQuery } from '../../common/pagination';
import { sqlTime } from '../../common/sql';
import type { WorkItemType } from '../lifecycle.rules';
import { parseNumber } from '../number.rules';
import { TimelineEntryEntity } from '../timeline-entry.entity';
import { toTimelineEntryDto, toWorkItemDto, type TimelineEntryDto, type WorkItemDto } from '../work-item.dto';
import { WorkItemEntity } from '../work-item.entity';
import type { WorkItemSort, WorkItemsQuery } from './work-items-query.dto';

const LIST_FILTERS = [
  'state',
  'type',
  'priority',
  'assignmentGroup',
  'assignee',
  'subscriptionId',
  'monitoringService',
  'signature',
] as const;

const SORTS: Readonly<
  Record<WorkItemSort, { column: 'openedAt' | 'priority' | 'updatedAt'; direction: 'ASC' | 'DESC' }>
> = {
  '-openedAt': { column: 'openedAt', direction: 'DESC' },
  openedAt: { column: 'openedAt', direction: 'ASC' },
  priority: { column: 'priority', direction: 'ASC' },
  '-updatedAt': { column: 'updatedAt', direction: 'DESC' },
};

/** Finds and shows work items. */
@Injectable()
export class WorkItemSearchService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly cmdb: CmdbService,
  ) {}

  async list(query: WorkItemsQuery, principal: Principal): Promise<Page<WorkItemDto>> {
    const select = this.dataSource.manager.createQueryBuilder(WorkItemEntity, 'item');
    filter(select, query);
    const { column, direction } = SORTS[query.sort];
    if (query.cursor !== undefined) seek(select, decodeCursor(query.cursor, 2), SORTS[query.sort]);
    const rows = await select
      .orderBy(`item.${column}`, direction)
      .addOrderBy('item.id', direction)
      .limit(query.limit + 1)
      .getMany();
    const page = pageOf(rows, query.limit, {
      item: (row) => row,
      position: (row) => [positionOf(row[column]), row.id],
    });
    return { ...page, items: await this.show(page.items, principal) };
  }

  async get(number: string, principal: Principal): Promise<WorkItemDto> {
    const [shown] = await this.show([await this.find(number)], principal);
    return shown as WorkItemDto;
  }

  async timeline(number: string, query: PageQuery): Promise<Page<TimelineEntryDto>> {
    const { id } = await this.find(number);
    const select = this.dataSource.manager
      .createQueryBuilder(TimelineEntryEntity, 'entry')
      .where('entry.workItemId = :id', { id });
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

  private async show(rows: readonly WorkItemEntity[], principal: Principal): Promise<WorkItemDto[]> {
    const items = await this.cmdb.bindingsOf(rows.map(({ id }) => id));
    const previous = await this.typesOf(rows.flatMap(({ previousWorkItemId }) => previousWorkItemId ?? []));
    return rows.map((row) =>
      toWorkItemDto(row, {
        principal,
        configurationItems: items.get(row.id) ?? [],
        previous: previous.get(row.previousWorkItemId ?? 0),
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

function filter(select: SelectQueryBuilder<WorkItemEntity>, query: WorkItemsQuery): void {
  for (const name of LIST_FILTERS) {
    if (query[name] !== undefined) select.andWhere(`item.${name} IN (:...${name})`, { [name]: query[name] });
  }
  if (query.openedAfter !== undefined) select.andWhere('item.openedAt > :after', { after: sqlTime(query.openedAfter) });
  if (query.openedBefore !== undefined)
    select.andWhere('item.openedAt < :before', { before: sqlTime(query.openedBefore) });
  if (query.configurationItemId !== undefined) {
    select.andWhere('item.id IN (SELECT b.workItemId FROM bindings b WHERE b.ciId = :ciId)', {
      ciId: query.configurationItemId.toLowerCase(),
    });
  }
  if (query.q !== undefined && query.q.trim() !== '') select.andWhere(matches(query.q.trim()));
}

/** A number finds its work item; any text is looked for in title, rule and the names of configuration items. */
function matches(text: string): Brackets {
  const pattern = `%${text.toLowerCase().replace(/[!%_]/g, '!$&')}%`;
  const number = parseNumber(text);
  return new Brackets((any) => {
    any
      .where(`LOWER(item.title) LIKE :pattern ESCAPE '!'`, { pattern })
      .orWhere(`LOWER(item.alertRule) LIKE :pattern ESCAPE '!'`);
    any.orWhere(
      `item.id IN (SELECT b.workItemId FROM bindings b JOIN configuration_items ci ON ci.id = b.ciId WHERE LOWER(ci.name) LIKE :pattern ESCAPE '!')`,
    );
    if (number !== null) any.orWhere('item.id = :numberId', { numberId: number.id });
  });
}

function seek(
  select: SelectQueryBuilder<WorkItemEntity>,
  position: CursorValues,
  sort: (typeof SORTS)[WorkItemSort],
): void {
  const [value, id] = position;
  const beyond = sort.direction === 'ASC' ? '>' : '<';
  const column = `item.${sort.column}`;
  select.andWhere(`(${column} ${beyond} :value OR (${column} = :value AND item.id ${beyond} :id))`, { value, id });
}

function positionOf(value: Date | number): string | number {
  return value instanceof Date ? sqlTime(value) : value;
}
