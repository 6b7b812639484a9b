import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type SelectQueryBuilder } from 'typeorm';
import { Clock } from '../../common/clock';
import { type CursorValues, decodeCursor, notOfThisList, pageOf, type Page } from '../../common/pagination';
import { sqlTime } from '../../common/sql';
import { timeOf } from '../../common/time.rules';
import { parseArmId } from '../identity/arm-id.rules';
import { armKeyHash } from '../identity/ci-keys.rules';
import {
  type ConfigurationItemDto,
  type ConfigurationItemsQuery,
  toConfigurationItemDto,
} from './configuration-item.dto';
import { ConfigurationItem } from './configuration-item.entity';
import { existingItem } from './existing-item';
import { CI_STATUSES, type CiStatus } from './item-fields.rules';
import { staleBefore } from './stale.rules';

/** Reads the CMDB, in the order in which items came into it; what is stale, the longest unseen first. */
@Injectable()
export class ConfigurationItemSearchService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async list(query: ConfigurationItemsQuery): Promise<Page<ConfigurationItemDto>> {
    const before = staleBefore(query, this.clock.now());
    const select = this.dataSource.manager.createQueryBuilder(ConfigurationItem, 'item');
    filterByLists(select, query, query.status ?? (before === null ? undefined : IN_USE));
    filterByValues(select, query);
    if (query.status === undefined) select.andWhere('item.mergedIntoId IS NULL');
    if (before !== null) return stalePage(select, before, query);
    if (query.cursor !== undefined) select.andWhere('item.id > :last', { last: decodeCursor(query.cursor, 1)[0] });
    const rows = await select
      .orderBy('item.id', 'ASC')
      .limit(query.limit + 1)
      .getMany();
    return pageOf(rows, query.limit, { item: toConfigurationItemDto, position: (row) => [row.id] });
  }

  async get(id: string): Promise<ConfigurationItemDto> {
    return toConfigurationItemDto(await existingItem(this.dataSource.manager, id));
  }
}

const IN_USE = CI_STATUSES.filter((status) => status !== 'retired');

/** Along the index of the time: the first one is the one that nobody has told of for the longest time. */
async function stalePage(
  select: SelectQueryBuilder<ConfigurationItem>,
  before: Date,
  { cursor, limit }: ConfigurationItemsQuery,
): Promise<Page<ConfigurationItemDto>> {
  select.andWhere('item.lastSeenAt < :before', { before: sqlTime(before) });
  if (cursor !== undefined) {
    const { time, id } = stalePosition(cursor);
    select.andWhere('item.lastSeenAt >= :time AND (item.lastSeenAt > :time OR item.id > :id)', { time, id });
  }
  const rows = await select
    .orderBy('item.lastSeenAt', 'ASC')
    .addOrderBy('item.id', 'ASC')
    .limit(limit + 1)
    .getMany();
  const position = ({ lastSeenAt, id }: ConfigurationItem): CursorValues => [lastSeenAt?.toISOString() ?? null, id];
  return pageOf(rows, limit, { item: toConfigurationItemDto, position });
}

function stalePosition(cursor: string): { time: string; id: string } {
  const [time, id] = decodeCursor(cursor, 2);
  const read = typeof time === 'string' ? timeOf(time) : null;
  if (read === null) throw notOfThisList();
  return { time: sqlTime(read), id: String(id) };
}

function filterByLists(
  select: SelectQueryBuilder<ConfigurationItem>,
  query: ConfigurationItemsQuery,
  status: readonly CiStatus[] | undefined,
): void {
  const lists = {
    className: query.className,
    status,
    resourceType: query.resourceType?.map((type) => type.toLowerCase()),
    subscriptionId: query.subscriptionId?.map((id) => id.toLowerCase()),
  };
  for (const [name, values] of Object.entries(lists)) {
    if (values !== undefined) select.andWhere(`item.${name} IN (:...${name})`, { [name]: values });
  }
}

function filterByValues(
  select: SelectQueryBuilder<ConfigurationItem>,
  { q, resourceId, stub }: ConfigurationItemsQuery,
): void {
  if (q !== undefined) {
    select.andWhere(`item.searchText LIKE :part ESCAPE '!'`, { part: partOf(q) });
  }
  if (resourceId !== undefined) select.andWhere('item.canonicalKeyHash = :hash', { hash: hashOfArmId(resourceId) });
  if (stub !== undefined) select.andWhere('item.stub = :stub', { stub: Number(stub) });
}

/** What is no ARM id equals none. */
function hashOfArmId(resourceId: string): string {
  const armId = parseArmId(resourceId);
  return armId === null ? '' : armKeyHash(armId.key);
}

function partOf(text: string): string {
  return `%${text.trim().toLowerCase().replace(/[!%_]/g, '!$&')}%`;
}
