import { Binding } from './binding/binding.entity';
import { CiKey } from './identity/ci-key.entity';
import { ConfigurationItem } from './items/configuration-item.entity';
import { CiRelation } from './relations/ci-relation.entity';
import { BindingTaskKey } from './triage/binding-task-key.entity';
import { BindingTask } from './triage/binding-task.entity';

export const CMDB_ENTITIES = [ConfigurationItem, CiKey, CiRelation, Binding, BindingTask, BindingTaskKey] as const;
