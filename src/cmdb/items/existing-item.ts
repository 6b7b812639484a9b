import type { EntityManager } from 'typeorm';
import { DomainError, notFound } from '../../common/errors';
import { isId } from '../../common/ids';
import { ConfigurationItem, type ItemRecord } from './configuration-item.entity';
import { lockItems } from './item-store';

/** The id of an item as it is kept; 404 where there is no such item. */
export async function existingItemId(manager: EntityManager, text: string): Promise<string> {
  const id = text.toLowerCase();
  if (isId(id) && (await manager.existsBy(ConfigurationItem, { id }))) return id;
  throw noItem(text);
}

/** An item as it is now, by an id in any letter case; 404 where there is no such item. */
export async function existingItem(manager: EntityManager, text: string): Promise<ConfigurationItem> {
  const id = text.toLowerCase();
  const item = isId(id) ? await manager.findOneBy(ConfigurationItem, { id }) : null;
  if (item === null) throw noItem(text);
  return item;
}

/** An item under its lock, by an id in any letter case; undefined where there is no such item. */
export async function lockedItem(tx: EntityManager, text: string): Promise<ItemRecord | undefined> {
  const id = text.toLowerCase();
  return isId(id) ? (await lockItems(tx, [id])).get(id) : undefined;
}

/** An item under its lock that may be changed; 404 if there is none, 409 `merged` with `mergedIntoId` where it is part of another. */
export async function changeableItem(tx: EntityManager, text: string): Promise<ItemRecord> {
  const item = await lockedItem(tx, text);
  if (item === undefined) throw noItem(text);
  if (item.mergedIntoId === null) return item;
  const detail = `Configuration item ${item.id} has become part of ${item.mergedIntoId}; change that one.`;
  throw new DomainError(409, 'merged', detail, { mergedIntoId: item.mergedIntoId });
}

/** 404 for what names no item. */
export function noItem(text: string): DomainError {
  return notFound(`configuration item ${text.slice(0, 40)}`);
}
