import { AlertEntity } from '../alerts/alert.entity';
import { DeliveryAttemptEntity } from '../alerts/delivery-attempt.entity';
import { DeliveryEntity } from '../alerts/delivery.entity';
import { AUTH_ENTITIES } from '../auth/auth.entities';
import { CMDB_ENTITIES } from '../cmdb/cmdb.entities';
import { LeaseEntity } from '../common/schedule/lease.entity';
import { RoutingRuleEntity } from '../work-items/routing/routing-rule.entity';
import { TimelineEntryEntity } from '../work-items/timeline-entry.entity';
import { SignatureEntity, WorkItemEntity } from '../work-items/work-item.entity';

/** Every table that the service has. */
export const ENTITIES = [
  ...AUTH_ENTITIES,
  ...CMDB_ENTITIES,
  WorkItemEntity,
  SignatureEntity,
  TimelineEntryEntity,
  RoutingRuleEntity,
  AlertEntity,
  DeliveryEntity,
  DeliveryAttemptEntity,
  LeaseEntity,
];
