import fc from 'fast-check';
import { TRANSITIONS, WORK_ITEM_STATES, type PersonRole, type WorkItemState } from './lifecycle.rules';
import { move, type Move, type MoveInput, type Mover, type Standing } from './move.rules';

const noon = new Date('2026-01-01T12:00:00Z');
const later = new Date('2026-01-01T15:00:00Z');
const system: Mover = { kind: 'system', actor: 'system:monitoring' };

function person(...roles: PersonRole[]): Mover {
  return { kind: 'person', actor: 'user:jo', name: 'Jo', can: (role) => roles.includes(role) };
}
const operator = person('Operator');
const manager = person('Operator', 'Manager');

function standing(state: WorkItemState, change: Partial<Standing> = {}): Standing {
  const isResolved = state === 'resolved';
  return {
    state,
    holdReason: state === 'on_hold' ? 'awaiting_vendor' : null,
    assignee: null,
    acknowledgedAt: null,
    resolvedAt: isResolved ? noon : null,
    resolvedBy: isResolved ? 'user:al' : null,
    resolutionCode: isResolved ? 'fixed' : null,
    resolutionNotes: isResolved ? 'done' : null,
    closedAt: null,
    reopenCount: 0,
    stateChangedAt: noon,
    reopenUntil: null,
    flappingUntil: null,
    recentChanges: null,
    firingCount: 0,
    reopenWindowMinutes: 60,
    ...change,
  };
}

function go(from: WorkItemState, to: WorkItemState, by: Mover, input: MoveInput = {}, change: Partial<Standing> = {}) {
  const request: Move = { to, by, at: noon, now: later, input };
  return move(standing(from, change), request);
}

const RESOLUTION: MoveInput = { resolutionCode: 'fixed', resolutionNotes: 'restarted it' };
const EVERYTHING: MoveInput = { ...RESOLUTION, holdReason: 'awaiting_change', reason: 'it is noise' };

describe('who may move what where', () => {
  const pairs = WORK_ITEM_STATES.flatMap((from) => WORK_ITEM_STATES.map((to) => [from, to] as const));

  it.each(pairs)('from %s to %s: as the table says', (from, to) => {
    const rows = TRANSITIONS.filter((each) => each.from === from && each.to === to);
    const forPeople = rows.filter(({ role }) => role !== null);
    const mistaken = { ...EVERYTHING, resolutionCode: 'duplicate' } as const;
    expect(go(from, to, manager, mistaken).kind).toBe(forPeople.length > 0 ? 'moved' : 'illegal');
    const forOperators = forPeople.some(({ role }) => role === 'Operator');
    const refusal = forPeople.length > 0 ? 'forbidden' : 'illegal';
    expect(go(from, to, operator, mistaken).kind).toBe(forOperators ? 'moved' : refusal);
    expect(go(from, to, person(), mistaken).kind).toBe(refusal);
    expect(go(from, to, system).kind).toBe(rows.some((row) => row.system) ? 'moved' : 'illegal');
  });

  it('says from, to and what is allowed', () => {
    expect(go('closed', 'new', manager)).toEqual({ kind: 'illegal', from: 'closed', to: 'new', allowed: [] });
    expect(go('resolved', 'closed', operator)).toEqual({
      kind: 'forbidden',
      from: 'resolved',
      to: 'closed',
      allowed: ['in_progress'],
      needs: 'Manager',
    });
    expect(go('new', 'closed', operator)).toMatchObject({
      kind: 'illegal',
      allowed: ['in_progress', 'on_hold', 'resolved', 'canceled'],
    });
  });
});

describe('a work item that another one has taken the place of', () => {
  const change = { supersededBy: 'INC0000002' };

  it('is not made live again by people, who are told which one it is', () => {
    expect(go('resolved', 'in_progress', manager, {}, change)).toEqual({
      ...{ kind: 'superseded', from: 'resolved', to: 'in_progress', allowed: ['closed'], by: 'INC0000002' },
    });
  });

  it('is closed all the same', () => {
    expect(go('resolved', 'closed', manager, {}, change).kind).toBe('moved');
  });
});

describe('what has to be said', () => {
  const paths = (result: ReturnType<typeof go>): string[] =>
    result.kind === 'invalid' ? result.errors.map(({ path }) => path) : [result.kind];

  it.each([
    ['on_hold', {}, 0, ['holdReason']],
    ['on_hold', { holdReason: 'awaiting_caller' }, 0, ['moved']],
    ['resolved', {}, 0, ['resolutionCode', 'resolutionNotes']],
    ['resolved', { ...RESOLUTION, resolutionNotes: ' ' }, 0, ['resolutionNotes']],
    ['resolved', { ...RESOLUTION, resolutionCode: 'expired' }, 0, ['resolutionCode']],
    ['resolved', { ...RESOLUTION, resolutionCode: 'resolved_by_monitoring' }, 0, ['resolutionCode']],
    ['resolved', RESOLUTION, 2, ['reason']],
    ['resolved', { ...RESOLUTION, reason: 'noise' }, 2, ['moved']],
    ['resolved', RESOLUTION, 0, ['moved']],
    ['canceled', {}, 0, ['resolutionCode']],
    ['canceled', { resolutionCode: 'fixed' }, 0, ['resolutionCode']],
    ['canceled', { resolutionCode: 'false_positive' }, 0, ['moved']],
  ] as const)('by an Operator, from new to %s with %j while %d fire: %j', (to, input, firingCount, expected) => {
    expect(paths(go('new', to, operator, input, { firingCount }))).toEqual(expected);
  });

  it('a Manager cancels without a code, but not with one of the system', () => {
    expect(go('in_progress', 'canceled', manager)).toMatchObject({ kind: 'moved', changes: { closedAt: later } });
    expect(paths(go('new', 'canceled', manager, { resolutionCode: 'expired' }))).toEqual(['resolutionCode']);
  });
});

describe('what a move changes', () => {
  it('taking it up acknowledges it, and gives it to the one who does unless somebody has it', () => {
    expect(go('new', 'in_progress', operator)).toMatchObject({ changes: { acknowledgedAt: later, assignee: 'Jo' } });
    const known = { assignee: 'Al', acknowledgedAt: noon };
    expect(go('new', 'in_progress', operator, {}, known)).toMatchObject({ changes: known });
  });

  it('leaving hold forgets what it waited for', () => {
    expect(go('on_hold', 'in_progress', operator)).toMatchObject({ changes: { holdReason: null } });
    expect(go('on_hold', 'resolved', system)).toMatchObject({ changes: { holdReason: null } });
  });

  it('resolving says when, by whom and how, and starts the reopen window', () => {
    expect(go('on_hold', 'resolved', operator, RESOLUTION, { flappingUntil: later, recentChanges: [1] })).toEqual({
      kind: 'moved',
      changes: {
        state: 'resolved',
        stateChangedAt: later,
        holdReason: null,
        resolvedAt: noon,
        resolvedBy: 'user:jo',
        resolutionCode: 'fixed',
        resolutionNotes: 'restarted it',
        reopenUntil: new Date('2026-01-01T13:00:00Z'),
        flappingUntil: null,
        recentChanges: null,
      },
    });
  });

  it('resolving what no alert reopens starts no window', () => {
    const moved = go('new', 'resolved', operator, RESOLUTION, { reopenWindowMinutes: 0 });
    expect(moved).toMatchObject({ kind: 'moved', changes: { state: 'resolved', reopenUntil: null } });
  });

  it('reopening forgets the resolution and counts', () => {
    const forgotten = { resolvedAt: null, resolvedBy: null, resolutionCode: null, resolutionNotes: null };
    expect(go('resolved', 'in_progress', operator)).toMatchObject({ changes: { ...forgotten, reopenCount: 1 } });
    const bySystem = go('resolved', 'new', system);
    expect(bySystem).toMatchObject({ changes: { ...forgotten, reopenCount: 1, state: 'new' } });
    expect(bySystem.kind === 'moved' && 'assignee' in bySystem.changes).toBe(false);
  });

  it('never changes the work item itself, and leads only where the table says, however it is called', () => {
    const state = fc.constantFrom(...WORK_ITEM_STATES);
    fc.assert(
      fc.property(state, state, fc.constantFrom(operator, manager, system), (from, to, by) => {
        const workItem = Object.freeze(standing(from));
        const result = move(workItem, { to, by, at: noon, now: later, input: EVERYTHING });
        if (result.kind !== 'moved') return;
        expect(result.changes.state).toBe(to);
        expect(TRANSITIONS.some((each) => each.from === from && each.to === to)).toBe(true);
        const { resolvedAt, holdReason } = { ...workItem, ...result.changes };
        expect(resolvedAt !== null).toBe(to === 'resolved' || to === 'closed');
        expect(holdReason !== null).toBe(to === 'on_hold');
      }),
    );
  });
});
