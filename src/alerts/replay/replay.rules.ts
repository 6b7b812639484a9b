import type { Principal } from '../../auth';
import type { Refusal } from '../../auth/refusal';
import { scopeViolation } from '../../auth/scopes.rules';
import { listingOf, type AllowedApp } from '../../auth/token/access.rules';
import type { Config } from '../../common/config';
import type { FieldError } from '../../common/errors';
import type { Attempt } from '../deliveries/attempts';
import type { DeliverySummary } from '../deliveries/delivery-store';
import type { DeliveryEntity, DeliveryStatus } from '../delivery.entity';
import type { AcceptedDelivery } from '../ingest/ingest-state';
import { checkPayload, faultsOf } from '../payload/check-payload';
import { alertOf, outOfScope } from '../webhook/read-alert';
import type { ReplayResultDto } from './replay.dto';

/** What a stored body is today: an alert, or why it is none. */
export type StoredReading =
  { kind: 'accepted'; delivery: AcceptedDelivery } | { kind: 'refused'; code: string; errors: FieldError[] };

/** The part of a delivery's row that is read again. */
export type StoredDelivery = Pick<DeliveryEntity, 'id' | 'receivedAt' | 'requestId' | 'callerAppId' | 'body'>;

/**
 * Reads a stored body as if its caller posted it now; its time of arrival stays. `entry` is that of the caller on the
 * allowlist. A caller that the guard would turn away is let in no more: one that is disabled or expired may have been
 * misused, and without its scopes nobody knows what it may be about. Its role is not known: that is in the token.
 */
export function readForReplay(
  { id, receivedAt, requestId, callerAppId, body }: StoredDelivery,
  { config, entry, now }: { config: Config; entry: AllowedApp | undefined; now: Date },
): StoredReading {
  const check = checkPayload(JSON.parse(body));
  if (check.kind !== 'common') return { kind: 'refused', code: check.kind, errors: faultsOf(check) };
  const appId = callerAppId ?? '(not known)';
  const listing = listingOf({ appId, entry }, now);
  if (listing.kind === 'refused') return notAllowed(appId, listing);
  const { scopes } = listing.entry;
  const caller = { appId, scopes };
  const alert = alertOf(check.payload, { config, receivedAt, caller });
  const violation = scopeViolation({ allowedApp: listing.entry }, alert);
  if (violation !== null) return { kind: 'refused', code: 'scope_violation', errors: outOfScope(violation) };
  const envelope = { id, receivedAt, requestId: requestId ?? '', callerAppId: appId, callerScopes: scopes, body };
  return { kind: 'accepted', delivery: { kind: 'accepted', ...envelope, alert } };
}

function notAllowed(appId: string, { reason, detail }: Refusal): StoredReading {
  const message = `application ${appId} may not post alerts: ${detail}; change that and replay again`;
  return { kind: 'refused', code: reason, errors: [{ path: 'callerAppId', message }] };
}

/** Whether a delivery has been processed: then a replay changes nothing. */
export function isDone({ status }: Pick<DeliveryEntity, 'status'>): boolean {
  return status === 'processed' || status === 'duplicate';
}

/** Code of a delivery that was given up. */
export const DISMISSED = 'dismissed';

/** Whether a delivery was given up: it stays so until it has been processed. */
export function isDismissed({ status, code }: Pick<DeliveryEntity, 'status' | 'code'>): boolean {
  return status === 'rejected' && code === DISMISSED;
}

/** Who asks for something to be done about a delivery, and by which request. */
export interface AskedBy {
  principal: Principal;
  requestId: string;
}

/** The same as an attempt tells of it. */
export function attemptedBy({ principal }: AskedBy): Pick<Attempt, 'actor' | 'actorName'> {
  const { kind, id, name } = principal;
  return { actor: `${kind}:${id}`.slice(0, 150), actorName: name?.slice(0, 200) ?? null };
}

/** Nothing was done about a delivery: its payload or its row is gone, it was given up, or it can't even be parked. */
export function skipped(
  { id, status, outcome, code: knownCode, alertId }: DeliverySummary,
  { dryRun, code, why }: { dryRun: boolean; code: string; why: string | null },
): ReplayResultDto {
  const standing: Standing = { status, outcome, code: knownCode, workItem: null };
  const nothing = { errors: null, alertId, workItems: [], differs: [], foreseen: null };
  const told = { deliveryId: id, dryRun, outcome: 'skipped', code, error: why } as const;
  return { ...told, ...nothing, before: standing, after: standing };
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
