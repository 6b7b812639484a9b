import type { DecidedBinding } from './binding.rules';
import type { BoundCi } from './bound-ci';
import type { CiCandidate } from './find-ci.rules';

/** What of an item the rest of the service sees beside its binding. */
export type BoundItem = Omit<CiCandidate, 'subscriptionId' | 'resourceGroup' | 'isRetired' | 'isStub' | 'lastSeenAt'>;

/** A binding as the rest of the service sees it. */
export function boundCi(binding: DecidedBinding, ci: BoundItem): BoundCi {
  const { role, method, confidence, source, isContainer, values, others } = binding;
  const { id: ciId, name, className, resourceId, resourceType, supportGroup, environment, tags } = ci;
  const { criticality, hasDependents } = ci;
  const evidence = { role, method, confidence, source, isContainer, values, others };
  const routed = { criticality, hasDependents, supportGroup, environment, tags };
  return { ciId, name, className, resourceId, resourceType, ...routed, ...evidence };
}
