import type {
  AlertBinding,
  AnsweredValue,
  AttachedCis,
  BoundCi,
  FollowedMerge,
  OpenValue,
} from '../cmdb/binding/bound-ci';
import { oneLine } from '../common/text.rules';
import { SYSTEM_ACTOR, type TimelineDraft, type WorkItemRecord } from './work-item.record';

/** Characters of a name that are shown. */
const MAX_SHOWN = 200;

/** An alert's configuration items on their way to the work item that it counts for. */
export interface BindingOfWorkItem {
  workItem: WorkItemRecord;
  binding: AlertBinding;
  deliveryId: string;
  /** When the alert fired. */
  at: Date;
}

/** What a change of bindings comes from: a delivery, or null for what has come into the CMDB since. */
type Origin = Pick<BindingOfWorkItem, 'workItem' | 'at'> & { deliveryId: string | null };

/** What binding did to each work item, told with its evidence; the delivery is the first one that brought the item up. */
export function bindingTimeline(
  bindings: readonly Origin[],
  attached: ReadonlyMap<number, AttachedCis>,
): TimelineDraft[] {
  const told = new Set<number>();
  return bindings.flatMap((each) => {
    const id = each.workItem.id;
    const changes = id === null || told.has(id) ? undefined : attached.get(id);
    if (id === null || changes === undefined) return [];
    told.add(id);
    return [
      ...(changes.merges ?? []).map((merge) => mergeEntry(each, merge)),
      ...changes.bound.map((ci) => boundEntry(each, ci)),
      ...changes.tasksClosed.map((value) => answeredEntry(each, value)),
      ...changes.tasksOpened.map((value) => taskEntry(each, value)),
    ];
  });
}

function boundEntry(origin: Origin, ci: BoundCi): TimelineDraft {
  const { method, confidence, source, ciId } = ci;
  const summary = `Bound to ${oneLine(ci.name, MAX_SHOWN)} by ${method} (${confidence}) from ${source}`;
  const detail = { configurationItemId: ciId, method, confidence, source };
  return { kind: 'configuration_item_bound', summary, detail, ...entryOf(origin) };
}

function mergeEntry(origin: Origin, { fromId, toId, name }: FollowedMerge): TimelineDraft {
  const summary = `Bound to ${oneLine(name, MAX_SHOWN)}, which what was bound before turned out to be`;
  const detail = { configurationItemId: toId, mergedFrom: fromId };
  return { kind: 'configuration_item_bound', summary, detail, ...entryOf(origin) };
}

function answeredEntry(origin: Origin, { taskId, value, source, ciId, name }: AnsweredValue): TimelineDraft {
  const summary = `"${oneLine(value, MAX_SHOWN)}" from ${source} is ${oneLine(name, MAX_SHOWN)}`;
  const detail = { taskId, value, source, configurationItemId: ciId };
  return { kind: 'binding_task_resolved', summary, detail, ...entryOf(origin) };
}

function taskEntry(origin: Origin, { value, source, reason }: OpenValue): TimelineDraft {
  const summary = `No configuration item for "${oneLine(value, MAX_SHOWN)}" from ${source}: ${reason}`;
  return { kind: 'binding_task_opened', summary, detail: { value, source, reason }, ...entryOf(origin) };
}

function entryOf({
  workItem,
  at,
  deliveryId,
}: Origin): Pick<TimelineDraft, 'workItem' | 'at' | 'actor' | 'deliveryId'> {
  return { workItem, at, actor: SYSTEM_ACTOR, deliveryId };
}
