/** The life of a work item: the transition table as data, and what the system itself may do. */

export const WORK_ITEM_TYPES = ['incident', 'event', 'alert'] as const;
export type WorkItemType = (typeof WORK_ITEM_TYPES)[number];

export const WORK_ITEM_STATES = ['new', 'in_progress', 'on_hold', 'resolved', 'closed', 'canceled'] as const;
export type WorkItemState = (typeof WORK_ITEM_STATES)[number];

export const HOLD_REASONS = ['awaiting_caller', 'awaiting_vendor', 'awaiting_change', 'awaiting_problem'] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

export const RESOLUTION_CODES = [
  'resolved_by_monitoring',
  'fixed',
  'workaround',
  'false_positive',
  'duplicate',
  'no_action_needed',
  'expired',
] as const;
export type ResolutionCode = (typeof RESOLUTION_CODES)[number];

/** The role that a person needs; `system` marks what the service does by itself too. */
export interface Transition {
  from: WorkItemState;
  to: WorkItemState;
  role: 'Operator' | 'Manager';
  system: boolean;
}

/** Every legal transition. What is not here is a 409 `illegal_transition`. */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'new', to: 'in_progress', role: 'Operator', system: false },
  { from: 'new', to: 'on_hold', role: 'Operator', system: false },
  { from: 'in_progress', to: 'on_hold', role: 'Operator', system: false },
  { from: 'on_hold', to: 'in_progress', role: 'Operator', system: false },
  { from: 'new', to: 'resolved', role: 'Operator', system: true },
  { from: 'in_progress', to: 'resolved', role: 'Operator', system: true },
  { from: 'on_hold', to: 'resolved', role: 'Operator', system: true },
  { from: 'resolved', to: 'in_progress', role: 'Operator', system: true },
  { from: 'resolved', to: 'closed', role: 'Manager', system: true },
  // An Operator may cancel from new with the code duplicate or false_positive; the guard of the transition checks the code.
  { from: 'new', to: 'canceled', role: 'Operator', system: false },
  { from: 'in_progress', to: 'canceled', role: 'Manager', system: false },
  { from: 'on_hold', to: 'canceled', role: 'Manager', system: false },
];

/** Where a work item in this state may go, for one who may do what `can` says. */
export function allowedTransitions(state: WorkItemState, can: (role: Transition['role']) => boolean): WorkItemState[] {
  return TRANSITIONS.filter((transition) => transition.from === state && can(transition.role)).map(({ to }) => to);
}

/** People may still have to do something about it. */
export function isLive(state: WorkItemState): boolean {
  return state === 'new' || state === 'in_progress' || state === 'on_hold';
}

/** Nothing changes it any more. */
export function isFinal(state: WorkItemState): boolean {
  return state === 'closed' || state === 'canceled';
}

/** What a Fired finds in the place of its signature. */
export interface Occupant {
  state: WorkItemState;
  resolvedAt: Date | null;
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
export function placementOf(occupant: Occupant | null, firedAt: Date, reopenWindowMs: number): Placement {
  if (occupant === null) return { kind: 'open', reason: 'no work item has this signature' };
  if (isLive(occupant.state)) return { kind: 'join', reason: 'a live work item has this signature' };
  if (isFinal(occupant.state))
    return { kind: 'open_next', reason: `the work item of this signature is ${occupant.state}` };
  const quietMs = firedAt.getTime() - (occupant.resolvedAt?.getTime() ?? 0);
  if (quietMs < reopenWindowMs) return { kind: 'join', reason: 'fired within the reopen window' };
  return { kind: 'open_next', reason: 'fired after the reopen window' };
}

/** What the system has to do about a work item once its alerts have changed. */
export type SystemStep = { kind: 'resolve' } | { kind: 'reopen' } | { kind: 'correct_resolved_at' } | { kind: 'none' };

/** How a work item and its alerts stand, for {@link systemStepOf}. */
export interface Standing {
  state: WorkItemState;
  resolvedBySystem: boolean;
  resolvedAt: Date | null;
  firingCount: number;
  lastResolvedAt: Date | null;
  /** A firing alert joined just now (not one that was over already when it came). */
  firedAnew: boolean;
}

/**
 * Keeps a work item's state in step with its alerts: live while one fires, resolved once none does. What a person resolved
 * stays so until an alert fires anew; what the system resolved follows its alerts.
 */
export function systemStepOf(standing: Standing): SystemStep {
  const { state, firingCount } = standing;
  if (isLive(state)) return firingCount === 0 ? { kind: 'resolve' } : { kind: 'none' };
  if (state !== 'resolved') return { kind: 'none' };
  if (firingCount > 0) return standing.firedAnew || standing.resolvedBySystem ? { kind: 'reopen' } : { kind: 'none' };
  const moved = standing.resolvedBySystem && standing.lastResolvedAt?.getTime() !== standing.resolvedAt?.getTime();
  return moved ? { kind: 'correct_resolved_at' } : { kind: 'none' };
}
