import { scopeViolation } from '../../auth/scopes.rules';
import type { Config } from '../../common/config';
import type { FieldError } from '../../common/errors';
import type { DeliveryEntity, DeliveryStatus } from '../delivery.entity';
import type { AcceptedDelivery } from '../ingest/ingest-state';
import { checkPayload, faultsOf } from '../payload/check-payload';
import { alertOf, outOfScope } from '../webhook/read-alert';

/** What a stored body is today: an alert, or why it is none. */
export type StoredReading =
  { kind: 'accepted'; delivery: AcceptedDelivery } | { kind: 'refused'; code: string; errors: FieldError[] };

/** The part of a delivery's row that is read again. */
export type StoredDelivery = Pick<DeliveryEntity, 'id' | 'receivedAt' | 'requestId' | 'callerAppId' | 'body'>;

/**
 * Reads a stored body as if its caller posted it now; its time of arrival stays. A caller that is on the allowlist no more
 * is let in no more: without its scopes nobody knows what it may be about.
 */
export function readForReplay(
  { id, receivedAt, requestId, callerAppId, body }: StoredDelivery,
  { config, app }: { config: Config; app: { scopes: readonly string[] } | undefined },
): StoredReading {
  const check = checkPayload(JSON.parse(body));
  if (check.kind !== 'common') return { kind: 'refused', code: check.kind, errors: faultsOf(check) };
  if (app === undefined || callerAppId === null) return notAllowed(callerAppId);
  const caller = { appId: callerAppId, scopes: app.scopes };
  const alert = alertOf(check.payload, { config, receivedAt, caller });
  const violation = scopeViolation({ allowedApp: { id: '', scopes: [...app.scopes] } }, alert);
  if (violation !== null) return { kind: 'refused', code: 'scope_violation', errors: outOfScope(violation) };
  const envelope = { id, receivedAt, requestId: requestId ?? '', callerAppId, callerScopes: app.scopes, body };
  return { kind: 'accepted', delivery: { kind: 'accepted', ...envelope, alert } };
}

function notAllowed(callerAppId: string | null): StoredReading {
  const message = `application ${callerAppId ?? '(not known)'} is not on the allowlist; put it back there and replay again`;
  return { kind: 'refused', code: 'app_not_allowed', errors: [{ path: 'callerAppId', message }] };
}

/** Whether a delivery has been processed: then a replay changes nothing. */
export function isDone({ status }: Pick<DeliveryEntity, 'status'>): boolean {
  return status === 'processed' || status === 'duplicate';
}

/** What the record says of a delivery. */
export interface Standing {
  status: DeliveryStatus;
  outcome: string | null;
  code: string | null;
  /** Its number; `(new)` for one that would be opened. */
  workItem: string | null;
}

/** In what a replay would leave a delivery otherwise than it is. */
export function standingDiffers(before: Standing, after: Standing): string[] {
  const fields = ['status', 'outcome', 'code', 'workItem'] as const;
  return fields.filter((field) => before[field] !== after[field]);
}
