import { classOf, isContainerCi, isContainerType, isMonitoringType, KNOWN_TYPES } from './ci-class.rules';

describe('the class of a resource type', () => {
  it.each([
    ['microsoft.compute/virtualmachines', 'cmdb_ci_vm_instance'],
    ['microsoft.sql/servers/databases', 'cmdb_ci_db_instance'],
    ['microsoft.future/things', 'cmdb_ci_cloud_resource'],
    [null, 'cmdb_ci'],
  ])('of %s is %s', (type, className) => {
    expect(classOf(type)).toBe(className);
  });

  it('is known for the usual types, all written in lower case', () => {
    expect(KNOWN_TYPES.length).toBeGreaterThanOrEqual(40);
    expect(KNOWN_TYPES).toEqual(KNOWN_TYPES.map((type) => type.toLowerCase()));
  });
});

describe('a container', () => {
  it.each([
    'microsoft.resources/subscriptions',
    'microsoft.resources/subscriptions/resourcegroups',
    'microsoft.operationalinsights/workspaces',
    'microsoft.insights/components',
    'microsoft.monitor/accounts',
    'microsoft.recoveryservices/vaults',
    'microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems',
    'microsoft.dataprotection/backupvaults',
    'microsoft.alertsmanagement/alerts',
  ])('is %s', (type) => {
    expect(isContainerType(type)).toBe(true);
  });

  it.each(['microsoft.compute/virtualmachines', 'microsoft.keyvault/vaults', 'microsoft.synapse/workspaces', null])(
    'is not %s',
    (type) => {
      expect(isContainerType(type)).toBe(false);
    },
  );

  it('is also what a person entered as one', () => {
    expect(isContainerCi({ resourceType: null, className: 'cmdb_ci_resource_group' })).toBe(true);
    expect(isContainerCi({ resourceType: null, className: 'cmdb_ci_server' })).toBe(false);
  });
});

describe('what tells of other resources', () => {
  it.each(['microsoft.insights/metricalerts', 'microsoft.alertsmanagement/smartdetectoralertrules'])(
    'is %s',
    (type) => {
      expect(isMonitoringType(type)).toBe(true);
    },
  );
});
