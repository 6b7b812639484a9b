import { conditionOf } from './condition.rules';
import { classify } from './family.rules';

function conditionIn(monitoringService: string, monitorCondition: string | null | undefined, alertContext?: object) {
  return conditionOf(
    classify({ essentials: { alertId: 'a', monitoringService, monitorCondition }, alertContext: { ...alertContext } }),
  );
}

describe('conditionOf', () => {
  it.each([
    ['Fired', 'fired'],
    ['Resolved', 'resolved'],
    ['RESOLVED', 'resolved'],
    [null, 'fired'],
    [undefined, 'fired'],
    ['', 'fired'],
    ['Suspended', 'fired'],
  ])('of a monitorCondition %j is %s', (monitorCondition, expected) => {
    expect(conditionIn('Platform', monitorCondition)).toBe(expected);
  });

  it.each(['ServiceHealth', 'Service Health', 'servicehealth'])('of %s follows its stage', (service) => {
    const stages = [
      'Active',
      'Planned',
      'InProgress',
      'Updated',
      'Rescheduled',
      'Resolved',
      'Complete',
      'CANCELED',
      'RCA',
    ];
    const conditions = stages.map((stage) =>
      conditionIn(service, 'Fired', { properties: { stage }, status: 'Active' }),
    );
    const open = ['fired', 'fired', 'fired', 'fired', 'fired'];
    expect(conditions).toEqual([...open, 'resolved', 'resolved', 'resolved', 'note']);
  });

  it('of Service Health is resolved by the status of its context too', () => {
    expect(conditionIn('ServiceHealth', 'Fired', { status: 'Resolved' })).toBe('resolved');
  });

  it('of a root cause analysis stays a note though its status is Resolved', () => {
    expect(conditionIn('ServiceHealth', 'Fired', { properties: { stage: 'RCA' }, status: 'Resolved' })).toBe('note');
  });

  it.each(['Resource Health', 'ResourceHealth', 'RESOURCE HEALTH'])('of %s follows the health', (service) => {
    const healths = ['Unavailable', 'Degraded', 'Unknown', 'Available', 'available'];
    const conditions = healths.map((currentHealthStatus) =>
      conditionIn(service, 'Fired', { properties: { currentHealthStatus }, status: 'Active' }),
    );
    expect(conditions).toEqual(['fired', 'fired', 'fired', 'resolved', 'resolved']);
    expect(conditionIn(service, 'Fired', { status: 'Resolved' })).toBe('resolved');
  });

  it('of other activity log alerts is not taken from their context', () => {
    const context = { eventSource: 'Administrative', status: 'Resolved', properties: { stage: 'Resolved' } };
    expect(conditionIn('Activity Log - Administrative', 'Fired', context)).toBe('fired');
  });
});
