import type { WorkItemState } from './lifecycle.rules';

/** A resolved work item is closed when nothing has happened to its state for so long, by this service's clock. */
export const AUTO_CLOSE_MS = 72 * 3_600_000;

/** What the timers look at. */
export interface Timed {
  state: WorkItemState;
  stateChangedAt: Date | null;
  reopenUntil: Date | null;
  flappingUntil: Date | null;
}

/** What a timer does to a work item, in the order in which it falls due. */
export type DueStep = 'end_flapping' | 'end_reopen_window' | 'close';

/**
 * When each step falls due. The reopen window ends in the payloads' time, so that of an old alert has ended when it comes;
 * the 72 hours run from when this service learned of the resolution, so that people have time to look at it.
 */
function dueTimes({ state, stateChangedAt, reopenUntil, flappingUntil }: Timed): [step: DueStep, at: Date | null][] {
  const isResolved = state === 'resolved';
  const closeAt = isResolved && stateChangedAt !== null ? new Date(stateChangedAt.getTime() + AUTO_CLOSE_MS) : null;
  return [
    ['end_flapping', flappingUntil],
    ['end_reopen_window', isResolved ? reopenUntil : null],
    ['close', closeAt],
  ];
}

/** When a timer next has something to do about a work item; null = never. */
export function dueAtOf(timed: Timed): Date | null {
  const times = dueTimes(timed).flatMap(([, at]) => at?.getTime() ?? []);
  return times.length === 0 ? null : new Date(Math.min(...times));
}

/** The step that is due first at `now`; a step can make another one due. */
export function dueStepOf(timed: Timed, now: Date): DueStep | null {
  const due = dueTimes(timed).find(([, at]) => at !== null && at <= now);
  return due?.[0] ?? null;
}
