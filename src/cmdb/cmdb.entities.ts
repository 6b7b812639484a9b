import { Binding } from './binding.entity';
import { BindingTask } from './binding-task.entity';
import { CiKey } from './ci-key.entity';
import { ConfigurationItem } from './configuration-item.entity';

export const CMDB_ENTITIES = [ConfigurationItem, CiKey, Binding, BindingTask] as const;
