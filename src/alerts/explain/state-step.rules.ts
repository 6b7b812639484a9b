import { dueAtOf, dueStepOf, type DueStep } from '../../work-items/due.rules';
import { WORK_ITEM_STATES } from '../../work-items/lifecycle.rules';
import { TIMELINE_KINDS } from '../../work-items/work-item.record';
import type { Dossier, Step, TimelineFact } from './dossier';
import { counted } from './origin-steps.rules';

/** What state it is in, why, and what time will do about it. */
export function stateStep(dossier: Dossier): Step {
  const { workItem, alerts } = dossier;
  const last = dossier.timeline.findLast(isMove) ?? null;
  const nextTimer = nextTimerOf(dossier);
  const firing = alerts.filter(({ isFiring }) => isFiring).map(({ id }) => id);
  const flapping = workItem.flappingUntil === null ? [] : [`flapping until ${workItem.flappingUntil.toISOString()}`];
  return {
    step: 'state',
    at: last?.at ?? workItem.openedAt,
    summary: [
      `${workItem.state}: ${last?.summary ?? 'nothing has moved it yet'}`,
      counted(workItem.firingCount, 'alert fires', 'alerts fire'),
      ...flapping,
      nextTimer === null
        ? 'no timer will act'
        : `next by the clock: ${nextTimer.does} at ${nextTimer.at.toISOString()}`,
    ].join('; '),
    detail: {
      state: workItem.state,
      since: workItem.stateChangedAt,
      lastMove: last && { kind: last.kind, at: last.at, actor: last.actor, summary: last.summary },
      firing: { count: workItem.firingCount, alerts: firing },
      flappingUntil: workItem.flappingUntil,
      autoResolve: workItem.autoResolve,
      reopenUntil: workItem.reopenUntil,
      nextTimer,
    },
  };
}

/** Each state that a work item moves to is told as such; what opens and reopens it has kinds of its own. */
const MOVE_KINDS: ReadonlySet<string> = new Set([...WORK_ITEM_STATES, 'opened', 'reopened']);
const MOVES = TIMELINE_KINDS.filter((kind) => MOVE_KINDS.has(kind));

/** The end of flapping tells of its resolution itself, where there was one. */
function isMove({ kind, detail }: TimelineFact): boolean {
  return MOVES.includes(kind) || (kind === 'flapping_ended' && detail.state === 'resolved');
}

const WORDS: Readonly<Record<DueStep | 'expire_alert', string>> = {
  end_flapping: 'flapping ends',
  end_reopen_window: 'its reopen window ends',
  close: 'it is closed',
  expire_alert: 'an alert counts as over, should there be no news of it',
};

interface NextTimer {
  at: Date;
  step: DueStep | 'expire_alert';
  does: string;
}

function nextTimerOf({ workItem, nextExpiry }: Dossier): NextTimer | null {
  const dueAt = dueAtOf(workItem);
  const step = dueAt === null ? null : dueStepOf(workItem, dueAt);
  const timers = [
    ...(dueAt === null || step === null ? [] : [{ at: dueAt, step }]),
    ...(nextExpiry === null ? [] : [{ at: nextExpiry, step: 'expire_alert' as const }]),
  ].sort((one, other) => one.at.getTime() - other.at.getTime());
  const [first] = timers;
  return first === undefined ? null : { ...first, does: WORDS[first.step] };
}
