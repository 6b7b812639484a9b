import { impactOf } from '../binding/attach.rules';
import type { SaidImpact } from '../binding/bound-ci';
import { oneLine } from '../../common/text.rules';
import type { ReachedItem } from './impact-walk.rules';

/** Characters of a name that are shown. */
const MAX_SHOWN = 60;

/** An item of a work item, as far as its impact asks for it. */
export interface ImpactSource {
  ciId: string;
  criticality: number | null;
  /** Whether some other item would be hit with it. */
  hasDependents: boolean;
}

/** Whether it has to be asked who is hit with these items: nothing is worse than 1. */
export function asksFurther(items: readonly ImpactSource[]): boolean {
  return impactOf(items) > 1 && items.some(({ hasDependents }) => hasDependents);
}

/**
 * The worst criticality of the items and of all that they hit. Of an item itself "nobody said" counts as 2; of one that it
 * hits it counts for nothing.
 */
export function saidImpact(items: readonly Pick<ImpactSource, 'criticality'>[], worst: ReachedItem | null): SaidImpact {
  const own = impactOf(items);
  if (worst === null || worst.criticality >= own) return { impact: own, reached: null };
  return { impact: worst.criticality <= 1 ? 1 : 2, reached: worst };
}

/** `lb-prod (criticality 1) depends_on pool has_member vm1`. */
export function reachedText({ criticality, path }: ReachedItem): string {
  return path
    .toReversed()
    .map(({ name, relation }, index) => {
      const own = index === 0 ? ` (criticality ${criticality})` : '';
      return `${oneLine(name, MAX_SHOWN)}${own}${relation === null ? '' : ` ${relation}`}`;
    })
    .join(' ');
}
