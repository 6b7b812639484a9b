import type { ExpiryHours } from '../../common/config';
import { eventTimeOf, laterOf } from '../../common/time.rules';
import type { CommonAlertDto } from '../payload/common-alert.dto';
import { type JsonObject, objectOf, textOf } from '../payload/json-values';
import { textsOf } from './alert-parts.rules';
import { ciReferencesOf } from './ci-references.rules';
import { conditionOf } from './condition.rules';
import { deliveryKeyOf, episodeKeyOf, subscriptionIdOf } from './episode.rules';
import { type ClassifiedAlert, classify } from './family.rules';
import type { DeliveryCondition, NormalizedDelivery } from './normalized-delivery';
import { quietMinutesOf } from './quiet.rules';
import { redact } from '../../common/redact.rules';
import { signatureOf } from './signature.rules';
import { titleOf } from './title.rules';
import { urgencyOf } from './urgency.rules';

/** What a delivery doesn't say itself. */
export interface NormalizeContext {
  tenantId: string;
  receivedAt: Date;
  /** The payload has been through `redact` already; saves doing it again. */
  isRedacted?: boolean;
  /** How long stateless alerts may be silent, where that is not a day. */
  expiry?: ExpiryHours;
}

/**
 * Puts a checked payload into our own words. Never throws. Reads the payload as it is stored, that is redacted, so that a
 * replay of the stored delivery gives the same keys; `redact` leaves alone what identifies an alert.
 */
export function normalize(payload: CommonAlertDto, context: NormalizeContext): NormalizedDelivery {
  const { tenantId, receivedAt } = context;
  const { data } = context.isRedacted ? payload : redact(payload);
  const alert = classify(data);
  const condition = conditionOf(alert);
  const episodeKey = episodeKeyOf(alert, tenantId);
  return {
    deliveryKey: deliveryKeyOf(alert, { episodeKey, condition }),
    episodeKey,
    signature: signatureOf(alert),
    condition,
    resolvesSignature: condition === 'resolved' && alert.family === 'resource-health',
    eventAt: eventTime(alert, condition) ?? receivedAt,
    ...wordsOf(alert),
    subscriptionId: subscriptionIdOf(alert),
    quietMinutes: quietMinutesOf(alert, context.expiry),
    urgency: urgencyOf(alert),
    title: titleOf(alert),
    alertContext: alert.context,
    customProperties: customPropertiesOf(alert, objectOf(data.customProperties)),
    ciReferences: ciReferencesOf(alert),
  };
}

type Words = Pick<
  NormalizedDelivery,
  | 'alertId'
  | 'originAlertId'
  | 'alertRule'
  | 'alertRuleId'
  | 'severity'
  | 'signalType'
  | 'monitoringService'
  | 'description'
  | 'targets'
  | 'configurationItems'
>;

/** What is taken over as sent; null where it is absent or blank. */
function wordsOf({ essentials }: ClassifiedAlert): Words {
  return {
    alertId: essentials.alertId,
    originAlertId: textOf(essentials.originAlertId),
    alertRule: textOf(essentials.alertRule),
    alertRuleId: textOf(essentials.alertRuleID) ?? textOf(essentials.alertRuleId),
    severity: textOf(essentials.severity),
    signalType: textOf(essentials.signalType),
    monitoringService: essentials.monitoringService,
    description: textOf(essentials.description),
    targets: textsOf(essentials.alertTargetIDs),
    configurationItems: textsOf(essentials.configurationItems),
  };
}

/**
 * A Resolved keeps the firedDateTime of its Fired, so without a time of its own it happened at the end of the window that
 * was healthy. A health alert that resolves is a new alert of its own: there firedDateTime is the time of the recovery.
 */
function eventTime({ family, essentials, context }: ClassifiedAlert, condition: DeliveryCondition): Date | null {
  const firedAt = eventTimeOf(essentials.firedDateTime);
  if (condition !== 'resolved') return firedAt;
  const ownTime = eventTimeOf(essentials.resolvedDateTime);
  const hasNoWindow = family === 'service-health' || family === 'resource-health';
  const windowEnd = hasNoWindow ? null : eventTimeOf(textOf(objectOf(context.condition).windowEndTime));
  return laterOf(firedAt, ownTime ?? windowEnd);
}

/** Metric and log V2 rules have copied their custom properties into the context since before there was a place of their own. */
function customPropertiesOf({ family, context }: ClassifiedAlert, customProperties: JsonObject): JsonObject {
  const isCopied = family === 'metric' || family === 'log-v2';
  return isCopied ? { ...objectOf(context.properties), ...customProperties } : customProperties;
}
