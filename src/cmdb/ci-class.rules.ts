/** The class of a cloud resource whose type is in no table. */
const UNKNOWN_RESOURCE_CLASS = 'cmdb_ci_cloud_resource';
/** The class of an item of which not even an Azure type is known. */
const UNKNOWN_CLASS = 'cmdb_ci';

const CLASS_BY_TYPE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'microsoft.resources/subscriptions': 'cmdb_ci_cloud_service_account',
    'microsoft.resources/subscriptions/resourcegroups': 'cmdb_ci_resource_group',
    'microsoft.management/managementgroups': 'cmdb_ci_cloud_org',
    'microsoft.compute/virtualmachines': 'cmdb_ci_vm_instance',
    'microsoft.compute/virtualmachinescalesets': 'cmdb_ci_vm_scale_set',
    'microsoft.compute/virtualmachinescalesets/virtualmachines': 'cmdb_ci_vm_instance',
    'microsoft.classiccompute/virtualmachines': 'cmdb_ci_vm_instance',
    'microsoft.compute/disks': 'cmdb_ci_storage_volume',
    'microsoft.compute/snapshots': 'cmdb_ci_storage_vol_snapshot',
    'microsoft.compute/images': 'cmdb_ci_os_template',
    'microsoft.compute/availabilitysets': 'cmdb_ci_availability_set',
    'microsoft.hybridcompute/machines': 'cmdb_ci_server',
    'microsoft.connectedvmwarevsphere/virtualmachines': 'cmdb_ci_vm_instance',
    'microsoft.azurestackhci/clusters': 'cmdb_ci_cluster',
    'microsoft.desktopvirtualization/hostpools': 'cmdb_ci_cloud_host_pool',
    'microsoft.containerservice/managedclusters': 'cmdb_ci_kubernetes_cluster',
    'microsoft.kubernetes/connectedclusters': 'cmdb_ci_kubernetes_cluster',
    'microsoft.containerinstance/containergroups': 'cmdb_ci_docker_container',
    'microsoft.containerregistry/registries': 'cmdb_ci_docker_local_registry',
    'microsoft.app/containerapps': 'cmdb_ci_cloud_app_service',
    'microsoft.app/managedenvironments': 'cmdb_ci_cloud_app_environment',
    'microsoft.web/sites': 'cmdb_ci_cloud_app_service',
    'microsoft.web/sites/slots': 'cmdb_ci_cloud_app_service',
    'microsoft.web/serverfarms': 'cmdb_ci_cloud_app_service_plan',
    'microsoft.web/staticsites': 'cmdb_ci_cloud_app_service',
    'microsoft.logic/workflows': 'cmdb_ci_cloud_function',
    'microsoft.sql/servers': 'cmdb_ci_db_server',
    'microsoft.sql/servers/databases': 'cmdb_ci_db_instance',
    'microsoft.sql/servers/elasticpools': 'cmdb_ci_db_instance',
    'microsoft.sql/managedinstances': 'cmdb_ci_db_instance',
    'microsoft.sql/managedinstances/databases': 'cmdb_ci_db_instance',
    'microsoft.dbforpostgresql/servers': 'cmdb_ci_db_instance',
    'microsoft.dbforpostgresql/flexibleservers': 'cmdb_ci_db_instance',
    'microsoft.dbformysql/servers': 'cmdb_ci_db_instance',
    'microsoft.dbformysql/flexibleservers': 'cmdb_ci_db_instance',
    'microsoft.dbformariadb/servers': 'cmdb_ci_db_instance',
    'microsoft.documentdb/databaseaccounts': 'cmdb_ci_db_instance',
    'microsoft.cache/redis': 'cmdb_ci_db_instance',
    'microsoft.cache/redisenterprise': 'cmdb_ci_db_instance',
    'microsoft.kusto/clusters': 'cmdb_ci_db_instance',
    'microsoft.synapse/workspaces': 'cmdb_ci_cloud_data_service',
    'microsoft.databricks/workspaces': 'cmdb_ci_cloud_data_service',
    'microsoft.datafactory/factories': 'cmdb_ci_cloud_data_service',
    'microsoft.streamanalytics/streamingjobs': 'cmdb_ci_cloud_data_service',
    'microsoft.storage/storageaccounts': 'cmdb_ci_cloud_storage_account',
    'microsoft.storage/storageaccounts/blobservices': 'cmdb_ci_cloud_object_storage',
    'microsoft.storage/storageaccounts/fileservices': 'cmdb_ci_cloud_file_storage',
    'microsoft.netapp/netappaccounts/capacitypools/volumes': 'cmdb_ci_storage_volume',
    'microsoft.network/virtualnetworks': 'cmdb_ci_network',
    'microsoft.network/virtualnetworks/subnets': 'cmdb_ci_cloud_subnet',
    'microsoft.network/networkinterfaces': 'cmdb_ci_nic',
    'microsoft.network/networksecuritygroups': 'cmdb_ci_compute_security_group',
    'microsoft.network/publicipaddresses': 'cmdb_ci_cloud_public_ipaddress',
    'microsoft.network/loadbalancers': 'cmdb_ci_cloud_load_balancer',
    'microsoft.network/applicationgateways': 'cmdb_ci_cloud_load_balancer',
    'microsoft.network/frontdoors': 'cmdb_ci_cloud_load_balancer',
    'microsoft.cdn/profiles': 'cmdb_ci_cloud_load_balancer',
    'microsoft.network/trafficmanagerprofiles': 'cmdb_ci_cloud_load_balancer',
    'microsoft.network/azurefirewalls': 'cmdb_ci_cloud_firewall',
    'microsoft.network/virtualnetworkgateways': 'cmdb_ci_cloud_gateway',
    'microsoft.network/vpngateways': 'cmdb_ci_cloud_gateway',
    'microsoft.network/connections': 'cmdb_ci_cloud_network_connection',
    'microsoft.network/expressroutecircuits': 'cmdb_ci_cloud_network_connection',
    'microsoft.network/natgateways': 'cmdb_ci_cloud_gateway',
    'microsoft.network/bastionhosts': 'cmdb_ci_cloud_gateway',
    'microsoft.network/dnszones': 'cmdb_ci_dns_zone',
    'microsoft.network/privatednszones': 'cmdb_ci_dns_zone',
    'microsoft.servicebus/namespaces': 'cmdb_ci_cloud_messaging_service',
    'microsoft.eventhub/namespaces': 'cmdb_ci_cloud_messaging_service',
    'microsoft.eventgrid/topics': 'cmdb_ci_cloud_messaging_service',
    'microsoft.devices/iothubs': 'cmdb_ci_cloud_messaging_service',
    'microsoft.apimanagement/service': 'cmdb_ci_cloud_api_gateway',
    'microsoft.keyvault/vaults': 'cmdb_ci_cloud_key_vault',
    'microsoft.automation/automationaccounts': 'cmdb_ci_cloud_automation_account',
    'microsoft.cognitiveservices/accounts': 'cmdb_ci_cloud_ai_service',
    'microsoft.machinelearningservices/workspaces': 'cmdb_ci_cloud_ai_service',
    'microsoft.search/searchservices': 'cmdb_ci_cloud_search_service',
    'microsoft.recoveryservices/vaults': 'cmdb_ci_cloud_backup_vault',
    'microsoft.dataprotection/backupvaults': 'cmdb_ci_cloud_backup_vault',
    'microsoft.operationalinsights/workspaces': 'cmdb_ci_cloud_log_workspace',
    'microsoft.insights/components': 'cmdb_ci_cloud_app_insights',
    'microsoft.monitor/accounts': 'cmdb_ci_cloud_monitor_workspace',
  }),
);

/** What holds, watches or backs up other things: an alert names it because its data is there, not because it is broken. */
const CONTAINER_TYPES: ReadonlySet<string> = new Set([
  'microsoft.resources/subscriptions',
  'microsoft.resources/subscriptions/resourcegroups',
  'microsoft.management/managementgroups',
  'microsoft.operationalinsights/workspaces',
  'microsoft.operationsmanagement/solutions',
  'microsoft.insights/components',
  'microsoft.monitor/accounts',
  'microsoft.recoveryservices/vaults',
  'microsoft.dataprotection/backupvaults',
  'microsoft.insights/autoscalesettings',
]);

const CONTAINER_CLASSES: ReadonlySet<string> = new Set(
  [...CONTAINER_TYPES].flatMap((type) => CLASS_BY_TYPE.get(type) ?? []),
);

/** Records and rules that tell of other resources; of {@link MONITORING_NAMESPACES} every type is such. */
const MONITORING_TYPES: ReadonlySet<string> = new Set([
  'microsoft.insights/metricalerts',
  'microsoft.insights/activitylogalerts',
  'microsoft.insights/scheduledqueryrules',
  'microsoft.insights/querypacks',
  'microsoft.insights/alertrules',
  'microsoft.insights/actiongroups',
  'microsoft.insights/webtests',
  'microsoft.insights/datacollectionrules',
  'microsoft.insights/diagnosticsettings',
  'microsoft.insights/eventtypes/management',
  'microsoft.operationalinsights/workspaces/savedsearches',
  'microsoft.consumption/budgets',
  'microsoft.recoveryservices/backupprotecteditem',
  'microsoft.resourcehealth/availabilitystatuses',
  'microsoft.resourcehealth/events',
]);

const MONITORING_NAMESPACES = [
  'microsoft.alertsmanagement/',
  'microsoft.costmanagement/',
  'microsoft.advisor/',
  'microsoft.authorization/',
  'microsoft.policyinsights/',
  'microsoft.security/',
];

/** The CMDB class of an Azure resource type (lower case); of none at all, the class of an item that may be anything. */
export function classOf(resourceType: string | null): string {
  if (resourceType === null) return UNKNOWN_CLASS;
  return CLASS_BY_TYPE.get(resourceType) ?? UNKNOWN_RESOURCE_CLASS;
}

/**
 * Whether a type (lower case) is bound only when nothing better is found. A part of a container is no better than the
 * container, and what monitoring made of itself is not either.
 */
export function isContainerType(resourceType: string | null): boolean {
  if (resourceType === null) return false;
  return (
    CONTAINER_TYPES.has(resourceType) || CONTAINER_TYPES.has(topLevelOf(resourceType)) || isMonitoringType(resourceType)
  );
}

/** `microsoft.recoveryservices/vaults` of a protected item in one. */
function topLevelOf(resourceType: string): string {
  return resourceType.split('/', 2).join('/');
}

/** Whether an item is a container: by its Azure type, or where a person entered none, by its class. */
export function isContainerCi(ci: { resourceType: string | null; className: string }): boolean {
  return ci.resourceType === null ? CONTAINER_CLASSES.has(ci.className) : isContainerType(ci.resourceType);
}

/** An alert, a rule, a budget, a health record: a thing that tells of others. The CMDB gets no stub for it. */
export function isMonitoringType(resourceType: string): boolean {
  return (
    MONITORING_TYPES.has(resourceType) || MONITORING_NAMESPACES.some((namespace) => resourceType.startsWith(namespace))
  );
}

/** The types that have a class of their own. */
export const KNOWN_TYPES: readonly string[] = [...CLASS_BY_TYPE.keys()];
