import type { AlertBinding, AttachedCis, BoundCi, OpenValue } from '../cmdb/bound-ci';
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

/** What binding did to each work item, told with its evidence; the delivery is the first one that brought the item up. */
export function bindingTimeline(
  bindings: readonly BindingOfWorkItem[],
  attached: ReadonlyMap<number, AttachedCis>,
): TimelineDraft[] {
  const told = new Set<number>();
  return bindings.flatMap((each) => {
    const id = each.workItem.id;
    const changes = id === null || told.has(id) ? undefined : attached.get(id);
    if (id === null || changes === undefined) return [];
    told.add(id);
    return [
      ...changes.bound.map((ci) => boundEntry(each, ci)),
      ...changes.tasksOpened.map((value) => taskEntry(each, value)),
    ];
  });
}

function boundEntry(origin: BindingOfWorkItem, ci: BoundCi): TimelineDraft {
  const { method, confidence, source, ciId } = ci;
  const summary = `Bound to ${oneLine(ci.name, MAX_SHOWN)} by ${method} (${confidence}) from ${source}`;
  const detail = { configurationItemId: ciId, method, confidence, source };
  return { kind: 'configuration_item_bound', summary, detail, ...entryOf(origin) };
}

function taskEntry(origin: BindingOfWorkItem, { value, source, reason }: OpenValue): TimelineDraft {
  const summary = `No configuration item for "${oneLine(value, MAX_SHOWN)}" from ${source}: ${reason}`;
  return { kind: 'binding_task_opened', summary, detail: { value, source, reason }, ...entryOf(origin) };
}

function entryOf({
  workItem,
  at,
  deliveryId,
}: BindingOfWorkItem): Pick<TimelineDraft, 'workItem' | 'at' | 'actor' | 'deliveryId'> {
  return { workItem, at, actor: SYSTEM_ACTOR, deliveryId };
}
