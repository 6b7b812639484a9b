/** Names under which tags tell of a field, the best first; compared without case, blanks, `-` and `_`. */
const TAG_NAMES = {
  environment: ['environment', 'env'],
  owner: ['owner', 'serviceowner', 'applicationowner', 'technicalowner', 'contact'],
  criticality: ['criticality', 'businesscriticality', 'tier', 'servicetier'],
  supportGroup: ['supportgroup', 'assignmentgroup', 'supportteam', 'team'],
} as const;

/** What people write where 1 (the most critical) to 3 is meant. */
const CRITICALITIES: ReadonlyMap<string, number> = new Map([
  ...['1', 'high', 'critical', 'missioncritical', 'businesscritical', 'tier1', 'gold', 'p1'].map(
    (word) => [word, 1] as const,
  ),
  ...['2', 'medium', 'important', 'businessoperational', 'tier2', 'silver', 'p2'].map((word) => [word, 2] as const),
  ...['3', 'low', 'unitcritical', 'tier3', 'bronze', 'p3'].map((word) => [word, 3] as const),
]);

/** What a resource's tags tell of its item. A field that no tag tells of is absent. */
export interface TaggedFields {
  environment?: string;
  owner?: string;
  criticality?: number;
  supportGroup?: string;
}

/** Reads the well-known tags, as Microsoft's Cloud Adoption Framework names them and as they are named elsewhere. */
export function fieldsOfTags(tags: Readonly<Record<string, string>>): TaggedFields {
  const byName = new Map(Object.entries(tags).map(([name, value]) => [plain(name), value.trim()]));
  const told = (names: readonly string[]): string | undefined =>
    names.map((name) => byName.get(name)).find((value) => value !== undefined && value !== '');
  const environment = told(TAG_NAMES.environment)?.slice(0, 100);
  const owner = told(TAG_NAMES.owner)?.slice(0, 255);
  const supportGroup = told(TAG_NAMES.supportGroup)?.slice(0, 255);
  const criticality = CRITICALITIES.get(plain(told(TAG_NAMES.criticality) ?? ''));
  return {
    ...(environment !== undefined && { environment }),
    ...(owner !== undefined && { owner }),
    ...(criticality !== undefined && { criticality }),
    ...(supportGroup !== undefined && { supportGroup }),
  };
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}
