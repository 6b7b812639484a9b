/** The fields that alerts would change, were they not set by somebody who knows better. */
export const OWNED_FIELDS = ['title', 'description', 'impact', 'urgency', 'priority'] as const;
export type OwnedField = (typeof OWNED_FIELDS)[number];

/** Who set a field in place of the alerts: a person for good, a routing rule until a person does. */
export type FieldSource = 'person' | 'rule';

export type FieldSources = Partial<Record<OwnedField, FieldSource>>;

/** Whether alerts leave this field alone. */
export function isOwned(sources: FieldSources | null, field: OwnedField): boolean {
  return sources?.[field] !== undefined;
}

/** The same sources with those of some fields replaced. */
export function withSource(
  sources: FieldSources | null,
  fields: readonly OwnedField[],
  source: FieldSource,
): FieldSources | null {
  if (fields.length === 0) return sources;
  return { ...sources, ...Object.fromEntries(fields.map((field) => [field, source])) };
}
