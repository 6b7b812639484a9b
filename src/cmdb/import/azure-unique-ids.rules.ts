import { hashOf } from '../../common/hash';
import { textsAt } from './azure-properties.rules';

/** Where in a resource's properties its id is that stays when Azure moves or renames it. */
const UNIQUE_IDS: Readonly<Record<string, string>> = {
  'microsoft.compute/virtualmachines': 'vmId',
  'microsoft.compute/virtualmachinescalesets': 'uniqueId',
  'microsoft.compute/disks': 'uniqueId',
  'microsoft.compute/snapshots': 'uniqueId',
  'microsoft.hybridcompute/machines': 'vmId',
  'microsoft.operationalinsights/workspaces': 'customerId',
  'microsoft.insights/components': 'AppId',
  'microsoft.sql/servers/databases': 'databaseId',
};

/** Resources of the network have theirs at one place. */
const NETWORK = 'microsoft.network/';
const NETWORK_UNIQUE_ID = 'resourceGuid';

const NO_GUID = '00000000-0000-0000-0000-000000000000';

/** SHA-256 over type and unique id of a resource; null where it has none, or none is known of its type (lower case). */
export function uniqueIdHashOf(resourceType: string, properties: unknown): string | null {
  const path = UNIQUE_IDS[resourceType] ?? (resourceType.startsWith(NETWORK) ? NETWORK_UNIQUE_ID : undefined);
  const id = path === undefined ? undefined : textsAt(properties, path)[0]?.toLowerCase();
  return id === undefined || id === NO_GUID ? null : hashOf('unique_id', resourceType, id);
}
