import { ApiProperty } from '@nestjs/swagger';
import { PageQuery } from '../common/pagination';
import { IsListOf } from '../common/validators';
import type { TaskReason } from './binding-evidence.rules';
import { type BindingTask, TASK_STATUSES, type TaskStatus } from './binding-task.entity';
import type { ConfigurationItem } from './configuration-item.entity';

/** An item that a value may mean. */
export class BindingCandidateDto {
  id: string;
  name: string;
  resourceId: string | null;
}

/** A question to a person: which configuration item does this value name? */
export class BindingTaskDto {
  id: string;
  @ApiProperty({ enum: TASK_STATUSES })
  status: TaskStatus;
  /** No item is known by the value, several are equally good, or the one that is has retired. */
  @ApiProperty({ enum: ['unmatched', 'ambiguous', 'retired'] })
  reason: TaskReason;
  /** As the payload spelled it. */
  value: string;
  /** The payload field that it came from. */
  source: string;
  /** Items that it may mean. */
  candidates: BindingCandidateDto[];
  /** Number of the work item that waits for the answer. */
  workItem: string;
  createdAt: Date;
}

/** One page of binding tasks, the newest first. */
export class BindingTaskPageDto {
  items: BindingTaskDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** Filters of the list. */
export class BindingTasksQuery extends PageQuery {
  /** Whether it still waits for an answer. */
  @IsListOf(TASK_STATUSES)
  status?: TaskStatus[];
}

/** The items by id are those that any of the tasks names. */
export function toBindingTaskDto(task: BindingTask, items: ReadonlyMap<string, ConfigurationItem>): BindingTaskDto {
  const { id, status, reason, value, source, workItemNumber, createdAt } = task;
  const candidates = task.candidateIds.flatMap((candidateId) => items.get(candidateId) ?? []).map(toCandidate);
  return { id, status, reason, value, source, candidates, workItem: workItemNumber, createdAt };
}

function toCandidate({ id, name, resourceId }: ConfigurationItem): BindingCandidateDto {
  return { id, name, resourceId };
}
