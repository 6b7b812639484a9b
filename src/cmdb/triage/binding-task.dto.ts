import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { PageQuery } from '../../common/pagination';
import { IsListOf } from '../../common/validators';
import { TASK_REASONS, type TaskReason } from '../binding/binding-evidence.rules';
import { type BindingTask, TASK_STATUSES, type TaskStatus } from './binding-task.entity';
import type { ConfigurationItem } from '../items/configuration-item.entity';
import { CI_STATUSES, type CiStatus } from '../items/item-fields.rules';

/** An item that a value may mean. */
export class BindingCandidateDto {
  id: string;
  name: string;
  className: string;
  resourceId: string | null;
  @ApiProperty({ enum: CI_STATUSES })
  status: CiStatus;
}

/** The item that a value turned out to mean. */
export class BindingTaskAnswerDto {
  id: string;
  name: string;
}

/** A question to a person: which configuration item does this value name? */
export class BindingTaskDto {
  id: string;
  @ApiProperty({ enum: TASK_STATUSES })
  status: TaskStatus;
  /** No item is known by the value, several are equally good, or the one that is has retired. */
  @ApiProperty({ enum: TASK_REASONS })
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
  /** When it was resolved or dismissed. */
  resolvedAt: Date | null;
  /** The person who did; null where the service found the answer itself, or nobody has yet. */
  resolvedBy: string | null;
  /** The item that it means; null while it is open, where it was dismissed, and in tasks from before this was kept. */
  answer: BindingTaskAnswerDto | null;
}

/** One page of binding tasks, the newest first. */
export class BindingTaskPageDto {
  items: BindingTaskDto[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** Filters of the list; all that are given must hold. */
export class BindingTasksQuery extends PageQuery {
  /** Whether it still waits for an answer. */
  @IsListOf(TASK_STATUSES)
  status?: TaskStatus[];

  /** Why it was left to a person. */
  @IsListOf(TASK_REASONS)
  reason?: TaskReason[];

  /** The whole value, in any letter case; of an ARM id, in any spelling. */
  @IsOptional()
  @IsString()
  @Length(1, 4_096)
  value?: string;

  /** Number of the work item that waits, in any letter case. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim().toUpperCase() : value))
  @Matches(/^[A-Z]{3}\d{7,10}$/, { message: 'workItem must be a number such as INC0000001' })
  workItem?: string;
}

/** Those in which an item can have a part. */
export const ITEM_TASK_STATUSES = ['open', 'resolved'] as const;
export type ItemTaskStatus = (typeof ITEM_TASK_STATUSES)[number];

/** Filters of the binding tasks of a configuration item. */
export class ItemBindingTasksQuery extends PageQuery {
  /** `open`, the default: those that it may answer; `resolved`: those that it was the answer to. */
  @ApiPropertyOptional({ enum: ITEM_TASK_STATUSES, isArray: true, default: ['open'] })
  @IsListOf(ITEM_TASK_STATUSES)
  status: ItemTaskStatus[] = ['open'];
}

/** The items by id are those that any of the tasks names. */
export function toBindingTaskDto(task: BindingTask, items: ReadonlyMap<string, ConfigurationItem>): BindingTaskDto {
  const { id, status, reason, value, source, workItemNumber: workItem, createdAt, resolvedAt, resolvedBy } = task;
  const candidates = task.candidateIds.flatMap((candidateId) => items.get(candidateId) ?? []).map(toCandidate);
  const answered = task.answerId === null ? undefined : items.get(task.answerId);
  const answer = answered === undefined ? null : { id: answered.id, name: answered.name };
  return { id, status, reason, value, source, candidates, workItem, createdAt, resolvedAt, resolvedBy, answer };
}

function toCandidate({ id, name, className, resourceId, status }: ConfigurationItem): BindingCandidateDto {
  return { id, name, className, resourceId, status };
}
