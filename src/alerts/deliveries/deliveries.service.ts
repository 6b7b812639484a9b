import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { notFound } from '../../common/errors';
import { isId } from '../../common/ids';
import { pageOf, type Page } from '../../common/pagination';
import { DeliveryEntity } from '../delivery.entity';
import { attemptsOf } from './attempts';
import { cursorOf, findDeliveries, positionOf } from './delivery-store';
import {
  toDeliveryDetailDto,
  toDeliveryDto,
  type DeliveriesQuery,
  type DeliveryDetailDto,
  type DeliveryDto,
} from './delivery.dto';

/** Shows what action groups have sent, accepted or not. */
@Injectable()
export class DeliveriesService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list({ cursor, limit, ...filter }: DeliveriesQuery): Promise<Page<DeliveryDto>> {
    const slice = { order: 'newest', after: positionOf(cursor), limit: limit + 1 } as const;
    const rows = await findDeliveries(this.dataSource.manager, filter, slice);
    return pageOf(rows, limit, { item: toDeliveryDto, position: cursorOf });
  }

  async get(id: string): Promise<DeliveryDetailDto> {
    const { manager } = this.dataSource;
    const row = isId(id) ? await manager.findOneBy(DeliveryEntity, { id: id.toLowerCase() }) : null;
    if (row === null) throw notFound(`delivery ${id.slice(0, 40)}`);
    return toDeliveryDetailDto(row, await attemptsOf(manager, row));
  }
}
