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

/** What has to be said with a transition; `move.rules.ts` checks it. */
export type Guard = 'none' | 'hold_reason' | 'resolution' | 'mistaken' | 'current';

/** What a person needs to make a transition. */
export type PersonRole = 'Operator' | 'Manager';

/** A legal step. Where several lead from one state to another, the first one counts that the caller's role allows. */
export interface Transition {
  from: WorkItemState;
  to: WorkItemState;
  /** Null = no person may. */
  role: PersonRole | null;
  /** The service does it by itself too. */
  system: boolean;
  guard: Guard;
}

/** Every legal transition. What is not here is a 409 `illegal_transition`. */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'new', to: 'in_progress', role: 'Operator', system: false, guard: 'none' },
  { from: 'new', to: 'on_hold', role: 'Operator', system: false, guard: 'hold_reason' },
  { from: 'in_progress', to: 'on_hold', role: 'Operator', system: false, guard: 'hold_reason' },
  { from: 'on_hold', to: 'in_progress', role: 'Operator', system: false, guard: 'none' },
  { from: 'new', to: 'resolved', role: 'Operator', system: true, guard: 'resolution' },
  { from: 'in_progress', to: 'resolved', role: 'Operator', system: true, guard: 'resolution' },
  { from: 'on_hold', to: 'resolved', role: 'Operator', system: true, guard: 'resolution' },
  { from: 'resolved', to: 'in_progress', role: 'Operator', system: true, guard: 'current' },
  // Only the service: nobody was assigned, so nobody is in progress.
  { from: 'resolved', to: 'new', role: null, system: true, guard: 'none' },
  { from: 'resolved', to: 'closed', role: 'Manager', system: true, guard: 'none' },
  { from: 'new', to: 'canceled', role: 'Manager', system: false, guard: 'none' },
  { from: 'new', to: 'canceled', role: 'Operator', system: false, guard: 'mistaken' },
  { from: 'in_progress', to: 'canceled', role: 'Manager', system: false, guard: 'none' },
  { from: 'on_hold', to: 'canceled', role: 'Manager', system: false, guard: 'none' },
];

/** What decides where a work item may go. */
export interface Place {
  state: WorkItemState;
  /** Another work item has its signature now, and gets its alerts: it can't live again beside that one. */
  isSuperseded: boolean;
}

/** Where a work item may go, for one who may do what `can` says. */
export function allowedTransitions(
  { state, isSuperseded }: Place,
  can: (role: PersonRole) => boolean,
): WorkItemState[] {
  const legal = TRANSITIONS.filter(({ from, role }) => from === state && role !== null && can(role));
  const open = isSuperseded ? legal.filter(({ guard }) => guard !== 'current') : legal;
  return [...new Set(open.map(({ to }) => to))];
}

/** People may still have to do something about it. */
export function isLive(state: WorkItemState): boolean {
  return state === 'new' || state === 'in_progress' || state === 'on_hold';
}

/** Nothing changes it any more. */
export function isFinal(state: WorkItemState): boolean {
  return state === 'closed' || state === 'canceled';
}
