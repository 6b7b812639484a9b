/** Azure allows tag names of 512 and values of 256 characters, and 50 of them; some room for other sources. */
export const MAX_TAGS = 100;
export const MAX_TAG_LENGTH = 1_024;

/** Whether a value can be an item's tags: an object whose values are texts, within the bounds. */
export function isTags(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const tags = Object.entries(value as Record<string, unknown>);
  return tags.length <= MAX_TAGS && tags.every(([name, text]) => isTagText(name) && isTagText(text));
}

function isTagText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_TAG_LENGTH;
}
