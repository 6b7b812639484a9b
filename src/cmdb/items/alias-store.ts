import { In, Not, type EntityManager } from 'typeorm';
import { DomainError, invalidRequest } from '../../common/errors';
import { forUpdate, placeholders } from '../../common/sql';
import { aliasKey, armKeyHash, comparableOf } from '../identity/ci-keys.rules';
import { MAX_ALIASES } from './alias.rules';
import { ConfigurationItem, type ItemRecord } from './configuration-item.entity';

/**
 * Refuses what an item has just been given: an alias that leads to another item in use already is a 409 `alias_in_use`, its own
 * ARM id a 400 at `path`. Of an item that comes back into use all aliases are asked about; what has retired may share its own.
 * To be asked when the item has been written: see {@link checkFree}.
 */
export async function checkAliases(
  tx: EntityManager,
  { before, after, path }: { before: ItemRecord | null; after: ItemRecord; path: string },
): Promise<void> {
  if (after.status === 'retired') return;
  const known = before === null || before.status === 'retired' ? [] : before.aliases;
  const knownIds = new Set(known.map(({ id }) => id));
  const values = after.aliases.filter(({ id }) => !knownIds.has(id)).map(({ value }) => value);
  if (values.some((value) => isOwnArmId(after, value))) {
    throw invalidRequest([{ path, message: 'is the resource id of the item itself' }]);
  }
  await checkFree(tx, after, values);
}

/** Whether a value is the ARM id of an item, however it is written. */
export function isOwnArmId({ canonicalKeyHash }: Pick<ItemRecord, 'canonicalKeyHash'>, value: string): boolean {
  return canonicalKeyHash !== null && canonicalKeyHash === armKeyHash(comparableOf(value));
}

/** 409 where an item has as many aliases as it may have. */
export function checkRoom({ id, aliases }: ItemRecord): void {
  if (aliases.length < MAX_ALIASES) return;
  const detail = `Configuration item ${id} has ${aliases.length} aliases; take one off that is no longer needed.`;
  throw new DomainError(409, 'too_many_aliases', detail);
}

/**
 * 409 where another item in use has one of these aliases, or one of them as its own ARM id. To be asked when one's own aliases
 * have been written: of two who give the same alias to two items at once, one waits here for the other, or both do and the
 * database ends one of them, which then runs again and sees the other's.
 */
export async function checkFree(tx: EntityManager, item: ItemRecord, values: readonly string[]): Promise<void> {
  if (values.length === 0) return;
  const asked = values.map((value) => {
    const comparable = comparableOf(value);
    return { value, keyHash: aliasKey(comparable).hash, armHash: armKeyHash(comparable) };
  });
  const known = await tx.query<{ keyHash: string; ciId: string }[]>(
    `SELECT keyHash, ciId FROM ci_keys WHERE keyHash IN (${placeholders(asked.length)})${forUpdate(tx)}`,
    asked.map(({ keyHash }) => keyHash),
  );
  const isOther = { status: Not('retired' as const) };
  const others = await tx.find(ConfigurationItem, {
    select: { id: true, name: true, canonicalKeyHash: true },
    where: [
      { id: In(known.map(({ ciId }) => ciId)), ...isOther },
      { canonicalKeyHash: In(asked.map(({ armHash }) => armHash)), ...isOther },
    ],
    order: { id: 'ASC' },
  });
  for (const other of others.filter(({ id }) => id !== item.id)) {
    const keys = new Set(known.filter(({ ciId }) => ciId === other.id).map(({ keyHash }) => keyHash));
    const shared = asked.find(({ keyHash, armHash }) => keys.has(keyHash) || armHash === other.canonicalKeyHash);
    if (shared !== undefined) throw inUse(shared.value, other);
  }
}

function inUse(value: string, { id, name }: Pick<ItemRecord, 'id' | 'name'>): DomainError {
  const detail = `${value.slice(0, 300)} leads to configuration item ${id} (${name}) already; take it from there first.`;
  return new DomainError(409, 'alias_in_use', detail, { configurationItemId: id });
}
