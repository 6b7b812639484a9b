const SUBSCRIPTION = '/subscriptions/00000000-1111-4222-8333-444444444444';
const GROUP_SIZE = 300;

/** So many rows as Azure Resource Graph answers them, in three parts: machines with their network cards and their disks. */
export function* resourceGraphRows(count: number): Generator<string> {
  for (let index = 0; index < count; index += 1) yield `${JSON.stringify(rowOf(Math.floor(index / 3), index % 3))}\n`;
}

function rowOf(machine: number, part: number): object {
  const name = `vm-${String(machine).padStart(6, '0')}`;
  const group = `${SUBSCRIPTION}/resourceGroups/rg-${Math.floor(machine / GROUP_SIZE)}`;
  const nic = `${group}/providers/Microsoft.Network/networkInterfaces/${name}-nic`;
  const disk = `${group}/providers/Microsoft.Compute/disks/${name}-os`;
  const common = {
    location: 'westeurope',
    tags: { env: 'prod', owner: `team-${machine % 40}`, 'cost-center': '4711' },
  };
  const rows = [
    {
      ...{ id: `${group}/providers/Microsoft.Compute/virtualMachines/${name}`, name },
      ...{ type: 'microsoft.compute/virtualmachines', ...common },
      properties: {
        vmId: guidOf(machine, 1),
        hardwareProfile: { vmSize: 'Standard_D4s_v5' },
        networkProfile: { networkInterfaces: [{ id: nic, properties: { primary: true } }] },
        storageProfile: { osDisk: { osType: 'Linux', name: `${name}-os`, managedDisk: { id: disk } }, dataDisks: [] },
      },
    },
    {
      ...{ id: nic, name: `${name}-nic`, type: 'microsoft.network/networkinterfaces', ...common },
      properties: {
        resourceGuid: guidOf(machine, 2),
        ipConfigurations: [
          {
            name: 'ipconfig1',
            properties: {
              privateIPAddress: '10.0.0.4',
              subnet: {
                id: `${SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub/subnets/s`,
              },
            },
          },
        ],
      },
    },
    {
      ...{ id: disk, name: `${name}-os`, type: 'microsoft.compute/disks', ...common },
      properties: { uniqueId: guidOf(machine, 3), diskSizeGB: 128, diskState: 'Attached' },
    },
  ];
  return rows[part] as object;
}

function guidOf(machine: number, kind: number): string {
  return `${machine.toString(16).padStart(8, '0')}-0000-4000-8000-${String(kind).padStart(12, '0')}`;
}
