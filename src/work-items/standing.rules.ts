import { isFinal, isLive, type WorkItemState } from './lifecycle.rules';

/** What a Fired finds in the place of its signature. */
export interface Occupant {
  state: WorkItemState;
  resolvedAt: Date | null;
  reopenWindowMinutes: number;
  flappingUntil: Date | null;
  firingCount: number;
  lastResolvedAt: Date | null;
}

/** `open_next`: the work item that held the signature takes no more alerts. */
export interface Placement {
  kind: 'open' | 'open_next' | 'join';
  reason: string;
}

/**
 * Where an alert that fired at `firedAt` belongs: with the work item that holds its signature, or in a new one. Both times
 * are the payloads'. A Fired from before the resolution counts as within the window: it came late.
 */
export function placementOf(occupant: Occupant | null, firedAt: Date): Placement {
  if (occupant === null) return { kind: 'open', reason: 'no work item has this signature' };
  if (isFinal(occupant.state))
    return { kind: 'open_next', reason: `the work item of this signature is ${occupant.state}` };
  const endedAt = endOf(occupant);
  if (endedAt === null) return { kind: 'join', reason: 'a live work item has this signature' };
  const windowMs = occupant.reopenWindowMinutes * 60_000;
  if (firedAt.getTime() - endedAt.getTime() < windowMs)
    return { kind: 'join', reason: `fired within the reopen window of ${occupant.reopenWindowMinutes} minutes` };
  return {
    kind: 'open_next',
    reason: `fired after the reopen window of ${occupant.reopenWindowMinutes} minutes`,
  };
}

/** When it was resolved, or would have been were it not held open for flapping; null while it is truly live. */
function endOf({ state, resolvedAt, flappingUntil, firingCount, lastResolvedAt }: Occupant): Date | null {
  if (state === 'resolved') return resolvedAt ?? new Date(0);
  return flappingUntil !== null && firingCount === 0 ? lastResolvedAt : null;
}

/** What the system has to do about a work item once its alerts have changed. */
export interface SystemStep {
  /** `hold`: its alerts are over, and it stays open all the same. */
  kind: 'resolve' | 'hold' | 'reopen' | 'correct_resolved_at' | 'none';
}

/** How a work item and its alerts stand, for {@link systemStepOf}. */
export interface Standing {
  state: WorkItemState;
  resolvedBySystem: boolean;
  resolvedAt: Date | null;
  firingCount: number;
  lastResolvedAt: Date | null;
  /** A firing alert joined just now (not one that was over already when it came). */
  firedAnew: boolean;
  /** Whether one fires has changed; so it has for a work item that is new. */
  isNews: boolean;
  /** False = only people resolve it. */
  autoResolve: boolean;
  /** Held open until it has been quiet. */
  isFlapping: boolean;
}

/**
 * Keeps a work item's state in step with its alerts: live while one fires, resolved once none does. What a person resolved
 * stays so until an alert fires anew, and what a person reopened until one that fired is over; what the system resolved
 * follows its alerts.
 */
export function systemStepOf(standing: Standing): SystemStep {
  const { state, firingCount } = standing;
  if (isLive(state)) return firingCount > 0 ? { kind: 'none' } : endOfLive(standing);
  if (state !== 'resolved') return { kind: 'none' };
  if (firingCount > 0) return standing.firedAnew || standing.resolvedBySystem ? { kind: 'reopen' } : { kind: 'none' };
  const moved = standing.resolvedBySystem && standing.lastResolvedAt?.getTime() !== standing.resolvedAt?.getTime();
  return moved ? { kind: 'correct_resolved_at' } : { kind: 'none' };
}

function endOfLive({ autoResolve, isFlapping, isNews }: Standing): SystemStep {
  if (!autoResolve || isFlapping) return { kind: 'hold' };
  return { kind: isNews ? 'resolve' : 'none' };
}
