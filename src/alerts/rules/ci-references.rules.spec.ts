import { ciReferencesOf } from './ci-references.rules';
import { classify } from './family.rules';

function referencesOf(monitoringService: string, essentials: object, alertContext: Record<string, unknown> = {}) {
  const alert = classify({ essentials: { alertId: 'a', monitoringService, ...essentials }, alertContext });
  return ciReferencesOf(alert).map(({ role, source, value }) => `${role} ${source.replace(/^data\./, '')} = ${value}`);
}

describe('ciReferencesOf', () => {
  it('names items before targets, each with its path', () => {
    expect(referencesOf('Platform', { configurationItems: ['vm1'], alertTargetIDs: [null, '/s/vm1', ''] })).toEqual([
      'item essentials.configurationItems[0] = vm1',
      'target essentials.alertTargetIDs[1] = /s/vm1',
    ]);
  });

  it('names each value once, whatever its case, and keeps the more specific role', () => {
    const essentials = { configurationItems: ['/S/VM1', '/s/vm1 '], alertTargetIDs: ['/s/vm1', '/s/vm2'] };
    expect(referencesOf('Log Alerts V2', essentials)).toEqual([
      'item essentials.configurationItems[0] = /S/VM1',
      'target essentials.alertTargetIDs[1] = /s/vm2',
    ]);
  });

  it('takes the dimensions that name an item, in any case, but neither GUIDs nor blanks', () => {
    const dimensions = [
      { name: '_RESOURCEID', value: '/s/vm1' },
      { name: 'Computer', value: 'vm1.corp' },
      { name: 'ResourceId', value: 'a0a0a0a0-bbbb-cccc-dddd-e1e1e1e1e1e1' },
      { name: 'resource', value: ' ' },
      { name: 'InstanceName', value: 'cpu0' },
      'no dimension',
      null,
    ];
    expect(referencesOf('Platform', {}, { condition: { allOf: [null, { dimensions }] } })).toEqual([
      'item alertContext.condition.allOf[1].dimensions[0].value = /s/vm1',
      'item alertContext.condition.allOf[1].dimensions[1].value = vm1.corp',
    ]);
  });

  it('knows of a value that a Computer dimension names a machine by it, whatever else does', () => {
    const dimensions = [
      { name: 'computer', value: 'WEB01' },
      { name: 'Resource', value: 'law' },
    ];
    const essentials = { alertId: 'a', monitoringService: 'Log Alerts V2', configurationItems: ['web01', 'law'] };
    const alert = classify({ essentials, alertContext: { condition: { allOf: [{ dimensions }] } } });
    expect(ciReferencesOf(alert)).toEqual([
      { value: 'web01', source: 'data.essentials.configurationItems[0]', role: 'item', isMachine: true },
      { value: 'law', source: 'data.essentials.configurationItems[1]', role: 'item' },
    ]);
  });

  it('takes what an activity log event was done to', () => {
    const context = {
      eventSource: 'Administrative',
      authorization: { scope: '/S/VM1' },
      properties: { resourceName: '/s/scaleset', compromisedEntity: 'vm9' },
    };
    expect(referencesOf('Activity Log - Administrative', { alertTargetIDs: ['/s/vm1'] }, context)).toEqual([
      'item alertContext.properties.resourceName = /s/scaleset',
      'item alertContext.properties.compromisedEntity = vm9',
      'target essentials.alertTargetIDs[0] = /s/vm1',
    ]);
  });

  it('takes the cluster and the resource of Prometheus labels', () => {
    const labels = { 'microsoft.resourceid': '/s/aks', cluster: 'aks', pod: 'p', instance: '10.0.0.1:9100' };
    expect(referencesOf('Prometheus', { alertTargetIDs: ['/s/workspace'] }, { labels, expression: 'up' })).toEqual([
      'item alertContext.labels.microsoft.resourceid = /s/aks',
      'item alertContext.labels.cluster = aks',
      'target essentials.alertTargetIDs[0] = /s/workspace',
    ]);
  });

  it('takes no budget for a configuration item', () => {
    const essentials = { configurationItems: ['budgets'], alertTargetIDs: ['/subscriptions/s'] };
    expect(referencesOf('CostAlerts', essentials)).toEqual([]);
  });

  it('names a hundred at most, and nothing longer than any id', () => {
    const configurationItems = ['x'.repeat(3_000), ...Array.from({ length: 500 }, (_, index) => `vm${index}`)];
    const references = referencesOf('Platform', { configurationItems });
    expect(references).toHaveLength(100);
    expect(references[0]).toContain('= vm0');
  });
});
