import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '../../auth';
import { type Answered, BindingAnswers } from '../../cmdb/triage/binding-answers.service';
import { BINDING_CHECKS } from '../../cmdb/triage/binding-checks';
import type { BindingTaskDto } from '../../cmdb/triage/binding-task.dto';
import { BindingTasksService } from '../../cmdb/triage/binding-tasks.service';
import { Schedule } from '../../common/schedule/schedule';
import { setImpact } from '../absorb.rules';
import { personOf, type Person } from '../actions/person';
import { WorkItemChanges, type Decide, type Decision } from '../actions/work-item-changes';
import { isFinal } from '../lifecycle.rules';
import type { WorkItemRecord } from '../work-item.record';
import { answerTold, dismissalTold } from './answer-told.rules';
import type { AnsweredBindingTaskDto, BindingAnswerDto, DismissalDto } from './binding-answers.dto';

/** Who asks, and by which request. */
interface Asking {
  principal: Principal;
  requestId: string;
}

/**
 * What people answer to binding tasks, in one transaction under the work item's lock: who comes second is told. A task of a closed
 * or canceled work item can be answered too, for its history is right then and the alias is learned; its row stays as it is.
 */
@Injectable()
export class BindingAnswersService {
  constructor(
    private readonly changes: WorkItemChanges,
    private readonly answers: BindingAnswers,
    private readonly tasks: BindingTasksService,
    private readonly schedule: Schedule,
  ) {}

  /** Binds the item to the task's work item, and teaches it the value if asked to. */
  async resolve(id: string, dto: BindingAnswerDto, asking: Asking): Promise<AnsweredBindingTaskDto> {
    const { configurationItemId, learnAlias = false } = dto;
    const given = { taskId: id, by: changedBy(asking), configurationItemId, learnAlias };
    let alsoWaiting = 0;
    await this.change(id, asking, async (workItem, { tx, now }, by) => {
      const answered = await this.answers.answer(tx, { ...given, now });
      alsoWaiting = answered.alsoWaiting;
      return decisionOn(workItem, answered, by);
    });
    this.schedule.wake(BINDING_CHECKS);
    return Object.assign(await this.tasks.get(id), { alsoWaiting });
  }

  /** Closes the task: there is nothing to bind. */
  async dismiss(id: string, dto: DismissalDto, asking: Asking): Promise<BindingTaskDto> {
    const reason = dto.reason?.trim() || null;
    await this.change(id, asking, async (_, { tx, now }, by) => {
      const task = await this.answers.dismiss(tx, { taskId: id, by: changedBy(asking), now, reason });
      return { kind: 'noted', told: dismissalTold(task, { by: by.name, reason }) };
    });
    return this.tasks.get(id);
  }

  private async change(
    id: string,
    { principal }: Asking,
    decide: (workItem: WorkItemRecord, context: { tx: EntityManager; now: Date }, by: Person) => ReturnType<Decide>,
  ): Promise<void> {
    const by = personOf(principal);
    const { workItemNumber } = await this.answers.find(id);
    await this.changes.one(workItemNumber, by.actor, (workItem, context) => decide(workItem, context, by));
  }
}

/** An answer that changes nothing about what is bound is told all the same. */
function decisionOn(
  workItem: WorkItemRecord,
  { task, ci, impact, isLearned, unchanged }: Answered,
  by: Person,
): Decision {
  const isChanged = !unchanged && !isFinal(workItem.state);
  if (isChanged) setImpact(workItem, impact);
  const { priority, priorityReason } = workItem;
  const told = answerTold(task, { ci, by: by.name, isLearned, priority, priorityReason });
  return { kind: isChanged ? 'changed' : 'noted', told };
}

function changedBy({ principal, requestId }: Asking): { actor: Principal; requestId: string } {
  return { actor: principal, requestId };
}
