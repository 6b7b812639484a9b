import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type SelectQueryBuilder } from 'typeorm';
import { isId } from '../common/ids';
import { decodeCursor, pageOf, type Page } from '../common/pagination';
import { toAuditEventDto, type AuditEventDto, type AuditEventsQuery } from './audit-event.dto';
import { AuditEventEntity } from './audit-event.entity';

const EXACT_FILTERS = ['actorId', 'action', 'subjectType', 'subjectId'] as const;

/** Reads the audit trail, the newest first. */
@Injectable()
export class AuditEventsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list(query: AuditEventsQuery): Promise<Page<AuditEventDto>> {
    const select = this.dataSource.manager.createQueryBuilder(AuditEventEntity, 'event');
    filter(select, query);
    const rows = await select
      .orderBy('event.id', 'DESC')
      .take(query.limit + 1)
      .getMany();
    return pageOf(rows, query.limit, { item: toAuditEventDto, position: (row) => [row.id] });
  }
}

function filter(select: SelectQueryBuilder<AuditEventEntity>, query: AuditEventsQuery): void {
  for (const name of EXACT_FILTERS) {
    const value = query[name];
    if (value !== undefined) select.andWhere(`event.${name} = :${name}`, { [name]: asStored(value) });
  }
  if (query.since !== undefined) select.andWhere('event.occurredAt >= :since', { since: query.since });
  if (query.until !== undefined) select.andWhere('event.occurredAt < :until', { until: query.until });
  if (query.cursor !== undefined) select.andWhere('event.id < :last', { last: decodeCursor(query.cursor, 1)[0] });
}

/** Ids are kept in small letters. */
function asStored(value: string): string {
  return isId(value) ? value.toLowerCase() : value;
}
