import type { FieldError } from '../common/errors';
import {
  allowedTransitions,
  HOLD_REASONS,
  isLive,
  RESOLUTION_CODES,
  TRANSITIONS,
  type Guard,
  type HoldReason,
  type PersonRole,
  type ResolutionCode,
  type Transition,
  type WorkItemState,
} from './lifecycle.rules';

/** Who moves a work item: a person (or program) by their rights, or the service by a rule of its own. */
export type Mover =
  | { kind: 'person'; actor: string; name: string; can: (role: PersonRole) => boolean }
  | { kind: 'system'; actor: string };

/** What is said with a move. */
export interface MoveInput {
  holdReason?: HoldReason;
  resolutionCode?: ResolutionCode;
  resolutionNotes?: string;
  /** Why, in a person's words; needed to resolve what still fires. */
  reason?: string;
}

export interface Move {
  to: WorkItemState;
  by: Mover;
  /** When it happened: the payload's time where an alert does it. */
  at: Date;
  /** This service's clock. */
  now: Date;
  input?: MoveInput;
}

/** The part of a work item that moving it may change. */
export interface Movable {
  state: WorkItemState;
  holdReason: HoldReason | null;
  assignee: string | null;
  acknowledgedAt: Date | null;
  resolvedAt: Date | null;
  resolvedBy: string | null;
  resolutionCode: ResolutionCode | null;
  resolutionNotes: string | null;
  closedAt: Date | null;
  reopenCount: number;
  stateChangedAt: Date | null;
  reopenUntil: Date | null;
  flappingUntil: Date | null;
  recentChanges: number[] | null;
}

/** What moving also looks at. */
export interface Standing extends Movable {
  firingCount: number;
  reopenWindowMinutes: number;
  /** Number of the work item that has its signature now; null or absent = it has it itself. Only people have to be told. */
  supersededBy?: string | null;
}

export type MoveRefusal =
  | { kind: 'illegal'; from: WorkItemState; to: WorkItemState; allowed: WorkItemState[] }
  | { kind: 'forbidden'; from: WorkItemState; to: WorkItemState; allowed: WorkItemState[]; needs: PersonRole }
  | { kind: 'superseded'; from: WorkItemState; to: WorkItemState; allowed: WorkItemState[]; by: string }
  | { kind: 'invalid'; errors: FieldError[] };

export type MoveResult = { kind: 'moved'; changes: Partial<Movable> } | MoveRefusal;

/**
 * The one way from state to state, for whoever asks: REST, alerts and timers. Answers with the fields that change, or with why not;
 * changes nothing itself.
 */
export function move(workItem: Standing, request: Move): MoveResult {
  const { state: from } = workItem;
  const { to, by } = request;
  const legal = TRANSITIONS.filter((each) => each.from === from && each.to === to && isFor(each, by));
  const first = legal[0];
  const allowed = allowedTo(by, workItem);
  if (first === undefined) return { kind: 'illegal', from, to, allowed };
  const permitted = legal.find((each) => mayMake(each, by));
  if (permitted === undefined) return { kind: 'forbidden', from, to, allowed, needs: first.role ?? 'Manager' };
  if (permitted.guard === 'current' && by.kind === 'person' && workItem.supersededBy)
    return { kind: 'superseded', from, to, allowed, by: workItem.supersededBy };
  const errors = by.kind === 'system' ? [] : faultsOf(permitted.guard, { workItem, input: request.input ?? {} });
  if (errors.length > 0) return { kind: 'invalid', errors };
  return { kind: 'moved', changes: changesOf(workItem, request) };
}

function isFor({ role, system }: Transition, by: Mover): boolean {
  return by.kind === 'system' ? system : role !== null;
}

function mayMake({ role }: Transition, by: Mover): boolean {
  return by.kind === 'system' || (role !== null && by.can(role));
}

function allowedTo(by: Mover, { state, supersededBy }: Standing): WorkItemState[] {
  const isSuperseded = Boolean(supersededBy);
  return by.kind === 'person' ? allowedTransitions({ state, isSuperseded }, by.can) : [];
}

/** Codes that only the service gives. */
const SYSTEM_CODES: readonly ResolutionCode[] = ['resolved_by_monitoring', 'expired'];
const PERSON_CODES = RESOLUTION_CODES.filter((code) => !SYSTEM_CODES.includes(code));
const MISTAKEN_CODES: readonly ResolutionCode[] = ['duplicate', 'false_positive'];

function faultsOf(guard: Guard, said: { workItem: Standing; input: MoveInput }): FieldError[] {
  const { holdReason, resolutionCode } = said.input;
  switch (guard) {
    case 'none':
    case 'current':
      return resolutionCode === undefined ? [] : codeFaults(resolutionCode, PERSON_CODES);
    case 'hold_reason':
      if (holdReason !== undefined) return [];
      return [{ path: 'holdReason', message: `say what it waits for: one of ${HOLD_REASONS.join(', ')}` }];
    case 'resolution':
      return resolutionFaults(said);
    case 'mistaken':
      return codeFaults(resolutionCode, MISTAKEN_CODES, '; any other takes the role Manager');
  }
}

function resolutionFaults({ workItem, input }: { workItem: Standing; input: MoveInput }): FieldError[] {
  const faults = codeFaults(input.resolutionCode, PERSON_CODES);
  if (isBlank(input.resolutionNotes)) faults.push({ path: 'resolutionNotes', message: 'say how it was resolved' });
  if (workItem.firingCount > 0 && isBlank(input.reason)) {
    const message = `say why it is resolved while ${workItem.firingCount} of its alerts still fire`;
    faults.push({ path: 'reason', message });
  }
  return faults;
}

function codeFaults(code: ResolutionCode | undefined, codes: readonly ResolutionCode[], remark = ''): FieldError[] {
  if (code !== undefined && codes.includes(code)) return [];
  return [{ path: 'resolutionCode', message: `resolutionCode must be one of ${codes.join(', ')}${remark}` }];
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === '';
}

function changesOf(workItem: Standing, request: Move): Partial<Movable> {
  const { to, now } = request;
  const common = { state: to, stateChangedAt: now, holdReason: to === 'on_hold' ? holdReasonOf(request) : null };
  switch (to) {
    case 'new':
    case 'in_progress':
      return { ...common, ...takenUp(workItem, request), ...(isLive(workItem.state) ? {} : reopened(workItem)) };
    case 'on_hold':
      return common;
    case 'resolved':
      return { ...common, ...resolved(workItem, request) };
    case 'closed':
      return { ...common, closedAt: now, ...atRest() };
    case 'canceled':
      return { ...common, closedAt: now, ...said(request), ...atRest() };
  }
}

function holdReasonOf({ input }: Move): HoldReason | null {
  return input?.holdReason ?? null;
}

/** A person who takes it up has seen it, and has it unless somebody else does. */
function takenUp({ acknowledgedAt, assignee }: Standing, { by, now }: Move): Partial<Movable> {
  if (by.kind === 'system') return {};
  return { acknowledgedAt: acknowledgedAt ?? now, assignee: assignee ?? by.name };
}

function reopened({ reopenCount }: Standing): Partial<Movable> {
  const none = { resolvedAt: null, resolvedBy: null, resolutionCode: null, resolutionNotes: null };
  return { ...none, reopenUntil: null, reopenCount: reopenCount + 1 };
}

/** What a person resolves no longer flaps. A window of no length has no end to tell of. */
function resolved({ reopenWindowMinutes }: Standing, request: Move): Partial<Movable> {
  const { at, by } = request;
  const reopenUntil = reopenWindowMinutes > 0 ? new Date(at.getTime() + reopenWindowMinutes * 60_000) : null;
  const end = { resolvedAt: at, resolvedBy: by.actor, ...said(request), reopenUntil };
  return by.kind === 'person' ? { ...end, flappingUntil: null, recentChanges: null } : end;
}

function said({ input }: Move): Partial<Movable> {
  return { resolutionCode: input?.resolutionCode ?? null, resolutionNotes: input?.resolutionNotes?.trim() ?? null };
}

/** No timer has anything to do any more. */
function atRest(): Partial<Movable> {
  return { reopenUntil: null, flappingUntil: null, recentChanges: null };
}
