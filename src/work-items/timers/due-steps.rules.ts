import { endFlapping } from '../absorb.rules';
import { AUTO_CLOSE_MS, dueStepOf, type DueStep } from '../due.rules';
import { move } from '../move.rules';
import { TIMER_ACTOR, type TimelineDraft, type WorkItemRecord } from '../work-item.record';

/** What time did to a work item. */
export interface StepsTaken {
  told: TimelineDraft[];
  /** Something that people see is different: it is a new version. */
  isChanged: boolean;
}

/** Takes every step that is due at `now`, in the record itself. After a long stop several may be. */
export function runDueSteps(workItem: WorkItemRecord, now: Date): StepsTaken {
  const told: TimelineDraft[] = [];
  let isChanged = false;
  for (let step = dueStepOf(workItem, now); step !== null; step = dueStepOf(workItem, now)) {
    told.push(take(step, workItem, now));
    isChanged ||= step !== 'end_reopen_window';
  }
  return { told, isChanged };
}

function take(step: DueStep, workItem: WorkItemRecord, now: Date): TimelineDraft {
  switch (step) {
    case 'end_flapping':
      return stopFlapping(workItem, now);
    case 'end_reopen_window':
      return endReopenWindow(workItem);
    case 'close':
      return close(workItem, now);
  }
}

/** One entry, whatever the true state is. */
function stopFlapping(workItem: WorkItemRecord, now: Date): TimelineDraft {
  const quietUntil = workItem.flappingUntil;
  const step = endFlapping(workItem, now);
  const state =
    step === 'resolve' ? 'resolved, as its last alert is over' : `${workItem.state}, as it would be without flapping`;
  const summary = `Quiet for 30 minutes, no longer flapping: ${state}`;
  return { ...entry(workItem, now), kind: 'flapping_ended', summary, detail: { quietUntil, state: workItem.state } };
}

function endReopenWindow(workItem: WorkItemRecord): TimelineDraft {
  const at = workItem.reopenUntil as Date;
  workItem.reopenUntil = null;
  const summary = 'Reopen window over: a new alert opens a new work item';
  const detail = { reopenWindowMinutes: workItem.reopenWindowMinutes };
  return { ...entry(workItem, at), kind: 'reopen_window_ended', summary, detail };
}

function close(workItem: WorkItemRecord, now: Date): TimelineDraft {
  const result = move(workItem, { to: 'closed', by: { kind: 'system', actor: TIMER_ACTOR }, at: now, now });
  if (result.kind !== 'moved') throw new Error(`The timer can't close a work item that is ${workItem.state}.`);
  Object.assign(workItem, result.changes);
  const summary = `Closed: it has been resolved for ${AUTO_CLOSE_MS / 3_600_000} hours`;
  return { ...entry(workItem, now), kind: 'closed', summary, detail: null };
}

function entry(workItem: WorkItemRecord, at: Date): Pick<TimelineDraft, 'workItem' | 'at' | 'actor' | 'deliveryId'> {
  return { workItem, at, actor: TIMER_ACTOR, deliveryId: null };
}
