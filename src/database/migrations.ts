import { CharacterSet1764000000000 } from './migrations/1764000000000-character-set';
import { Auth1764000001000 } from './migrations/1764000001000-auth';
import { Cmdb1764000002000 } from './migrations/1764000002000-cmdb';
import { WorkItems1764000003000 } from './migrations/1764000003000-work-items';
import { Alerts1764000004000 } from './migrations/1764000004000-alerts';
import { WorkItemLife1764000005000 } from './migrations/1764000005000-work-item-life';
import { RoutingRules1764000006000 } from './migrations/1764000006000-routing-rules';
import { Search1764000007000 } from './migrations/1764000007000-search';
import { Leases1764000008000 } from './migrations/1764000008000-leases';

/** Every migration, oldest first. One set serves SQLite, MySQL and MariaDB. */
export const MIGRATIONS = [
  CharacterSet1764000000000,
  Auth1764000001000,
  Cmdb1764000002000,
  WorkItems1764000003000,
  Alerts1764000004000,
  WorkItemLife1764000005000,
  RoutingRules1764000006000,
  Search1764000007000,
  Leases1764000008000,
];
