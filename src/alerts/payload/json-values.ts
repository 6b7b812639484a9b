/** A JSON object; not null, not an array. */
export type JsonObject = Record<string, unknown>;

/** Neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one: what a payload leaves out reads like what it leaves empty. */
export function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The list, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** The text as sent, or null where there is none: absent, blank, or not a text. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && /\S/.test(value) ? value : null;
}

/** As {@link textOf}, and numbers and booleans as their text: thresholds and dimension values come as either. */
export function scalarTextOf(value: unknown): string | null {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : textOf(value);
}

/** The name of a value's JSON type, for a message that must not repeat the value itself. */
export function jsonTypeOf(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
