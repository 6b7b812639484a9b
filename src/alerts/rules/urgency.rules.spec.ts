import { classify } from './family.rules';
import { urgencyOf } from './urgency.rules';

function urgencyIn(
  monitoringService: string,
  severity: string | null | undefined,
  alertContext: Record<string, unknown> = {},
) {
  return urgencyOf(classify({ essentials: { alertId: 'a', monitoringService, severity }, alertContext }));
}

describe('urgencyOf', () => {
  it.each([
    ['Sev0', 1],
    ['Sev1', 1],
    ['Sev2', 2],
    ['Sev3', 3],
    ['Sev4', 3],
    ['sev1', 1],
    [null, 3],
    [undefined, 3],
    ['', 3],
    ['Sev9', 3],
    ['constructor', 3],
  ])('of severity %j is %d', (severity, expected) => {
    expect(urgencyIn('Platform', severity)).toBe(expected);
  });

  it.each([
    ['Activity Log - Administrative', { level: 'Critical' }, 1],
    ['Activity Log - Administrative', { level: 'Error' }, 1],
    ['Activity Log - Policy', { level: 'Warning' }, 2],
    ['Activity Log - Autoscale', { level: 'Informational' }, 3],
    ['Activity Log - Administrative', {}, 3],
    ['Activity Log - Security', { level: 'Informational', properties: { severity: 'High' } }, 1],
    ['Activity Log - Security', { level: 'Informational', properties: { severity: 'Medium' } }, 2],
    ['Activity Log - Security', { level: 'Critical', properties: { severity: 'Low' } }, 3],
    ['Activity Log - Recommendation', { level: 'Informational', properties: { recommendationImpact: 'High' } }, 1],
    ['Activity Log - Recommendation', { properties: { recommendationImpact: 'Low' } }, 3],
    ['Resource Health', { properties: { currentHealthStatus: 'Unavailable', cause: 'PlatformInitiated' } }, 1],
    ['Resource Health', { properties: { currentHealthStatus: 'Unavailable', cause: 'UserInitiated' } }, 3],
    ['ServiceHealth', { level: 3, properties: { incidentType: 'Incident' } }, 1],
    ['ServiceHealth', { properties: { incidentType: 'Security' } }, 1],
    ['ServiceHealth', { properties: { incidentType: 'ActionRequired' } }, 2],
    ['ServiceHealth', { level: 3, properties: { incidentType: 'Maintenance' } }, 3],
    ['ServiceHealth', { properties: { incidentType: 'Informational' } }, 3],
    ['ServiceHealth', { level: 2 }, 1],
    ['Resource Health', { properties: { currentHealthStatus: 'Unavailable' } }, 1],
    ['Resource Health', { properties: { currentHealthStatus: 'Degraded' } }, 2],
    ['Resource Health', { properties: { currentHealthStatus: 'Unknown' } }, 3],
  ])('of %s with %j is its own, though it is Sev4', (service, context, expected) => {
    expect(urgencyIn(service, 'Sev4', context)).toBe(expected);
  });

  it('is never below what the severity says', () => {
    expect(urgencyIn('Activity Log - Administrative', 'Sev1', { level: 'Informational' })).toBe(1);
  });

  it('of other families is not taken from their context', () => {
    expect(urgencyIn('Platform', 'Sev3', { level: 'Critical', properties: { severity: 'High' } })).toBe(3);
  });
});
