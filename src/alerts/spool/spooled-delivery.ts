import type { Config } from '../../common/config';
import type { Delivery } from '../ingest/ingest.service';
import type { RejectedDelivery } from '../ingest/save-deliveries';
import { checkPayload, faultsOf } from '../payload/check-payload';
import { alertOf } from '../webhook/read-alert';
import type { SpooledDelivery } from './spool-record.rules';

/** A delivery as the spool keeps it. */
export function spooledOf(delivery: Delivery): SpooledDelivery {
  const { id, receivedAt, requestId, callerAppId, callerScopes, body } = delivery;
  const refusal = delivery.kind === 'rejected' ? { code: delivery.code, errors: delivery.errors } : null;
  return { id, receivedAt: receivedAt.toISOString(), requestId, callerAppId, callerScopes, body, refusal };
}

/** The same delivery again, as it was when it came: its time of arrival counts, not that of its reading. */
export function deliveryOf(spooled: SpooledDelivery, config: Config): Delivery {
  const { refusal, receivedAt: time, ...rest } = spooled;
  const receivedAt = new Date(time);
  const envelope = { ...rest, receivedAt };
  if (refusal !== null) {
    return { kind: 'rejected', ...envelope, code: refusal.code as RejectedDelivery['code'], errors: refusal.errors };
  }
  const check = checkPayload(JSON.parse(spooled.body));
  if (check.kind !== 'common') return { kind: 'rejected', ...envelope, code: check.kind, errors: faultsOf(check) };
  const caller = { appId: spooled.callerAppId, scopes: spooled.callerScopes };
  return { kind: 'accepted', ...envelope, alert: alertOf(check.payload, { config, receivedAt, caller }) };
}
