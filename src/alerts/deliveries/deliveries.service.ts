import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { notFound } from '../../common/errors';
import { isId } from '../../common/ids';
import { decodeCursor, pageOf, type Page } from '../../common/pagination';
import { DeliveryEntity } from '../delivery.entity';
import {
  toDeliveryDetailDto,
  toDeliveryDto,
  type DeliveriesQuery,
  type DeliveryDetailDto,
  type DeliveryDto,
} from './delivery.dto';

const SUMMARY = [
  'id',
  'receivedAt',
  'status',
  'outcome',
  'code',
  'duplicateOf',
  'alertId',
  'callerAppId',
  'requestId',
] as const;

/** Shows what action groups have sent, accepted or not. */
@Injectable()
export class DeliveriesService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list({ status, cursor, limit }: DeliveriesQuery): Promise<Page<DeliveryDto>> {
    const select = this.dataSource.manager
      .createQueryBuilder(DeliveryEntity, 'delivery')
      .select(SUMMARY.map((name) => `delivery.${name}`));
    if (status !== undefined) select.andWhere('delivery.status = :status', { status });
    if (cursor !== undefined) select.andWhere('delivery.id < :last', { last: decodeCursor(cursor, 1)[0] });
    const rows = await select
      .orderBy('delivery.id', 'DESC')
      .limit(limit + 1)
      .getMany();
    return pageOf(rows, limit, { item: toDeliveryDto, position: (row) => [row.id] });
  }

  async get(id: string): Promise<DeliveryDetailDto> {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(DeliveryEntity, { id: id.toLowerCase() }) : null;
    if (row === null) throw notFound(`delivery ${id.slice(0, 40)}`);
    return toDeliveryDetailDto(row);
  }
}
