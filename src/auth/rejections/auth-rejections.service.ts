import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type SelectQueryBuilder } from 'typeorm';
import { decodeCursor, pageOf } from '../../common/pagination';
import { AuthMetrics } from '../auth-metrics';
import { toAuthRejectionDto, type AuthRejectionPageDto, type AuthRejectionsQuery } from './auth-rejection.dto';
import { AuthRejectionEntity } from './auth-rejection.entity';
import { AuthRejections } from './auth-rejections';

/** Reads the refused calls, the newest first; those of this instance up to the moment. */
@Injectable()
export class AuthRejectionsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly rejections: AuthRejections,
    private readonly metrics: AuthMetrics,
  ) {}

  async list(query: AuthRejectionsQuery): Promise<AuthRejectionPageDto> {
    await this.rejections.flush();
    const select = this.dataSource.manager.createQueryBuilder(AuthRejectionEntity, 'rejection');
    filter(select, query);
    const rows = await select
      .orderBy('rejection.id', 'DESC')
      .take(query.limit + 1)
      .getMany();
    const page = pageOf(rows, query.limit, { item: toAuthRejectionDto, position: (row) => [row.id] });
    return { ...page, dropped: this.metrics.rejectionsDropped };
  }
}

function filter(select: SelectQueryBuilder<AuthRejectionEntity>, query: AuthRejectionsQuery): void {
  const { reason, appId, requestId, since, cursor } = query;
  if (reason !== undefined) select.andWhere('rejection.reason = :reason', { reason });
  if (appId !== undefined) select.andWhere('rejection.appId = :appId', { appId: appId.toLowerCase() });
  if (requestId !== undefined) select.andWhere('rejection.requestId = :requestId', { requestId });
  if (since !== undefined) select.andWhere('rejection.occurredAt >= :since', { since });
  if (cursor !== undefined) select.andWhere('rejection.id < :last', { last: decodeCursor(cursor, 1)[0] });
}
