import { CharacterSet1764000000000 } from './migrations/1764000000000-character-set';
import { Auth1764000001000 } from './migrations/1764000001000-auth';
import { Cmdb1764000002000 } from './migrations/1764000002000-cmdb';
import { WorkItems1764000003000 } from './migrations/1764000003000-work-items';
import { Alerts1764000004000 } from './migrations/1764000004000-alerts';
import { WorkItemLife1764000005000 } from './migrations/1764000005000-work-item-life';
import { RoutingRules1764000006000 } from './migrations/1764000006000-routing-rules';
import { Search1764000007000 } from './migrations/1764000007000-search';
import { Leases1764000008000 } from './migrations/1764000008000-leases';
import { SignatureFacets1764000008500 } from './migrations/1764000008500-signature-facets';
import { CmdbKnowledge1764000009000 } from './migrations/1764000009000-cmdb-knowledge';
import { SlotTurns1764000009500 } from './migrations/1764000009500-slot-turns';
import { Replay1764000010000 } from './migrations/1764000010000-replay';
import { Retention1764000011000 } from './migrations/1764000011000-retention';
import { AgeClass1764000012000 } from './migrations/1764000012000-age-class';
import { TitleByHand1764000013000 } from './migrations/1764000013000-title-by-hand';
import { RefusedAliases1764000014000 } from './migrations/1764000014000-refused-aliases';
import { GrouplessFacets1764000015000 } from './migrations/1764000015000-groupless-facets';

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
  SignatureFacets1764000008500,
  CmdbKnowledge1764000009000,
  SlotTurns1764000009500,
  Replay1764000010000,
  Retention1764000011000,
  AgeClass1764000012000,
  TitleByHand1764000013000,
  RefusedAliases1764000014000,
  GrouplessFacets1764000015000,
];
