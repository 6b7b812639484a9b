const DATACENTER = '/subscriptions/10000000-0000-4000-8000-0000000000a2/resourceGroups/rg-datacenter2019/providers';
const SERVERS = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-servers/providers';
const PIPELINE = '/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/PipeLineAlertRG/providers';

/** What `az graph query -q "Resources"` tells of the estate before the day begins. What the alerts name besides comes with them. */
export const ESTATE = exported([
  machine(`${DATACENTER}/Microsoft.Compute/virtualMachines/datacenter2019`, {
    tags: { environment: 'prod', criticality: 'high', team: 'datacenter' },
    nic: `${DATACENTER}/Microsoft.Network/networkInterfaces/datacenter2019-nic`,
  }),
  {
    id: `${DATACENTER}/Microsoft.Network/networkInterfaces/datacenter2019-nic`,
    ...{ name: 'datacenter2019-nic', type: 'microsoft.network/networkinterfaces', location: 'westeurope', tags: null },
    properties: { ipConfigurations: [] },
  },
  machine(`${SERVERS}/Microsoft.Compute/virtualMachines/vm-app01`, { tags: { criticality: 'medium' } }),
  machine(`${PIPELINE}/Microsoft.Compute/virtualMachines/WCUS-R2-Gen2`, { tags: {} }),
  machine(`${PIPELINE}/Microsoft.Compute/virtualMachines/WCUS-R2-ActLog`, { tags: {} }),
]);

/** The next export brings a machine that an alert has asked for in the meantime. */
export const LATER_ESTATE = exported([
  machine(`${SERVERS}/Microsoft.Compute/virtualMachines/vm-app02`, { tags: { environment: 'prod' } }),
]);

/** What no export tells: a desktop of another cloud, under the name that its log entries bear. */
export const DESKTOP = {
  ...{ name: 'avd-dev-0', className: 'cmdb_ci_vm_instance', criticality: 3, aliases: ['AVD-DEV-0.corp.example'] },
};

interface Resource {
  id: string;
  name: string;
  type: string;
  location: string;
  tags: Record<string, string> | null;
  properties: object;
}

function machine(id: string, { tags, nic }: { tags: Record<string, string>; nic?: string }): Resource {
  const name = id.slice(id.lastIndexOf('/') + 1);
  const networkProfile = { networkInterfaces: nic === undefined ? [] : [{ id: nic }] };
  return {
    ...{ id, name, type: 'microsoft.compute/virtualmachines', location: 'westeurope', tags },
    properties: { networkProfile },
  };
}

function exported(data: Resource[]): object {
  return { count: data.length, total_records: data.length, skip_token: null, data };
}
