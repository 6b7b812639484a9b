import type { Config } from '../../common/config';
import type { FieldError } from '../../common/errors';
import type { CommonAlertDto } from '../payload/common-alert.dto';
import { confined, type Caller } from '../rules/confine.rules';
import { normalize } from '../rules/normalize';
import type { NormalizedDelivery } from '../rules/normalized-delivery';

/** What a payload does not say itself; without a caller it is read as if Azure Monitor itself had sent it. */
export interface ReadContext {
  config: Pick<Config, 'tenantId' | 'alertExpiryHours'>;
  receivedAt: Date;
  caller?: Caller;
}

/** What a checked payload tells, as its caller may tell it: the same whenever it is read, for it depends on nothing else. */
export function alertOf(payload: CommonAlertDto, { config, receivedAt, caller }: ReadContext): NormalizedDelivery {
  const { tenantId, alertExpiryHours: expiry } = config;
  const alert = normalize(payload, { tenantId, receivedAt, isRedacted: true, expiry });
  return caller === undefined ? alert : confined(alert, caller);
}

/** The fault of an alert about what its caller may not speak of. */
export function outOfScope(violation: string): FieldError[] {
  return [{ path: 'data.essentials.alertTargetIDs', message: violation }];
}
