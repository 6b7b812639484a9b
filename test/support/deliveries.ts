import type { Delivery } from '../../src/alerts/ingest/ingest.service';
import { deliveryOf } from '../../src/alerts/spool/spooled-delivery';
import { CONFIG, type Config } from '../../src/common/config';
import { newId } from '../../src/common/ids';
import type { TestApp } from './test-app';

/** A payload as the queue is given it, out of a request or out of the spool. */
export function aDelivery({ app }: TestApp, payload: object): Delivery {
  const [id, requestId, callerAppId, receivedAt] = [newId(), newId(), newId(), new Date().toISOString()];
  const envelope = { id, receivedAt, requestId, callerAppId, callerScopes: [], refusal: null };
  return deliveryOf({ ...envelope, body: JSON.stringify(payload) }, app.get<Config>(CONFIG));
}
