import { NewConfigurationItemDto } from './configuration-item.dto';

/**
 * What to change of a configuration item; what is absent stays. Null empties a field, or gives it what follows from the
 * resource id, and leaves it to the next import. A new `resourceId` says that Azure has moved or renamed the resource.
 */
export class ConfigurationItemChangesDto extends NewConfigurationItemDto {}
