import { classOf, isContainerCi, isContainerType, isMonitoringType, KNOWN_TYPES } from './ci-class.rules';

describe('the class of a resource type', () => {
  it.each<[string | null, string]>([
    ['microsoft.compute/virtualmachines', 'cmdb_ci_vm_instance'],
    ['microsoft.compute/virtualmachinescalesets', 'cmdb_ci_vm_scale_set'],
    ['microsoft.hybridcompute/machines', 'cmdb_ci_server'],
    ['microsoft.containerservice/managedclusters', 'cmdb_ci_kubernetes_cluster'],
    ['microsoft.batch/batchaccounts', 'cmdb_ci_cloud_batch_account'],
    ['microsoft.web/sites', 'cmdb_ci_cloud_app_service'],
    ['microsoft.web/serverfarms', 'cmdb_ci_cloud_app_service_plan'],
    ['microsoft.app/containerapps', 'cmdb_ci_cloud_app_service'],
    ['microsoft.apimanagement/service', 'cmdb_ci_cloud_api_gateway'],
    ['microsoft.sql/servers', 'cmdb_ci_db_server'],
    ['microsoft.sql/servers/databases', 'cmdb_ci_db_instance'],
    ['microsoft.azurearcdata/sqlserverinstances', 'cmdb_ci_db_server'],
    ['microsoft.dbforpostgresql/flexibleservers', 'cmdb_ci_db_instance'],
    ['microsoft.documentdb/databaseaccounts', 'cmdb_ci_db_instance'],
    ['microsoft.cache/redis', 'cmdb_ci_db_instance'],
    ['microsoft.datafactory/factories', 'cmdb_ci_cloud_data_service'],
    ['microsoft.storage/storageaccounts', 'cmdb_ci_cloud_storage_account'],
    ['microsoft.network/virtualnetworks', 'cmdb_ci_network'],
    ['microsoft.network/loadbalancers', 'cmdb_ci_cloud_load_balancer'],
    ['microsoft.cdn/profiles', 'cmdb_ci_cloud_load_balancer'],
    ['microsoft.servicebus/namespaces', 'cmdb_ci_cloud_messaging_service'],
    ['microsoft.eventhub/namespaces', 'cmdb_ci_cloud_messaging_service'],
    ['microsoft.signalrservice/signalr', 'cmdb_ci_cloud_messaging_service'],
    ['microsoft.keyvault/vaults', 'cmdb_ci_cloud_key_vault'],
    ['microsoft.keyvault/managedhsms', 'cmdb_ci_cloud_key_vault'],
    ['microsoft.insights/components', 'cmdb_ci_cloud_app_insights'],
    ['microsoft.operationalinsights/workspaces', 'cmdb_ci_cloud_log_workspace'],
    ['microsoft.resources/subscriptions', 'cmdb_ci_cloud_service_account'],
    ['microsoft.future/things', 'cmdb_ci_cloud_resource'],
    ['microsoft.web/sites/unheardof', 'cmdb_ci_cloud_resource'],
    ['constructor', 'cmdb_ci_cloud_resource'],
    [null, 'cmdb_ci'],
  ])('of %s is %s', (type, className) => {
    expect(classOf(type)).toBe(className);
  });

  it('is known for the usual types, all written as types are', () => {
    expect(KNOWN_TYPES.length).toBeGreaterThanOrEqual(170);
    expect(KNOWN_TYPES.filter((type) => !/^[a-z]+\.[a-z0-9]+(\/[a-z0-9]+)+$/.test(type))).toEqual([]);
    const classes = KNOWN_TYPES.map(classOf);
    expect(classes.filter((name) => !/^cmdb_ci_[a-z_]{1,90}$/.test(name))).toEqual([]);
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
