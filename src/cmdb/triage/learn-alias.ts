import type { EntityManager } from 'typeorm';
import type { AuditWriter } from '../../audit/audit-writer';
import { sqlTime } from '../../common/sql';
import { checkFree, checkRoom, isOwnArmId } from '../items/alias-store';
import { type AliasOrigin, aliasOf } from '../items/alias.rules';
import { type ChangedBy, saidByPerson } from '../items/changed-by';
import { toConfigurationItemDto } from '../items/configuration-item.dto';
import type { ItemRecord } from '../items/configuration-item.entity';
import { aliasAdded, originOf } from '../items/item-changes.rules';
import { saveItems } from '../items/item-store';
import type { BindingTask } from './binding-task.entity';

/** What is taught: that the value of a task means an item. The caller holds the item's lock. */
export interface Lesson {
  item: ItemRecord;
  task: Pick<BindingTask, 'id' | 'value' | 'valueHash'>;
  by: ChangedBy;
  now: Date;
  audit: AuditWriter;
}

/**
 * Makes the value of a task an alias of an item, and has all open tasks that wait for the value looked at again. 409 where another
 * item in use is known by it. Answers false where the item has been known by it before.
 */
export async function learnAlias(tx: EntityManager, lesson: Lesson): Promise<boolean> {
  const { item, task } = lesson;
  await markWaiting(tx, lesson);
  const isKnown = isOwnArmId(item, task.value) || aliasOf(item.aliases, task.value) !== undefined;
  if (!isKnown) await teach(tx, lesson);
  await checkFree(tx, item, [task.value]);
  return !isKnown;
}

async function teach(tx: EntityManager, { item, task, by, now, audit }: Lesson): Promise<void> {
  checkRoom(item);
  const saying = saidByPerson(by, now);
  const origin: AliasOrigin = { ...originOf(saying), source: 'learned', taskId: task.id };
  const after = aliasAdded(item, { value: task.value, origin }, saying);
  await saveItems(tx, { inserted: [], updated: [after], now });
  await audit.write(tx, {
    ...by,
    action: 'configuration_item.alias_learned',
    subject: { type: 'configuration_item', id: item.id },
    before: toConfigurationItemDto(item),
    after: toConfigurationItemDto(after),
  });
}

/** All that wait for the value are looked at again, also those of which it was not kept what they wait for. */
async function markWaiting(tx: EntityManager, { task, now }: Lesson): Promise<void> {
  const isWaiting = "valueHash = ? AND status = 'open' AND id <> ?";
  await tx.query(`UPDATE binding_tasks SET checkAt = ? WHERE ${isWaiting}`, [sqlTime(now), task.valueHash, task.id]);
}
