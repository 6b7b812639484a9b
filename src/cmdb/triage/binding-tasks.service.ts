import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In } from 'typeorm';
import { decodeCursor, pageOf, type Page } from '../../common/pagination';
import { sha256 } from '../../common/hash';
import { comparableOf } from '../identity/ci-keys.rules';
import { existingItemId } from '../items/existing-item';
import {
  type BindingTaskDto,
  type BindingTasksQuery,
  type ItemBindingTasksQuery,
  toBindingTaskDto,
} from './binding-task.dto';
import { BindingTask, TASK_STATUSES } from './binding-task.entity';
import { existingTask } from './existing-task';
import { tasksOfItem } from './item-task-store';
import { ConfigurationItem } from '../items/configuration-item.entity';

/** Reads the questions that binding left to people, the newest first. */
@Injectable()
export class BindingTasksService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list({ cursor, limit, ...filters }: BindingTasksQuery): Promise<Page<BindingTaskDto>> {
    const select = this.dataSource.manager.createQueryBuilder(BindingTask, 'task');
    for (const [condition, values] of conditionsOf(filters)) select.andWhere(condition, values);
    if (cursor !== undefined) select.andWhere('task.id < :last', { last: decodeCursor(cursor, 1)[0] });
    const rows = await select
      .orderBy('task.id', 'DESC')
      .limit(limit + 1)
      .getMany();
    return this.pageOf(rows, limit);
  }

  /** The tasks that an item may answer, or was the answer to. */
  async ofItem(id: string, { status, cursor, limit }: ItemBindingTasksQuery): Promise<Page<BindingTaskDto>> {
    const { manager } = this.dataSource;
    const ciId = await existingItemId(manager, id);
    const after = cursor === undefined ? null : String(decodeCursor(cursor, 1)[0]);
    const ids = await tasksOfItem(manager, { ciId, status, after, limit: limit + 1 });
    const rows = await manager.find(BindingTask, { where: { id: In(ids) }, order: { id: 'DESC' } });
    return this.pageOf(rows, limit);
  }

  async get(id: string): Promise<BindingTaskDto> {
    const task = await existingTask(this.dataSource.manager, id);
    return toBindingTaskDto(task, await this.itemsOf([task]));
  }

  private async pageOf(rows: readonly BindingTask[], limit: number): Promise<Page<BindingTaskDto>> {
    const items = await this.itemsOf(rows);
    return pageOf(rows, limit, { item: (row) => toBindingTaskDto(row, items), position: (row) => [row.id] });
  }

  /** All that the tasks name. */
  private async itemsOf(tasks: readonly BindingTask[]): Promise<Map<string, ConfigurationItem>> {
    const ids = [...new Set(tasks.flatMap((task) => [...task.candidateIds, task.answerId ?? []].flat()))];
    if (ids.length === 0) return new Map();
    const items = await this.dataSource.manager.findBy(ConfigurationItem, { id: In(ids) });
    return new Map(items.map((item) => [item.id, item]));
  }
}

type Condition = [sql: string, values: Record<string, unknown>];

/** A reason without a status is looked for in each of them: the index begins with it. */
function conditionsOf({ status, reason, value, workItem }: Omit<BindingTasksQuery, 'cursor' | 'limit'>): Condition[] {
  const conditions: (Condition | null)[] = [
    status || reason ? ['task.status IN (:...status)', { status: status ?? TASK_STATUSES }] : null,
    reason ? ['task.reason IN (:...reason)', { reason }] : null,
    value === undefined ? null : ['task.valueHash = :valueHash', { valueHash: sha256(comparableOf(value)) }],
    workItem === undefined ? null : ['task.workItemNumber = :workItem', { workItem }],
  ];
  return conditions.filter((condition) => condition !== null);
}
