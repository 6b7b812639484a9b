import type { AttachedCis, BoundCi } from '../cmdb/binding/bound-ci';
import { bindingTimeline, type BindingOfWorkItem } from './binding-timeline';

const workItem = { id: 1 } as BindingOfWorkItem['workItem'];
const origin = { workItem, binding: { bindings: [], tasks: [] }, deliveryId: 'd', at: new Date(0) };
const source = 'data.essentials.configurationItems[0]';

function summariesOf(changes: Partial<AttachedCis>): string[] {
  const attached: AttachedCis = { bound: [], tasksOpened: [], tasksClosed: [], impact: 2, reached: null, ...changes };
  return bindingTimeline([origin], new Map([[1, attached]])).map(({ summary }) => summary);
}

describe('what the timeline says of a binding', () => {
  it('is one short line, whatever the payload and the CMDB call the item', () => {
    const ci = { ciId: 'c', name: 'vm\u202e1\n', method: 'arm_id', confidence: 100, source } as BoundCi;
    const asked = { role: 'item', scopes: { resourceGroups: [], subscriptions: [] } } as const;
    const task = { reason: 'unmatched', value: 'db\r\n01'.repeat(100), source, candidateIds: [], asked } as const;
    const [bound, open] = summariesOf({ bound: [ci], tasksOpened: [task] });
    expect(bound).toBe(`Bound to vm 1 by arm_id (100) from ${source}`);
    expect(open).toMatch(/^No configuration item for "(db 01)+db 0…" from data.*: unmatched$/);
    expect(open?.length).toBeLessThan(300);
  });
});
