import type { RoutingCi, RoutingFacts } from './routing-facts';

/** The value of a tag, or null where there is none; its name compares in any letter case, as in Azure. */
export function tagOf({ tags }: RoutingCi, name: string): string | null {
  const found = Object.keys(tags).find((each) => each.toLowerCase() === name.toLowerCase());
  return found === undefined ? null : (tags[found] ?? null);
}

/**
 * The text of a custom property, or null where there is none. Numbers and booleans are their text; what has parts has no
 * text. What every object inherits, such as `constructor`, is no property of an alert.
 */
export function customPropertyOf({ customProperties }: RoutingFacts, key: string): string | null {
  const value = Object.hasOwn(customProperties, key) ? customProperties[key] : null;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
