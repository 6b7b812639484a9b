import { comparableOf } from '../identity/ci-keys.rules';

export const ALIAS_SOURCES = ['person', 'import', 'moved', 'learned'] as const;
export type AliasSource = (typeof ALIAS_SOURCES)[number];

/**
 * Another way by which alerts may name an item, and where it comes from: a person entered it, an import told it, it is the
 * ARM id from before a move, or a person taught it with the answer to a binding task.
 */
export interface CiAlias {
  id: string;
  /** As it was given: an ARM id, an FQDN, a host name or an IP address. */
  value: string;
  source: AliasSource;
  /** The binding task whose answer taught it. */
  taskId: string | null;
  /** Who; null for an import and for a stub. */
  createdBy: string | null;
  /** ISO 8601, UTC. */
  createdAt: string;
}

/** As many as an item may have. */
export const MAX_ALIASES = 100;

/** What of an alias is new with each item: all but its value and its id. */
export type AliasOrigin = Omit<CiAlias, 'id' | 'value'>;

/** The alias that is this value, however it is written. */
export function aliasOf(aliases: readonly CiAlias[], value: string): CiAlias | undefined {
  const key = comparableOf(value);
  return aliases.find((alias) => comparableOf(alias.value) === key);
}

/** The aliases with those values added that are not among them yet, however they are written. */
export function withAliases(
  aliases: readonly CiAlias[],
  values: readonly string[],
  origin: AliasOrigin,
  newId: () => string,
): CiAlias[] {
  const byKey = new Map(aliases.map((alias) => [comparableOf(alias.value), alias]));
  for (const value of values) {
    const key = comparableOf(value);
    if (key !== '' && !byKey.has(key)) byKey.set(key, { id: newId(), value: value.trim(), ...origin });
  }
  return [...byKey.values()];
}
