import { type ArmId, parseArmId } from '../identity/arm-id.rules';
import { isDerived, relationsOf } from './azure-relations.rules';

const GROUP = '/subscriptions/s1/resourceGroups/rg';
const id = (type: string, name: string): string => `${GROUP}/providers/${type}/${name}`;
const SUBNET = `${id('Microsoft.Network/virtualNetworks', 'hub')}/subnets/web`;
const NIC = id('Microsoft.Network/networkInterfaces', 'nic');
const IP = id('Microsoft.Network/publicIPAddresses', 'ip');
const BACKENDS = [{ name: 'pool', properties: { backendIPConfigurations: [{ id: `${NIC}/ipConfigurations/one` }] } }];
const FRONTEND = { properties: { publicIPAddress: { id: IP }, subnet: { id: SUBNET } } };

function resource(type: string): ArmId {
  const names = type.split('/').slice(2);
  const [namespace, first] = type.split('/');
  return parseArmId([`${GROUP}/providers/${namespace}/${first}/x`, ...names.map((name) => `${name}/y`)].join('/'))!;
}

const CASES: [type: string, properties: unknown, relations: string[]][] = [
  [
    'Microsoft.Compute/virtualMachines',
    { networkProfile: { networkInterfaces: [{ id: NIC }, { id: NIC }] } },
    ['depends_on nic'],
  ],
  [
    'Microsoft.Compute/virtualMachines',
    {
      storageProfile: {
        osDisk: { managedDisk: { id: id('Microsoft.Compute/disks', 'os') } },
        dataDisks: [{ managedDisk: { id: id('Microsoft.Compute/disks', 'data') } }, { managedDisk: null }],
      },
    },
    ['depends_on os', 'depends_on data'],
  ],
  [
    'Microsoft.Compute/virtualMachines',
    {
      availabilitySet: { id: id('Microsoft.Compute/availabilitySets', 'set') },
      virtualMachineScaleSet: { id: id('Microsoft.Compute/virtualMachineScaleSets', 'vmss') },
    },
    ['member_of set', 'member_of vmss'],
  ],
  [
    'Microsoft.Compute/virtualMachines',
    { host: { id: `${id('Microsoft.Compute/hostGroups', 'g')}/hosts/h` } },
    ['runs_on h'],
  ],
  [
    'Microsoft.Compute/virtualMachineScaleSets',
    {
      virtualMachineProfile: {
        networkProfile: {
          networkInterfaceConfigurations: [
            { properties: { ipConfigurations: [{ properties: { subnet: { id: SUBNET } } }] } },
          ],
        },
      },
    },
    ['depends_on web'],
  ],
  ['Microsoft.Network/networkInterfaces', { ipConfigurations: [FRONTEND] }, ['depends_on web', 'depends_on ip']],
  [
    'Microsoft.Network/virtualNetworks',
    {
      subnets: [{ id: SUBNET }],
      virtualNetworkPeerings: [
        { properties: { remoteVirtualNetwork: { id: id('Microsoft.Network/virtualNetworks', 'spoke') } } },
      ],
    },
    ['contains web', 'connects_to spoke'],
  ],
  [
    'Microsoft.ContainerService/managedClusters',
    { nodeResourceGroup: 'MC_nodes', agentPoolProfiles: [{ vnetSubnetID: SUBNET }] },
    ['depends_on web', 'manages MC_nodes'],
  ],
  [
    'Microsoft.Web/sites',
    { serverFarmID: id('Microsoft.Web/serverFarms', 'plan'), virtualNetworkSubnetId: SUBNET },
    ['runs_on plan', 'depends_on web'],
  ],
  ['Microsoft.Web/sites/slots', { serverFarmId: id('Microsoft.Web/serverFarms', 'plan') }, ['runs_on plan']],
  [
    'Microsoft.App/containerApps',
    { managedEnvironmentId: id('Microsoft.App/managedEnvironments', 'env') },
    ['runs_on env'],
  ],
  [
    'Microsoft.Sql/servers/databases',
    { elasticPoolId: `${id('Microsoft.Sql/servers', 'x')}/elasticPools/pool` },
    ['runs_on pool'],
  ],
  [
    'Microsoft.Network/loadBalancers',
    { backendAddressPools: BACKENDS, frontendIPConfigurations: [FRONTEND] },
    ['depends_on nic (pool)', 'depends_on ip', 'depends_on web'],
  ],
  [
    'Microsoft.Network/applicationGateways',
    { backendAddressPools: BACKENDS, frontendIPConfigurations: [FRONTEND], gatewayIPConfigurations: [FRONTEND] },
    ['depends_on nic (pool)', 'depends_on ip', 'depends_on web'],
  ],
  [
    'Microsoft.Network/privateEndpoints',
    {
      subnet: { id: SUBNET },
      privateLinkServiceConnections: [{ properties: { privateLinkServiceId: id('Microsoft.KeyVault/vaults', 'kv') } }],
    },
    ['depends_on web', 'connects_to kv'],
  ],
  [
    'Microsoft.Insights/components',
    { WorkspaceResourceId: id('Microsoft.OperationalInsights/workspaces', 'law') },
    ['depends_on law'],
  ],
];

describe('relationsOf', () => {
  it.each(CASES)('of %s with %j answers %j', (type, properties, relations) => {
    const claims = relationsOf(resource(type), properties);
    const shown = claims.map(
      ({ type: kind, target, redundancyGroup }) =>
        `${kind} ${target.name}${redundancyGroup === null ? '' : ` (${redundancyGroup})`}`,
    );
    expect(shown).toEqual(relations);
    for (const claim of claims) {
      expect(isDerived(type.toLowerCase(), claim.type, claim.target.resourceType)).toBe(true);
    }
  });

  it.each([
    null,
    7,
    [],
    {},
    { networkProfile: 7 },
    { networkProfile: { networkInterfaces: [null, 7, { id: 7 }, { id: 'x' }, { id: IP }] } },
  ])('finds nothing in %j', (properties) => {
    expect(relationsOf(resource('Microsoft.Compute/virtualMachines'), properties)).toEqual([]);
  });

  it('leaves out what leads to the resource itself', () => {
    const network = resource('Microsoft.Network/virtualNetworks');
    const peering = { properties: { remoteVirtualNetwork: { id: network.path.toUpperCase() } } };
    expect(relationsOf(network, { virtualNetworkPeerings: [peering] })).toEqual([]);
  });
});
