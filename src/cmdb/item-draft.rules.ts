import { parseArmId } from './arm-id.rules';
import { classOf } from './ci-class.rules';
import { armKeyHash, comparableOf } from './ci-keys.rules';
import type { CiStatus } from './configuration-item.entity';

/** What a person says about an item; absent and null are the same. */
export interface ItemInput {
  name?: string | null;
  className?: string | null;
  resourceId?: string | null;
  resourceType?: string | null;
  subscriptionId?: string | null;
  resourceGroup?: string | null;
  location?: string | null;
  environment?: string | null;
  criticality?: number | null;
  supportGroup?: string | null;
  status?: CiStatus | null;
  tags?: Record<string, string> | null;
  aliases?: readonly string[] | null;
}

/** An item with all that follows from its ARM id. */
export interface ItemDraft {
  name: string;
  nameKey: string;
  className: string;
  resourceId: string | null;
  canonicalKeyHash: string | null;
  resourceType: string | null;
  subscriptionId: string | null;
  resourceGroup: string | null;
  location: string | null;
  environment: string | null;
  criticality: number | null;
  supportGroup: string | null;
  status: CiStatus;
  tags: Record<string, string>;
  aliases: string[];
}

/**
 * How many code points the columns hold. Checked at last, when all is in the form that is kept: U+0130 grows in lower case,
 * and a length that was checked before may not have counted variation selectors.
 */
const COLUMNS = [
  ['name', 255],
  ['className', 100],
  ['resourceType', 255],
  ['subscriptionId', 255],
  ['resourceGroup', 255],
  ['location', 100],
  ['environment', 100],
  ['supportGroup', 255],
] as const;

/** The draft, or which field is wrong and how. */
export type DraftResult = { kind: 'draft'; draft: ItemDraft } | { kind: 'fault'; path: string; message: string };

/**
 * Completes what a person entered: type, subscription and resource group follow from the ARM id (and win over what is said
 * beside it), the class from the type, the name from the last segment.
 */
export function draftItem(input: ItemInput): DraftResult {
  const resourceId = trimmed(input.resourceId);
  const armId = resourceId === null ? null : parseArmId(resourceId);
  if (resourceId !== null && armId === null) return fault('resourceId', 'must be an ARM id: /subscriptions/…');
  const name = trimmed(input.name) ?? armId?.name ?? null;
  if (name === null) return fault('name', 'is required where there is no resourceId');
  const resourceType = armId ? armId.resourceType.slice(0, 255) : lowered(input.resourceType);
  const draft: ItemDraft = {
    name,
    nameKey: name.toLowerCase().slice(0, 255),
    className: trimmed(input.className) ?? classOf(resourceType),
    resourceId,
    canonicalKeyHash: armId === null ? null : armKeyHash(armId.key),
    resourceType,
    subscriptionId: armId ? armId.subscriptionId : lowered(input.subscriptionId),
    resourceGroup: armId ? armId.resourceGroup : trimmed(input.resourceGroup),
    location: trimmed(input.location),
    environment: trimmed(input.environment),
    criticality: input.criticality ?? null,
    supportGroup: trimmed(input.supportGroup),
    status: input.status ?? 'operational',
    tags: { ...input.tags },
    aliases: distinctAliases(input.aliases ?? []),
  };
  const tooLong = COLUMNS.find(([field, length]) => Array.from(draft[field] ?? '').length > length);
  return tooLong ? fault(tooLong[0], `must have ${tooLong[1]} characters at most`) : { kind: 'draft', draft };
}

function fault(path: string, message: string): DraftResult {
  return { kind: 'fault', path, message };
}

function trimmed(text: string | null | undefined): string | null {
  return text?.trim() || null;
}

function lowered(text: string | null | undefined): string | null {
  return trimmed(text)?.toLowerCase() ?? null;
}

/** The first spelling of each stays. */
function distinctAliases(aliases: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const alias of aliases) {
    const key = comparableOf(alias);
    if (key !== '' && !byKey.has(key)) byKey.set(key, alias.trim());
  }
  return [...byKey.values()];
}
