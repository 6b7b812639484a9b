import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In } from 'typeorm';
import { notFound } from '../common/errors';
import { isId } from '../common/ids';
import { decodeCursor, pageOf, type Page } from '../common/pagination';
import { type BindingTaskDto, type BindingTasksQuery, toBindingTaskDto } from './binding-task.dto';
import { BindingTask } from './binding-task.entity';
import { ConfigurationItem } from './configuration-item.entity';

/** Reads the questions that binding left to people, the newest first. */
@Injectable()
export class BindingTasksService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list({ status, cursor, limit }: BindingTasksQuery): Promise<Page<BindingTaskDto>> {
    const select = this.dataSource.manager.createQueryBuilder(BindingTask, 'task');
    if (status !== undefined) select.andWhere('task.status IN (:...status)', { status });
    if (cursor !== undefined) select.andWhere('task.id < :last', { last: decodeCursor(cursor, 1)[0] });
    const rows = await select
      .orderBy('task.id', 'DESC')
      .limit(limit + 1)
      .getMany();
    const candidates = await this.candidatesOf(rows);
    return pageOf(rows, limit, { item: (row) => toBindingTaskDto(row, candidates), position: (row) => [row.id] });
  }

  async get(id: string): Promise<BindingTaskDto> {
    const task = isId(id) ? await this.dataSource.manager.findOneBy(BindingTask, { id: id.toLowerCase() }) : null;
    if (task === null) throw notFound(`binding task ${id}`);
    return toBindingTaskDto(task, await this.candidatesOf([task]));
  }

  private async candidatesOf(tasks: readonly BindingTask[]): Promise<Map<string, ConfigurationItem>> {
    const ids = [...new Set(tasks.flatMap((task) => task.candidateIds))];
    if (ids.length === 0) return new Map();
    const items = await this.dataSource.manager.findBy(ConfigurationItem, { id: In(ids) });
    return new Map(items.map((item) => [item.id, item]));
  }
}
