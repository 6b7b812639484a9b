/** A machine that an import brings, and its network card, which only alerts and a relation name. */
export interface Machine {
  name: string;
  resourceId: string;
  /** Where it was before, in a round in which machines move. */
  formerId: string;
  /** Stays when it moves. */
  vmId: string;
  cardId: string;
}

/** By what the alerts of a round name a machine, or its card. `moved` = by the id that it gets in this round. */
export const NAMINGS = ['id', 'name', 'card', 'moved'] as const;
/** `nickname` = by a name that nobody knows, until a person says what it means. */
export type Naming = (typeof NAMINGS)[number] | 'nickname';

/** One alert of the scenario, which has a rule of its own. */
export interface CastAlert {
  rule: string;
  naming: Naming;
  machine: Machine;
}

export const SUBSCRIPTION = '/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e';

/** Few enough that the import is about as long under way as the alerts about them. */
const MACHINES = 90;
const PRINTERS = 5;
const NICKNAMED = 10;

/** What one round imports. */
export function machinesOf(round: number): Machine[] {
  const group = `${SUBSCRIPTION}/resourceGroups/rg-${round}`;
  return Array.from({ length: MACHINES }, (_, index) => {
    const name = `vm-${round}-${index}`;
    const type = 'providers/Microsoft.Compute/virtualMachines';
    return {
      name,
      resourceId: `${group}/${type}/${name}`,
      formerId: `${group}-before/${type}/${name}`,
      vmId: `${hex(round)}-0000-4000-8000-0000${hex(index)}`,
      cardId: `${group}/providers/Microsoft.Network/networkInterfaces/${name}-nic`,
    };
  });
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}

/** How the alerts of a round name what it imports: in one way, for what makes stubs keeps the import from being written. */
export function namingOf(round: number): (typeof NAMINGS)[number] {
  return NAMINGS[round % NAMINGS.length] as (typeof NAMINGS)[number];
}

/** As Azure Resource Graph exports them, now or before they moved. The cards are not among them. */
export function rowsOf(machines: readonly Machine[], place: 'resourceId' | 'formerId' = 'resourceId'): object[] {
  return machines.map((machine) => ({
    id: machine[place],
    name: machine.name,
    properties: { vmId: machine.vmId, networkProfile: { networkInterfaces: [{ id: machine.cardId }] } },
  }));
}

/** Items without a resource id: nothing but the import keeps two of one name apart. */
export function printersOf(round: number): object[] {
  return Array.from({ length: PRINTERS }, (_, index) => ({
    name: `printer-${round}-${index}`,
    className: 'cmdb_ci_printer',
  }));
}

/** An alert about each of them. */
export function alertsAbout(machines: readonly Machine[], round: number): CastAlert[] {
  const naming = namingOf(round);
  return machines.map((machine) => ({ rule: `cmdb-${naming}-${machine.name}`, naming, machine }));
}

/** A few alerts that name one machine by its nickname. */
export function nicknaming(machine: Machine): CastAlert[] {
  return Array.from({ length: NICKNAMED }, (_, index): CastAlert => {
    return { rule: `cmdb-nickname-${machine.name}-${index}`, naming: 'nickname', machine };
  });
}

/** The name that nobody knows. */
export function nicknameOf({ name }: Machine): string {
  return `nick-${name}`;
}

/** The ARM id of the one item that the alert's work item must have. */
export function expectedId({ naming, machine }: CastAlert): string {
  return naming === 'card' ? machine.cardId : machine.resourceId;
}

/** The fields of a payload by which the alert names it. */
export function namesOf({ naming, machine }: CastAlert): { alertTargetIDs: string[]; configurationItems: string[] } {
  switch (naming) {
    case 'id':
    case 'moved':
      return { alertTargetIDs: [machine.resourceId], configurationItems: [] };
    case 'card':
      return { alertTargetIDs: [machine.cardId], configurationItems: [] };
    case 'name':
      return { alertTargetIDs: [], configurationItems: [machine.name] };
    case 'nickname':
      return { alertTargetIDs: [], configurationItems: [nicknameOf(machine)] };
  }
}
