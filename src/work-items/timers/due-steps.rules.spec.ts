import { openedBy } from '../absorb.rules';
import { routeOf } from '../routing/route.rules';
import type { WorkItemRecord } from '../work-item.record';
import { someFacts } from '../../../test/work-items/routing-builders';
import { runDueSteps } from './due-steps.rules';

const noon = new Date('2026-01-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const after = (hours: number): Date => new Date(noon.getTime() + hours * HOUR_MS);

/** A work item whose last alert was over at noon. */
function aWorkItem(change: Partial<WorkItemRecord>): WorkItemRecord {
  const alert = { deliveryId: 'd', deliveryKey: 'k', signature: 's', monitoringService: 'Platform' };
  const occurrence = { ...alert, firedAt: after(-1), urgency: 3, alertRule: null, subscriptionId: null };
  const opened = openedBy({ ...occurrence, route: routeOf([], someFacts()) }, null);
  return { ...opened, lastResolvedAt: noon, ...change };
}

const RESOLVED = { state: 'resolved', resolvedAt: noon, stateChangedAt: noon, reopenUntil: after(1) } as const;

describe('what time does to a work item', () => {
  it.each<[what: string, change: Partial<WorkItemRecord>, hours: number, kinds: string[], state: string]>([
    ['resolved just now', RESOLVED, 0.5, [], 'resolved'],
    ['after its reopen window', RESOLVED, 1, ['reopen_window_ended'], 'resolved'],
    ['after that', { ...RESOLVED, reopenUntil: null }, 71, [], 'resolved'],
    ['after 72 hours', { ...RESOLVED, reopenUntil: null }, 72, ['closed'], 'closed'],
    ['after a long stop', RESOLVED, 500, ['reopen_window_ended', 'closed'], 'closed'],
    ['flapping', { flappingUntil: after(1) }, 0.5, [], 'new'],
    ['flapping, quiet by now', { flappingUntil: after(0.5) }, 0.5, ['flapping_ended'], 'resolved'],
    ['flapping, and firing', { flappingUntil: after(0.5), firingCount: 1 }, 0.5, ['flapping_ended'], 'new'],
    ['flapping, and for people alone', { flappingUntil: noon, autoResolve: false }, 0.5, ['flapping_ended'], 'new'],
    ['flapping, long ago', { flappingUntil: after(0.5) }, 500, ['flapping_ended', 'reopen_window_ended'], 'resolved'],
    ['reopened by a person', { state: 'in_progress', stateChangedAt: noon }, 500, [], 'in_progress'],
    ['canceled', { state: 'canceled', stateChangedAt: noon }, 500, [], 'canceled'],
  ])('%s', (_, change, hours, kinds, state) => {
    const workItem = aWorkItem(change);
    const { told, isChanged } = runDueSteps(workItem, after(hours));
    expect(told.map(({ kind }) => kind)).toEqual(kinds);
    expect(workItem.state).toBe(state);
    expect(isChanged).toBe(kinds.some((kind) => kind !== 'reopen_window_ended'));
    expect(runDueSteps(workItem, after(hours)).told).toEqual([]);
  });
});
