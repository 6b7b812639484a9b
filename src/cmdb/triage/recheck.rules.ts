import type { AttachPlan, StoredTask, TaskChange } from '../binding/attach.rules';
import type { OpenValue } from '../binding/bound-ci';
import { comparableOf } from '../identity/ci-keys.rules';

/**
 * A plan in which each question that is still open says why it is open now. Alerts only ever add candidates, so that their order
 * makes no difference; asking again tells which of them are left. `found` is by the task's id.
 */
export function withCurrentReasons(
  plan: AttachPlan,
  tasks: readonly StoredTask[],
  found: ReadonlyMap<string, OpenValue>,
): AttachPlan {
  const closed = plan.updateTasks.filter(({ isOpen }) => !isOpen);
  const closedIds = new Set(closed.map(({ id }) => id));
  const open = tasks.filter(({ id, isOpen }) => isOpen && !closedIds.has(id));
  return { ...plan, updateTasks: [...closed, ...open.flatMap((task) => asFound(task, found.get(task.id)) ?? [])] };
}

/** Null where it stands so already. */
function asFound(task: StoredTask, found: OpenValue | undefined): (TaskChange & { id: string }) | null {
  const { id, value, source, asked, hasKeys } = task;
  const { reason, candidateIds } = found ?? task;
  const isSame = reason === task.reason && candidateIds.join() === task.candidateIds.join();
  if (isSame && hasKeys) return null;
  return {
    id,
    value,
    source,
    asked,
    reason,
    candidateIds,
    comparable: comparableOf(value),
    isOpen: true,
    answerId: null,
  };
}
