import type { EntityManager } from 'typeorm';
import { notFound } from '../../common/errors';
import { isId } from '../../common/ids';
import { BindingTask } from './binding-task.entity';

/** A binding task, open or not, by an id in any letter case; 404 where there is no such task. */
export async function existingTask(manager: EntityManager, text: string): Promise<BindingTask> {
  const id = text.toLowerCase();
  const task = isId(id) ? await manager.findOneBy(BindingTask, { id }) : null;
  if (task === null) throw notFound(`binding task ${text.slice(0, 40)}`);
  return task;
}
