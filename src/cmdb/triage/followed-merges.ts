import type { EntityManager } from 'typeorm';
import { placeholders, sqlTime } from '../../common/sql';
import type { StoredBinding } from '../binding/attach.rules';
import type { FollowedMerge } from '../binding/bound-ci';

interface Link {
  workItemId: number;
  ciId: string;
  isLead: number;
  isRemoved: number;
  boundBy: StoredBinding['boundBy'];
}

interface MergedLink extends Link {
  mergedIntoId: string;
  name: string;
}

/**
 * Lets what was bound to a stub be bound to the item that it turned out to be. Where that is bound already, the link that a
 * person made counts, else the one that is there, which leads if one of them did. The caller holds the work items' locks.
 * Answers with what the work items have to tell of it.
 */
export async function followMerges(
  tx: EntityManager,
  workItemIds: readonly number[],
): Promise<Map<number, FollowedMerge[]>> {
  const told = new Map<number, FollowedMerge[]>();
  const links = await mergedLinks(tx, workItemIds);
  const others = await linksTo(tx, links);
  for (const link of links) {
    const key = keyOf(link.workItemId, link.mergedIntoId);
    others.set(key, await moveLink(tx, link, others.get(key)));
    if (link.isRemoved) continue;
    const merge = { fromId: link.ciId, toId: link.mergedIntoId, name: link.name };
    told.set(link.workItemId, [...(told.get(link.workItemId) ?? []), merge]);
  }
  return told;
}

/** An alert that was on its way when a stub was merged may have bound it after that. */
const STRAGGLERS_MS = 3_600_000;
/** Merges that one transaction ends. */
const ENDED_AT_ONCE = 500;

/** Stubs that were merged some time ago and that nothing is bound to any more: nobody need look for them again. */
export async function followedMerges(manager: EntityManager, now: Date): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT c.id FROM configuration_items c WHERE c.mergeDueAt <= ?
     AND NOT EXISTS (SELECT 1 FROM bindings b WHERE b.ciId = c.id) LIMIT ${ENDED_AT_ONCE}`,
    [sqlTime(new Date(now.getTime() - STRAGGLERS_MS))],
  );
  return rows.map(({ id }) => id).sort();
}

/** Takes {@link followedMerges} off the list of what is looked for. */
export async function endMerges(tx: EntityManager, ids: readonly string[]): Promise<void> {
  const sql = `UPDATE configuration_items SET mergeDueAt = NULL WHERE id IN (${placeholders(ids.length)})`;
  await tx.query(sql, [...ids]);
}

function mergedLinks(tx: EntityManager, workItemIds: readonly number[]): Promise<MergedLink[]> {
  return tx.query<MergedLink[]>(
    `SELECT b.workItemId, b.ciId, b.isLead, b.isRemoved, b.boundBy, s.mergedIntoId, i.name FROM bindings b
     JOIN configuration_items s ON s.id = b.ciId JOIN configuration_items i ON i.id = s.mergedIntoId
     WHERE b.workItemId IN (${placeholders(workItemIds.length)}) AND s.mergedIntoId IS NOT NULL
     ORDER BY b.workItemId, b.ciId`,
    [...workItemIds],
  );
}

/** Links to the items that stubs turned out to be, by {@link keyOf}. */
async function linksTo(tx: EntityManager, links: readonly MergedLink[]): Promise<Map<string, Link>> {
  if (links.length === 0) return new Map();
  const workItemIds = [...new Set(links.map(({ workItemId }) => workItemId))];
  const ciIds = [...new Set(links.map(({ mergedIntoId }) => mergedIntoId))];
  const rows = await tx.query<Link[]>(
    `SELECT workItemId, ciId, isLead, isRemoved, boundBy FROM bindings
     WHERE workItemId IN (${placeholders(workItemIds.length)}) AND ciId IN (${placeholders(ciIds.length)})`,
    [...workItemIds, ...ciIds],
  );
  return new Map(rows.map((row) => [keyOf(row.workItemId, row.ciId), row]));
}

/** Answers with the link that stands then. Merges are rare, and each of them is a case of its own. */
async function moveLink(tx: EntityManager, link: MergedLink, other: Link | undefined): Promise<Link> {
  const moved = { ...link, ciId: link.mergedIntoId };
  if (other === undefined || (other.boundBy === 'system' && link.boundBy === 'person')) {
    if (other !== undefined) await remove(tx, other);
    const sql = 'UPDATE bindings SET ciId = ? WHERE workItemId = ? AND ciId = ?';
    await tx.query(sql, [link.mergedIntoId, link.workItemId, link.ciId]);
    return moved;
  }
  await remove(tx, link);
  if (other.boundBy === 'person' || !link.isLead || link.isRemoved) return other;
  const sql = 'UPDATE bindings SET isLead = 1 WHERE workItemId = ? AND ciId = ?';
  await tx.query(sql, [other.workItemId, other.ciId]);
  return { ...other, isLead: 1 };
}

async function remove(tx: EntityManager, { workItemId, ciId }: Link): Promise<void> {
  await tx.query('DELETE FROM bindings WHERE workItemId = ? AND ciId = ?', [workItemId, ciId]);
}

function keyOf(workItemId: number, ciId: string): string {
  return `${workItemId} ${ciId}`;
}
