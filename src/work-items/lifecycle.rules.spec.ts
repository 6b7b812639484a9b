import {
  allowedTransitions,
  isFinal,
  isLive,
  TRANSITIONS,
  WORK_ITEM_STATES,
  type WorkItemState,
} from './lifecycle.rules';

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

  it('has no transition twice for a role, and none to the same state', () => {
    const pairs = TRANSITIONS.map(({ from, to, role }) => `${from} ${to} ${role ?? 'system'}`);
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
    const place = { state, isSuperseded: false };
    expect(allowedTransitions(place, (role) => roles.includes(role))).toEqual(expected);
  });

  it('lets nobody make a work item live again that another one has taken the place of', () => {
    const place = { state: 'resolved', isSuperseded: true } as const;
    expect(allowedTransitions(place, () => true)).toEqual(['closed']);
  });
});

describe('states', () => {
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
