import type { EntityManager } from 'typeorm';
import { newId } from '../common/ids';
import { locksAreLocal } from '../common/service-data-source';
import { insertRows, placeholders, sqlTime } from '../common/sql';
import { LOOKED_UP, slicesOf } from '../common/slices';

/**
 * What one transaction decides comes after what another one decided who took the same turn: both write the row of a lease that
 * nobody holds. The second one waits for the first; from another node of a cluster it can't, fails at its commit and runs again.
 */
export async function takeTurn(tx: EntityManager, name: string): Promise<void> {
  const past = sqlTime(new Date(0));
  // Another holder each time: a row that would be as it was is not written, and the cluster would not notice.
  const holder = newId();
  await tx.query('UPDATE leases SET holder = ?, expiresAt = ? WHERE name = ?', [holder, past, name]);
  const rows = await tx.query<unknown[]>('SELECT name FROM leases WHERE name = ?', [name]);
  if (rows.length > 0) return;
  await tx.query('INSERT INTO leases (name, holder, expiresAt) VALUES (?, ?, ?)', [name, holder, past]);
}

/**
 * Contends for keys, by which items are found or are told apart: who gives them to items does before it asks who waits for them,
 * and so does who decides by what items there are. Where locks end at the node, those of the items and their keys can't be waited
 * for: rows that stand for the keys are written and taken back, and of two transactions that do so for one key only one can
 * commit. Elsewhere the locks are enough, and nothing is sent.
 */
export async function contendForKeys(tx: EntityManager, keys: readonly string[]): Promise<void> {
  if (!locksAreLocal(tx)) return;
  for (const slice of slicesOf([...new Set(keys)].sort(), LOOKED_UP)) {
    await insertRows(
      tx,
      'ci_keys',
      ['keyHash', 'ciId', 'kind'],
      slice.map((key) => [key, NO_ITEM, 'name']),
    );
    await tx.query(`DELETE FROM ci_keys WHERE ciId = ? AND keyHash IN (${placeholders(slice.length)})`, [
      NO_ITEM,
      ...slice,
    ]);
  }
}

const NO_ITEM = '';
