import type { EntityManager } from 'typeorm';
import { insertRows } from '../common/sql';
import { CiKey } from './ci-key.entity';
import { keysOf } from './ci-keys.rules';
import type { ConfigurationItem } from './configuration-item.entity';

/** Makes an item findable by what it is called now, and by nothing else. Whoever changes a name, alias or scope calls it. */
export async function replaceKeys(tx: EntityManager, item: ConfigurationItem): Promise<void> {
  await tx.delete(CiKey, { ciId: item.id });
  const rows = keysOf(item).map((key) => [key.hash, item.id, key.kind]);
  await insertRows(tx, 'ci_keys', ['keyHash', 'ciId', 'kind'], rows);
}
