import { type ArmId, holdersOf, parseArmId } from '../identity/arm-id.rules';
import type { RelationType } from '../relations/relation-types.rules';
import { textsAt, valuesAt } from './azure-properties.rules';
import type { RelationClaim } from './import-row';

/** One way by which a resource's properties tell of a relation. All types in lower case. */
interface RelationRule {
  type: RelationType;
  /** What the relation leads to; an id of a part of it (an IP configuration of a NIC) stands for it. Null = whatever the id names. */
  target: string | null;
  /** Where in the properties the ids are. */
  path: string;
  /** A list whose entries each name a group of targets that stand in for each other; `path` is below an entry then. */
  groups?: string;
}

const NIC = 'microsoft.network/networkinterfaces';
const SUBNET = 'microsoft.network/virtualnetworks/subnets';
const VNET = 'microsoft.network/virtualnetworks';
const PUBLIC_IP = 'microsoft.network/publicipaddresses';
const DISK = 'microsoft.compute/disks';
const PLAN = 'microsoft.web/serverfarms';
const SCALE_SET = 'microsoft.compute/virtualmachinescalesets';
const RESOURCE_GROUP = 'microsoft.resources/subscriptions/resourcegroups';

const dependsOn = (target: string, path: string): RelationRule => ({ type: 'depends_on', target, path });
const runsOn = (target: string, path: string): RelationRule => ({ type: 'runs_on', target, path });
const memberOf = (target: string, path: string): RelationRule => ({ type: 'member_of', target, path });

const BACKENDS: RelationRule = {
  ...dependsOn(NIC, 'properties.backendIPConfigurations[].id'),
  groups: 'backendAddressPools',
};

const WEB_APP = [runsOn(PLAN, 'serverFarmId'), dependsOn(SUBNET, 'virtualNetworkSubnetId')];

const RULES: Readonly<Record<string, readonly RelationRule[]>> = {
  'microsoft.compute/virtualmachines': [
    dependsOn(NIC, 'networkProfile.networkInterfaces[].id'),
    dependsOn(DISK, 'storageProfile.osDisk.managedDisk.id'),
    dependsOn(DISK, 'storageProfile.dataDisks[].managedDisk.id'),
    memberOf('microsoft.compute/availabilitysets', 'availabilitySet.id'),
    memberOf(SCALE_SET, 'virtualMachineScaleSet.id'),
    runsOn('microsoft.compute/hostgroups/hosts', 'host.id'),
  ],
  [SCALE_SET]: [
    dependsOn(
      SUBNET,
      'virtualMachineProfile.networkProfile.networkInterfaceConfigurations[].properties.ipConfigurations[].properties.subnet.id',
    ),
  ],
  [NIC]: [
    dependsOn(SUBNET, 'ipConfigurations[].properties.subnet.id'),
    dependsOn(PUBLIC_IP, 'ipConfigurations[].properties.publicIPAddress.id'),
  ],
  [VNET]: [
    { type: 'contains', target: SUBNET, path: 'subnets[].id' },
    { type: 'connects_to', target: VNET, path: 'virtualNetworkPeerings[].properties.remoteVirtualNetwork.id' },
  ],
  'microsoft.containerservice/managedclusters': [dependsOn(SUBNET, 'agentPoolProfiles[].vnetSubnetID')],
  'microsoft.web/sites': WEB_APP,
  'microsoft.web/sites/slots': WEB_APP,
  'microsoft.app/containerapps': [
    runsOn('microsoft.app/managedenvironments', 'managedEnvironmentId'),
    runsOn('microsoft.app/managedenvironments', 'environmentId'),
  ],
  'microsoft.sql/servers/databases': [runsOn('microsoft.sql/servers/elasticpools', 'elasticPoolId')],
  'microsoft.network/loadbalancers': [
    BACKENDS,
    dependsOn(PUBLIC_IP, 'frontendIPConfigurations[].properties.publicIPAddress.id'),
    dependsOn(SUBNET, 'frontendIPConfigurations[].properties.subnet.id'),
  ],
  'microsoft.network/applicationgateways': [
    BACKENDS,
    dependsOn(PUBLIC_IP, 'frontendIPConfigurations[].properties.publicIPAddress.id'),
    dependsOn(SUBNET, 'gatewayIPConfigurations[].properties.subnet.id'),
  ],
  'microsoft.network/privateendpoints': [
    dependsOn(SUBNET, 'subnet.id'),
    { type: 'connects_to', target: null, path: 'privateLinkServiceConnections[].properties.privateLinkServiceId' },
  ],
  'microsoft.insights/components': [dependsOn('microsoft.operationalinsights/workspaces', 'WorkspaceResourceId')],
};

/** The type whose node resource group has a name, not an id, in its properties. */
const CLUSTER = 'microsoft.containerservice/managedclusters';

/** A resource names no more than this; a hub that does would hold an import up. */
const MAX_RELATIONS = 2_000;

/** The relations that a resource's properties tell of, each once. */
export function relationsOf(resource: ArmId, properties: unknown): RelationClaim[] {
  const rules = RULES[resource.resourceType] ?? [];
  const claims = [...rules.flatMap((rule) => claimsOf(rule, properties)), ...nodeResourceGroupOf(resource, properties)];
  const others = claims.filter(({ target }) => target.key !== resource.key);
  const byKey = new Map(others.map((claim) => [`${claim.type} ${claim.target.key}`, claim]));
  return [...byKey.values()].slice(0, MAX_RELATIONS);
}

/** Whether properties of a resource of this type tell of such a relation to a resource of that type (both lower case). */
export function isDerived(sourceType: string, type: RelationType, targetType: string): boolean {
  if (sourceType === CLUSTER && type === 'manages') return true;
  const rules = RULES[sourceType] ?? [];
  return rules.some((rule) => rule.type === type && (rule.target === null || rule.target === targetType));
}

function claimsOf(rule: RelationRule, properties: unknown): RelationClaim[] {
  if (rule.groups === undefined) return claimsBelow(rule, properties, null);
  return valuesAt(properties, `${rule.groups}[]`).flatMap((group) => claimsBelow(rule, group, nameOf(group)));
}

function claimsBelow(
  { type, target, path }: RelationRule,
  below: unknown,
  redundancyGroup: string | null,
): RelationClaim[] {
  return textsAt(below, path).flatMap((text) => {
    const id = parseArmId(text);
    const found = id === null || target === null ? id : resourceOfType(id, target);
    return found === null ? [] : [{ type, target: found, redundancyGroup }];
  });
}

/** The resource itself or, of an id of a part of it, the one that holds the part. */
function resourceOfType(id: ArmId, type: string): ArmId | null {
  return [id, ...holdersOf(id)].find(({ resourceType }) => resourceType === type) ?? null;
}

function nodeResourceGroupOf(resource: ArmId, properties: unknown): RelationClaim[] {
  if (resource.resourceType !== CLUSTER || resource.subscriptionId === null) return [];
  const subscription = resource.path.split('/').slice(0, 3).join('/');
  return textsAt(properties, 'nodeResourceGroup').flatMap((name) => {
    const target = parseArmId(`${subscription}/resourceGroups/${name}`);
    return target?.resourceType === RESOURCE_GROUP ? [{ type: 'manages', target, redundancyGroup: null } as const] : [];
  });
}

function nameOf(group: unknown): string | null {
  const [name] = textsAt(group, 'name');
  return name?.trim().slice(0, 100) || null;
}
