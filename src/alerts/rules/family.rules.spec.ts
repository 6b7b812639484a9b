import { classify } from './family.rules';

function familyOf(monitoringService: string, alertContext: Record<string, unknown> | null = null) {
  return classify({ essentials: { alertId: 'a', monitoringService }, alertContext }).family;
}

describe('the family of an alert', () => {
  it.each([
    ['Platform', 'metric'],
    ['Log Alerts V2', 'log-v2'],
    ['Log Analytics', 'log-v1'],
    ['Application Insights', 'log-v1'],
    ['Activity Log - Policy', 'activity-log'],
    ['ServiceHealth', 'service-health'],
    ['Service Health', 'service-health'],
    ['Resource Health', 'resource-health'],
    ['ResourceHealth', 'resource-health'],
    ['SmartDetector', 'smart-detector'],
    ['smart detector', 'smart-detector'],
    ['PROMETHEUS', 'prometheus'],
    ['CostAlerts', 'cost'],
    ['Azure Backup', 'backup'],
    ['Health Model', 'other'],
    ['constructor', 'other'],
    ['__proto__', 'other'],
  ])('of %s without a context is %s', (service, expected) => {
    expect(familyOf(service)).toBe(expected);
  });

  it.each([
    [{ conditionType: 'LogQueryCriteria' }, 'log-v2'],
    [{ conditionType: 'DynamicThresholdCriteria' }, 'metric'],
    [{ conditionType: 'singleresourcemultiplemetriccriteria' }, 'metric'],
    [{ SearchQuery: 'Heartbeat' }, 'log-v1'],
    [{ labels: {}, expression: 'up == 0' }, 'prometheus'],
    [{ AlertData: {} }, 'cost'],
    [{ SmartDetectorId: 'x' }, 'smart-detector'],
    [{ eventSource: 'Administrative' }, 'activity-log'],
    [{ eventSource: 'ServiceHealth' }, 'service-health'],
    [{ eventSource: 2, properties: { trackingId: 'ABC1-DEF' } }, 'service-health'],
    [{ eventSource: 'ResourceHealth' }, 'resource-health'],
    [{ conditionType: 'constructor' }, 'other'],
    [{ labels: {} }, 'other'],
    [{ eventSource: 7 }, 'other'],
  ])('is told by the shape %j whatever the service', (context, expected) => {
    expect(familyOf('Some Future Service', context)).toBe(expected);
  });

  it('follows the shape where service and shape disagree', () => {
    expect(familyOf('Log Analytics', { conditionType: 'LogQueryCriteria' })).toBe('log-v2');
    expect(familyOf('Platform', { SearchQuery: 'Perf' })).toBe('log-v1');
  });
});
