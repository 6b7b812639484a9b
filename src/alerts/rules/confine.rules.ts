import { hashOf } from '../../common/hash';
import { AZURE_MONITOR_APP_ID } from '../../common/config';
import { withinScopes } from '../../auth/scopes.rules';
import { deliveryKeyFor } from './episode.rules';
import type { NormalizedDelivery } from './normalized-delivery';

/** What an alert is found by. */
export type AlertKeys = Pick<NormalizedDelivery, 'deliveryKey' | 'episodeKey' | 'signature'>;

/** Who posts, and what their alerts may be about; no scopes = the whole tenant. */
export interface Caller {
  appId: string;
  scopes: readonly string[];
}

/** Azure Monitor's own applications, in the public cloud and in that for US Government: they make the ids that they send. */
const AZURES_OWN: ReadonlySet<string> = new Set([AZURE_MONITOR_APP_ID, 'f1f34126-d4ef-40e1-ad4b-bf5d47b4860d']);

/**
 * Keeps a caller that may post for some scopes only to itself: ids are just text to such a caller, and with those of
 * somebody else's alert it could resolve it, or join its work item. So its alerts meet its own alone, and no id in them
 * names a resource outside of its scopes. Azure Monitor itself speaks for the whole tenant, whatever its scopes are. What
 * is open when a caller gets its first scopes, or loses its last, stays with what the caller was before.
 */
export function confined(alert: NormalizedDelivery, { appId, scopes }: Caller): NormalizedDelivery {
  if (scopes.length === 0 || AZURES_OWN.has(appId)) return alert;
  return {
    ...alert,
    ...ownKeysOf(alert, appId),
    ciReferences: alert.ciReferences.filter(({ value }) => !value.includes('/') || withinScopes(scopes, [value])),
  };
}

/** The keys of an alert that is kept to its caller. */
export function ownKeysOf({ deliveryKey, episodeKey, signature }: AlertKeys, appId: string): AlertKeys {
  return {
    deliveryKey: deliveryKeyFor(appId, deliveryKey),
    episodeKey: hashOf(appId, episodeKey),
    signature: `v1-${hashOf(appId, signature)}`,
  };
}
