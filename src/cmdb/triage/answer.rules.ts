import { parseArmId } from '../identity/arm-id.rules';
import { isContainerCi } from '../identity/ci-class.rules';
import type { CiRole, WorkItemConfigurationItem } from '../binding/bound-ci';

/** What of a work item's items the role of one more depends on. */
type Present = Pick<WorkItemConfigurationItem, 'id' | 'role' | 'className' | 'resourceId'>;

/**
 * The role of an item that a person names in answer to a binding task: it leads where nothing else does, or a mere container,
 * which was bound for want of anything better. Else it is affected, unless it leads already.
 */
export function roleOfAnswer(items: readonly Present[], ciId: string): CiRole {
  const primary = items.find(({ role }) => role === 'primary');
  return primary === undefined || primary.id === ciId || isContainer(primary) ? 'primary' : 'affected';
}

function isContainer({ className, resourceId }: Present): boolean {
  const resourceType = resourceId === null ? null : (parseArmId(resourceId)?.resourceType ?? null);
  return isContainerCi({ resourceType, className });
}
