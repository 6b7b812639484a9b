const DAY_MS = 86_400_000;

/** The time that an item must have been told of before, to be stale; null where the list is not about stale items. */
export function staleBefore(
  { seenBefore, notSeenForDays }: { seenBefore?: Date; notSeenForDays?: number },
  now: Date,
): Date | null {
  const times = [
    ...(seenBefore === undefined ? [] : [seenBefore.getTime()]),
    ...(notSeenForDays === undefined ? [] : [now.getTime() - notSeenForDays * DAY_MS]),
  ];
  return times.length === 0 ? null : new Date(Math.min(...times));
}

/** Whether alerts are to note that they have seen an item: they do so once a day. */
export function isLongUnseen(lastSeenAt: Date | null, now: Date): boolean {
  return lastSeenAt === null || lastSeenAt <= noteAfter(now);
}

/** What alerts have seen up to this time is noted again. */
export function noteAfter(now: Date): Date {
  return new Date(now.getTime() - DAY_MS);
}
