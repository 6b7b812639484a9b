import type { WorkItemState } from '../lifecycle.rules';
import type { MoveInput } from '../move.rules';
import type { WorkItemRecord } from '../work-item.record';
import { editTold, moveTold } from './told.rules';

const jo = { kind: 'person', actor: 'user:jo', name: 'Jo', can: () => true } as const;
const EVERYTHING: MoveInput = {
  holdReason: 'awaiting_vendor',
  resolutionCode: 'fixed',
  resolutionNotes: 'restarted',
  reason: 'noise',
};

describe('what is told of a move', () => {
  const told = (from: WorkItemState, to: WorkItemState, input: MoveInput): string => {
    const { kind, summary } = moveTold({ state: to, assignee: 'Jo' } as WorkItemRecord, { from, input, by: jo });
    return `${kind}: ${summary}`;
  };

  it.each([
    ['new', 'in_progress', {}, 'in_progress: Taken up by Jo'],
    ['resolved', 'in_progress', { reason: 'it is back' }, 'reopened: Reopened by Jo: it is back'],
    ['new', 'in_progress', EVERYTHING, 'in_progress: Taken up by Jo: noise'],
    ['new', 'on_hold', EVERYTHING, 'on_hold: Put on hold by Jo: awaiting_vendor – noise'],
    ['on_hold', 'resolved', EVERYTHING, 'resolved: Resolved by Jo: fixed – restarted – noise'],
    ['new', 'canceled', { resolutionCode: 'duplicate' }, 'canceled: Canceled by Jo: duplicate'],
    ['resolved', 'closed', EVERYTHING, 'closed: Closed by Jo: noise'],
    ['new', 'canceled', { resolutionNotes: ' ' }, 'canceled: Canceled by Jo'],
  ] as const)('from %s to %s with %j: %s', (from, to, input, expected) => {
    expect(told(from, to, input)).toBe(expected);
  });
});

describe('what is told of an edit', () => {
  it('names each field before and after, long ones shortened', () => {
    const changes = { assignee: { before: null, after: 'Al' }, title: { before: 'x'.repeat(61), after: 'short' } };
    expect(editTold(changes, jo)).toEqual({
      kind: 'changed',
      summary: `Changed by Jo: assignee nothing → Al, title ${'x'.repeat(59)}… → short`,
      detail: { by: 'Jo', changes },
    });
  });
});
