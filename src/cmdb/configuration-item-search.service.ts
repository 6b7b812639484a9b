import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type SelectQueryBuilder } from 'typeorm';
import { notFound } from '../common/errors';
import { isId } from '../common/ids';
import { decodeCursor, pageOf, type Page } from '../common/pagination';
import { parseArmId } from './arm-id.rules';
import { armKeyHash } from './ci-keys.rules';
import {
  type ConfigurationItemDto,
  type ConfigurationItemsQuery,
  toConfigurationItemDto,
} from './configuration-item.dto';
import { ConfigurationItem } from './configuration-item.entity';

/** Reads the CMDB, in the order in which items came into it. */
@Injectable()
export class ConfigurationItemSearchService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list(query: ConfigurationItemsQuery): Promise<Page<ConfigurationItemDto>> {
    const select = this.dataSource.manager.createQueryBuilder(ConfigurationItem, 'item');
    filterByLists(select, query);
    filterByValues(select, query);
    const rows = await select
      .orderBy('item.id', 'ASC')
      .limit(query.limit + 1)
      .getMany();
    return pageOf(rows, query.limit, { item: toConfigurationItemDto, position: (row) => [row.id] });
  }

  async get(id: string): Promise<ConfigurationItemDto> {
    const item = isId(id) ? await this.dataSource.manager.findOneBy(ConfigurationItem, { id: id.toLowerCase() }) : null;
    if (item === null) throw notFound(`configuration item ${id}`);
    return toConfigurationItemDto(item);
  }
}

function filterByLists(select: SelectQueryBuilder<ConfigurationItem>, query: ConfigurationItemsQuery): void {
  const lists = {
    className: query.className,
    status: query.status,
    resourceType: query.resourceType?.map((type) => type.toLowerCase()),
    subscriptionId: query.subscriptionId?.map((id) => id.toLowerCase()),
  };
  for (const [name, values] of Object.entries(lists)) {
    if (values !== undefined) select.andWhere(`item.${name} IN (:...${name})`, { [name]: values });
  }
}

function filterByValues(
  select: SelectQueryBuilder<ConfigurationItem>,
  { q, resourceId, stub, cursor }: ConfigurationItemsQuery,
): void {
  if (q !== undefined) {
    const fields = ['item.nameKey', 'LOWER(item.resourceId)', 'LOWER(item.aliases)'];
    select.andWhere(`(${fields.map((field) => `${field} LIKE :part ESCAPE '!'`).join(' OR ')})`, { part: partOf(q) });
  }
  if (resourceId !== undefined) select.andWhere('item.canonicalKeyHash = :hash', { hash: hashOfArmId(resourceId) });
  if (stub !== undefined) select.andWhere('item.stub = :stub', { stub: Number(stub) });
  if (cursor !== undefined) select.andWhere('item.id > :last', { last: decodeCursor(cursor, 1)[0] });
}

/** What is no ARM id equals none. */
function hashOfArmId(resourceId: string): string {
  const armId = parseArmId(resourceId);
  return armId === null ? '' : armKeyHash(armId.key);
}

function partOf(text: string): string {
  return `%${text.trim().toLowerCase().replace(/[!%_]/g, '!$&')}%`;
}
