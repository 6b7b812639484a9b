import { CLASS_BY_TYPE } from './class-by-type.rules';

/** The class of a cloud resource whose type is in no table. */
const UNKNOWN_RESOURCE_CLASS = 'cmdb_ci_cloud_resource';
/** The class of an item of which not even an Azure type is known. */
const UNKNOWN_CLASS = 'cmdb_ci';

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

const SCOPE_TYPES: readonly string[] = [
  'microsoft.resources/subscriptions',
  'microsoft.resources/subscriptions/resourcegroups',
  'microsoft.management/managementgroups',
];

const SCOPE_CLASSES: readonly string[] = SCOPE_TYPES.map(classOf);

/** Whether an item is where things are billed and governed (a subscription, a resource group): what it contains does not stand on it. */
export function isScopeCi(ci: { resourceType: string | null; className: string }): boolean {
  return ci.resourceType === null ? SCOPE_CLASSES.includes(ci.className) : SCOPE_TYPES.includes(ci.resourceType);
}

/** An alert, a rule, a budget, a health record: a thing that tells of others. The CMDB gets no stub for it. */
export function isMonitoringType(resourceType: string): boolean {
  return (
    MONITORING_TYPES.has(resourceType) || MONITORING_NAMESPACES.some((namespace) => resourceType.startsWith(namespace))
  );
}

/** The types that have a class of their own. */
export const KNOWN_TYPES: readonly string[] = [...CLASS_BY_TYPE.keys()];
