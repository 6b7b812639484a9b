import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, Not } from 'typeorm';
import { AuditWriter } from '../../audit/audit-writer';
import { DomainError, invalidRequest } from '../../common/errors';
import { bindManually, type ManuallyBound } from '../binding/manual-bindings';
import type { CiRole } from '../binding/bound-ci';
import { loadWorkItemBindings } from '../binding/work-item-bindings';
import { type ChangedBy, shownActor } from '../items/changed-by';
import { ConfigurationItem, type ItemRecord } from '../items/configuration-item.entity';
import { lockedItem } from '../items/existing-item';
import { roleOfAnswer } from './answer.rules';
import { BindingTask, type TaskStatus } from './binding-task.entity';
import { BindingTaskKey } from './binding-task-key.entity';
import { existingTask } from './existing-task';
import { learnAlias } from './learn-alias';

/** Who closes which task, and when. */
export interface Closing {
  taskId: string;
  by: ChangedBy;
  now: Date;
}

/** A person's answer to a binding task. */
export interface GivenAnswer extends Closing {
  configurationItemId: string;
  /** The value becomes an alias of the item. */
  learnAlias: boolean;
}

/** What an answer came to. */
export interface Answered extends ManuallyBound {
  task: BindingTask;
  isLearned: boolean;
  /** Other open tasks that wait for the same value. */
  alsoWaiting: number;
}

/** What people answer to the questions that binding left to them. Whoever calls holds the lock of the task's work item. */
@Injectable()
export class BindingAnswers {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditWriter,
  ) {}

  /** A task, open or not; 404 if there is none. */
  find(id: string): Promise<BindingTask> {
    return existingTask(this.dataSource.manager, id);
  }

  /**
   * Binds the item that a person names to the task's work item, as a person's word, and closes the task. The value is taught to
   * the item if they say so, and all open tasks that wait for it are looked at again; each is bound then as the rules say.
   * 409 `binding_task_resolved` where it is closed already, `configuration_item_retired`, `alias_in_use`.
   */
  async answer(tx: EntityManager, given: GivenAnswer): Promise<Answered> {
    const { by, now } = given;
    const task = await this.openTask(tx, given.taskId);
    const item = await usableItem(tx, given.configurationItemId);
    const { workItemId } = task;
    const role = await roleFor(tx, { workItemId, ciId: item.id });
    const actor = `${by.actor.kind}:${by.actor.id}`;
    const bound = await bindManually(tx, { workItemId, ciId: item.id, role, actor, now });
    await this.close(tx, task, { ...given, status: 'resolved', answerId: item.id });
    const isLearned = given.learnAlias && (await learnAlias(tx, { item, task, by, now, audit: this.audit }));
    const alsoWaiting = await tx.countBy(BindingTask, {
      valueHash: task.valueHash,
      status: 'open',
      id: Not(task.id),
    });
    return { ...bound, task, isLearned, alsoWaiting };
  }

  /** Closes a task because a person says that there is nothing to bind. 409 `binding_task_resolved` where it is closed already. */
  async dismiss(tx: EntityManager, closing: Closing & { reason: string | null }): Promise<BindingTask> {
    const task = await this.openTask(tx, closing.taskId);
    await this.close(tx, task, { ...closing, status: 'dismissed', answerId: null });
    return task;
  }

  private async openTask(tx: EntityManager, id: string): Promise<BindingTask> {
    const task = await existingTask(tx, id);
    if (task.status !== 'open') throw closedAlready(task, await answerOf(tx, task));
    return task;
  }

  private async close(tx: EntityManager, task: BindingTask, closed: Closing & Closed): Promise<void> {
    const { by, now, status, answerId, reason } = closed;
    const after = { status, answerId, resolvedBy: shownActor(by.actor).slice(0, 200), resolvedAt: now };
    await tx.update(BindingTask, { id: task.id }, { ...after, checkAt: null });
    await tx.delete(BindingTaskKey, { taskId: task.id });
    const { value, workItemNumber } = task;
    await this.audit.write(tx, {
      ...by,
      action: `binding_task.${status}`,
      subject: { type: 'binding_task', id: task.id },
      before: { status: task.status, value, workItem: workItemNumber },
      after: { status, value, workItem: workItemNumber, configurationItemId: answerId, ...(reason ? { reason } : {}) },
    });
  }
}

interface Closed {
  status: Exclude<TaskStatus, 'open'>;
  answerId: string | null;
  reason?: string | null;
}

/** The item under its lock; what has retired, or become part of another, answers no question. */
async function usableItem(tx: EntityManager, id: string): Promise<ItemRecord> {
  const item = await lockedItem(tx, id);
  if (item === undefined) {
    throw invalidRequest([{ path: 'configurationItemId', message: 'must be the id of a configuration item in use' }]);
  }
  if (item.status !== 'retired') return item;
  const { mergedIntoId } = item;
  const where = mergedIntoId === null ? 'has retired' : `has become part of ${mergedIntoId}`;
  const detail = `Configuration item ${item.id} ${where}; nothing new is bound to it.`;
  throw new DomainError(409, 'configuration_item_retired', detail, mergedIntoId === null ? {} : { mergedIntoId });
}

async function roleFor(tx: EntityManager, { workItemId, ciId }: { workItemId: number; ciId: string }): Promise<CiRole> {
  const items = (await loadWorkItemBindings(tx, [workItemId])).get(workItemId) ?? [];
  return roleOfAnswer(items, ciId);
}

async function answerOf(tx: EntityManager, { answerId }: BindingTask): Promise<ItemRecord | null> {
  return answerId === null ? null : tx.findOneBy(ConfigurationItem, { id: answerId });
}

function closedAlready(task: BindingTask, answer: ItemRecord | null): DomainError {
  const { id, status, resolvedBy, resolvedAt } = task;
  const item = answer === null ? null : { id: answer.id, name: answer.name };
  const what = item === null ? '' : `: it is ${item.name} (${item.id})`;
  const detail = `Binding task ${id} has been ${status} by ${resolvedBy ?? 'the service'}${what}.`;
  return new DomainError(409, 'binding_task_resolved', detail, {
    taskStatus: status,
    resolvedBy,
    resolvedAt,
    answer: item,
  });
}
