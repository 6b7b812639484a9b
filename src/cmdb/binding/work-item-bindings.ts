import type { EntityManager } from 'typeorm';
import { placeholders } from '../../common/sql';
import { type BindingMethod, compareText, type OtherCandidate } from './binding-evidence.rules';
import type { CiRole, WorkItemConfigurationItem } from './bound-ci';
import { isContainerCi } from '../identity/ci-class.rules';
import { groupBy } from '../../common/group-by';

/** A link of a work item joined to its item. */
export interface LinkedCi {
  workItemId: number;
  isLead: number | boolean;
  boundBy: 'system' | 'person';
  method: BindingMethod;
  confidence: number;
  source: string;
  others: string | null;
  id: string;
  name: string;
  className: string;
  resourceId: string | null;
  resourceType: string | null;
}

/** The items of many work items, with one statement; none for no work items. */
export async function loadWorkItemBindings(
  manager: EntityManager,
  workItemIds: readonly number[],
): Promise<Map<number, WorkItemConfigurationItem[]>> {
  if (workItemIds.length === 0) return new Map();
  const rows = await manager.query<LinkedCi[]>(
    'SELECT b.workItemId, b.isLead, b.boundBy, b.method, b.confidence, b.source, b.others, c.id, c.name, c.className, c.resourceId, c.resourceType ' +
      'FROM bindings b JOIN configuration_items c ON c.id = b.ciId ' +
      `WHERE b.workItemId IN (${placeholders(workItemIds.length)}) AND b.isRemoved = 0`,
    [...workItemIds],
  );
  return new Map([...groupBy(rows, (row) => row.workItemId)].map(([id, links]) => [id, withRoles(links)]));
}

/**
 * Of the items that were primary in one of the work item's alerts, the best is the work item's primary: the one that a person
 * named, else no mere container if there is another, then by confidence, then by name. A work item whose alerts had none has none.
 */
function withRoles(links: readonly LinkedCi[]): WorkItemConfigurationItem[] {
  const sorted = [...links].sort(compareLinks);
  const primary = sorted.find((link) => Boolean(link.isLead));
  const others = sorted.filter((link) => link !== primary);
  return [...(primary ? [shown(primary, 'primary')] : []), ...others.map((link) => shown(link, 'affected'))];
}

function shown({ id, name, className, resourceId, ...link }: LinkedCi, role: CiRole): WorkItemConfigurationItem {
  const { method, confidence, source } = link;
  const others = link.others === null ? [] : (JSON.parse(link.others) as OtherCandidate[]);
  return { id, name, className, resourceId, role, binding: { method, confidence, source, others } };
}

function compareLinks(left: LinkedCi, right: LinkedCi): number {
  return (
    Number(isPersonsChoice(right)) - Number(isPersonsChoice(left)) ||
    Number(isContainerCi(left)) - Number(isContainerCi(right)) ||
    right.confidence - left.confidence ||
    compareText(sortName(left), sortName(right)) ||
    compareText(left.id, right.id)
  );
}

function isPersonsChoice({ isLead, boundBy }: LinkedCi): boolean {
  return boundBy === 'person' && Boolean(isLead);
}

/** An ARM id says more than a name, and is the same in every run. */
function sortName({ resourceId, name }: LinkedCi): string {
  return (resourceId ?? name).toLowerCase();
}
