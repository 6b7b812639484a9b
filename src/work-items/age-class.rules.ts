const DAY_MS = 86_400_000;

/**
 * Classes of work items by how long they had been open when they were last changed: less than so many days. The system's own
 * last change, closing what was resolved three days before, is of the first one mostly. Of the last one it may be any time.
 */
const LESS_THAN_DAYS = [4, 32, null] as const;

export const AGE_CLASSES: readonly number[] = LESS_THAN_DAYS.map((_, ageClass) => ageClass);

/** The class of most work items, and those of the rest. */
export const FIRST_AGE_CLASS = 0;
export const OTHER_AGE_CLASSES = AGE_CLASSES.slice(1);

/** The class of a work item that was last changed at `updatedAt`. */
export function ageClassOf({ openedAt }: { openedAt: Date }, updatedAt: Date): number {
  const days = (updatedAt.getTime() - openedAt.getTime()) / DAY_MS;
  return LESS_THAN_DAYS.findIndex((most) => most === null || days < most);
}

/** Before when a work item of a class was last changed that was opened before a time; null = it may be any time. */
export function changedBefore(ageClass: number, openedBefore: Date): Date | null {
  const days = LESS_THAN_DAYS[ageClass] ?? null;
  return days === null ? null : new Date(openedBefore.getTime() + days * DAY_MS);
}
