import { oneLine } from '../../common/text.rules';
import type { Told } from '../actions/told.rules';

const MAX_SHOWN = 200;

/** What of a binding task is told. */
interface ToldTask {
  id: string;
  value: string;
  source: string;
}

/** What the timeline says of a binding task that a person has answered. */
export function answerTold(
  { id: taskId, value, source }: ToldTask,
  answer: {
    ci: { id: string; name: string };
    by: string;
    isLearned: boolean;
    priority: number;
    priorityReason: string;
  },
): Told {
  const { ci, by, isLearned, priority, priorityReason } = answer;
  const learned = isLearned ? ', and is known by it from now on' : '';
  const summary = `${shown(value)} is ${oneLine(ci.name, MAX_SHOWN)}, says ${by}${learned}`;
  const evidence = { configurationItemId: ci.id, method: 'manual', learnedAlias: isLearned, priority, priorityReason };
  return { kind: 'binding_task_resolved', summary, detail: { taskId, value, source, by, ...evidence } };
}

/** What the timeline says of a binding task for which a person has nothing to bind. */
export function dismissalTold(
  { id: taskId, value, source }: ToldTask,
  { by, reason }: { by: string; reason: string | null },
): Told {
  const why = reason === null ? '' : `: ${oneLine(reason, MAX_SHOWN)}`;
  const summary = `Nothing to bind for ${shown(value)}, says ${by}${why}`;
  return { kind: 'binding_task_dismissed', summary, detail: { taskId, value, source, by, reason } };
}

function shown(value: string): string {
  return `"${oneLine(value, MAX_SHOWN)}"`;
}
