/** So many changes … */
const CHANGES = 4;
/** … within so long make a work item flap … */
const WITHIN_MS = 30 * 60_000;
/** … until there has been no change for so long. */
const QUIET_MS = 30 * 60_000;

/**
 * When the condition of a work item changed (resolved or reopened), with one more change: the latest few within half an hour
 * of the last, in the payloads' times, as milliseconds. One that lies in the future counts as now.
 */
export function withChange(changes: readonly number[] | null, { at, now }: { at: Date; now: Date }): number[] {
  const all = [...(changes ?? []), Math.min(at.getTime(), now.getTime())].sort((one, other) => one - other);
  const latest = all.at(-1) as number;
  return all.filter((change) => latest - change < WITHIN_MS).slice(-CHANGES);
}

/** Four changes within 30 minutes. */
export function isTooMany(changes: readonly number[]): boolean {
  return changes.length >= CHANGES;
}

/** Until when it has to be quiet after a change; a payload's time that lies in the future counts as now. */
export function quietUntil(before: Date | null, { at, now }: { at: Date; now: Date }): Date {
  const until = new Date(Math.min(at.getTime(), now.getTime()) + QUIET_MS);
  return before !== null && before > until ? before : until;
}
