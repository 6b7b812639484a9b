/** Far more than any body of this API has, and little enough to look at in no time. */
const MAX_VALUES = 10_000;
const MAX_DEPTH = 32;

/** What makes a JSON value too much to be checked field by field, or null. Never throws, and stops at the bound. */
export function excessOf(value: unknown): string | null {
  let level: unknown[] = [value];
  let count = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    count += level.length;
    if (count > MAX_VALUES) return `more than ${MAX_VALUES} values`;
    if (depth > MAX_DEPTH) return `more than ${MAX_DEPTH} levels`;
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : [],
    );
  }
  return null;
}
