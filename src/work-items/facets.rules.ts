import type { WorkItemRecord } from './work-item.record';

/**
 * What lists filter by and the work items of one signature mostly have in common. A list may ask for those without a group: to have none
 * is a facet as well.
 */
export const FACETS = {
  priority: 'p',
  type: 't',
  assignmentGroup: 'g',
  monitoringService: 'v',
  subscriptionId: 'u',
} as const;

export type Facet = keyof typeof FACETS;

/**
 * The facets of a work item, a line each. Those that the work items of a signature ever had stand with the signature: a search
 * for several of them looks there first, and leaves out all signatures that never had them.
 */
export function facetsOf(workItem: Pick<WorkItemRecord, Facet>): string {
  const lines = (Object.keys(FACETS) as Facet[]).flatMap((facet) => {
    const value = workItem[facet];
    return value === null && facet !== 'assignmentGroup' ? [] : [facetLine(facet, value)];
  });
  return `\n${lines.join('\n')}\n`;
}

/** One facet as it stands between two line breaks; null = it has none. */
export function facetLine(facet: Facet, value: string | number | null): string {
  const text = String(value ?? '')
    .slice(0, COLUMNS[facet])
    .replaceAll('\n', ' ');
  // Servers compare without blanks at the end, so they must make no difference here.
  return `${FACETS[facet]}=${text.replace(/ +$/, '')}`;
}

/** What the columns hold. */
const COLUMNS: Readonly<Record<Facet, number>> = {
  ...{ priority: 1, type: 10, assignmentGroup: 100, monitoringService: 100, subscriptionId: 64 },
};
