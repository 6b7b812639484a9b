import {
  allowedTransitions,
  isFinal,
  isLive,
  placementOf,
  systemStepOf,
  TRANSITIONS,
  WORK_ITEM_STATES,
  type Standing,
  type WorkItemState,
} from './lifecycle.rules';

const HOUR_MS = 3_600_000;
const noon = new Date('2026-01-01T12:00:00Z');
const after = (ms: number): Date => new Date(noon.getTime() + ms);

describe('the transition table', () => {
  it('reaches every state from new', () => {
    const reached = new Set<WorkItemState>(['new']);
    for (const from of reached) for (const { to } of TRANSITIONS.filter((each) => each.from === from)) reached.add(to);
    expect([...reached].sort()).toEqual([...WORK_ITEM_STATES].sort());
  });

  it('leads out of every state but the final ones, and out of those nowhere', () => {
    for (const state of WORK_ITEM_STATES) {
      expect(TRANSITIONS.some(({ from }) => from === state)).toBe(!isFinal(state));
    }
  });

  it('has no transition twice, and none to the same state', () => {
    const pairs = TRANSITIONS.map(({ from, to }) => `${from} ${to}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(TRANSITIONS.every(({ from, to }) => from !== to)).toBe(true);
  });

  it.each([
    ['new', 'nobody', []],
    ['new', 'Operator', ['in_progress', 'on_hold', 'resolved', 'canceled']],
    ['in_progress', 'Operator', ['on_hold', 'resolved']],
    ['in_progress', 'Manager', ['on_hold', 'resolved', 'canceled']],
    ['resolved', 'Operator', ['in_progress']],
    ['resolved', 'Manager', ['in_progress', 'closed']],
    ['closed', 'Manager', []],
    ['canceled', 'Manager', []],
  ] as const)('lets from %s a %s go to %j', (state, who, expected) => {
    const roles = { nobody: [], Operator: ['Operator'], Manager: ['Operator', 'Manager'] }[who] as string[];
    expect(allowedTransitions(state, (role) => roles.includes(role))).toEqual(expected);
  });
});

describe('where a Fired belongs', () => {
  it.each([
    [null, noon, 'open'],
    [{ state: 'new', resolvedAt: null }, noon, 'join'],
    [{ state: 'on_hold', resolvedAt: null }, noon, 'join'],
    [{ state: 'resolved', resolvedAt: noon }, after(HOUR_MS - 1), 'join'],
    [{ state: 'resolved', resolvedAt: noon }, after(HOUR_MS), 'open_next'],
    [{ state: 'resolved', resolvedAt: noon }, after(-5 * HOUR_MS), 'join'],
    [{ state: 'closed', resolvedAt: noon }, after(1), 'open_next'],
    [{ state: 'canceled', resolvedAt: null }, after(1), 'open_next'],
  ] as const)('finds for %j at %s: %s', (occupant, firedAt, kind) => {
    expect(placementOf(occupant, firedAt, HOUR_MS).kind).toBe(kind);
  });
});

describe('what the system does by itself', () => {
  const standing: Standing = {
    state: 'new',
    resolvedBySystem: false,
    resolvedAt: null,
    firingCount: 0,
    lastResolvedAt: noon,
    firedAnew: false,
  };

  it.each([
    [{ state: 'new', firingCount: 1 }, 'none'],
    [{ state: 'on_hold', firingCount: 0 }, 'resolve'],
    [{ state: 'resolved', resolvedAt: noon, resolvedBySystem: true }, 'none'],
    [{ state: 'resolved', resolvedAt: after(-1), resolvedBySystem: true }, 'correct_resolved_at'],
    [{ state: 'resolved', resolvedAt: after(-1) }, 'none'],
    [{ state: 'resolved', resolvedAt: noon, firingCount: 1 }, 'none'],
    [{ state: 'resolved', resolvedAt: noon, firingCount: 1, firedAnew: true }, 'reopen'],
    [{ state: 'resolved', resolvedAt: noon, firingCount: 1, resolvedBySystem: true }, 'reopen'],
    [{ state: 'closed', firingCount: 1, firedAnew: true }, 'none'],
    [{ state: 'canceled' }, 'none'],
  ] as const)('for %j: %s', (change, kind) => {
    expect(systemStepOf({ ...standing, ...change }).kind).toBe(kind);
  });

  it('knows live from final from resolved', () => {
    expect(WORK_ITEM_STATES.map((state) => [isLive(state), isFinal(state)].join())).toEqual([
      'true,false',
      'true,false',
      'true,false',
      'false,false',
      'false,true',
      'false,true',
    ]);
  });
});
