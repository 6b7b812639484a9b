import type { CiReference } from '../../cmdb/binding/ci-reference';

/** 1 is worst. */
export type Urgency = 1 | 2 | 3;

/**
 * `fired` or `resolved` by what the family tells it with, which need not be Azure's `monitorCondition`; `note` adds to the
 * story and changes no condition (a Service Health root cause analysis).
 */
export type DeliveryCondition = 'fired' | 'resolved' | 'note';

/** A delivery of the common alert schema in our own words; past this point Azure's wire names are gone. */
export interface NormalizedDelivery {
  /** Which delivery: equal for every repeat of it. 8 hex digits of its time and 56 of a hash over episode, alertId, condition and both times as sent. */
  deliveryKey: string;
  /** Which episode: 64 hex digits over tenant and lower-cased alertId (Service Health: subscription and trackingId). */
  episodeKey: string;
  /** What recurs: `v1-` and 64 hex digits, per family. */
  signature: string;
  condition: DeliveryCondition;
  /** True where a Resolved tells that the thing itself is well again, so that, as an orphan, it ends every earlier alert of its signature (Resource Health). */
  resolvesSignature: boolean;
  /** When this condition came to be, from the payload; the time of arrival only where the payload has no time at all. */
  eventAt: Date;
  /** Azure's id as sent. */
  alertId: string;
  originAlertId: string | null;
  alertRule: string | null;
  alertRuleId: string | null;
  severity: string | null;
  signalType: string | null;
  monitoringService: string;
  /** Lower-case GUID (or what stands in its place) of the first target, else of alertId; null where there is none. */
  subscriptionId: string | null;
  /** How long without news until it counts as over; null where its end is told. */
  quietMinutes: number | null;
  urgency: Urgency;
  /** One line for a person, at most 200 characters: what is wrong with what. */
  title: string;
  description: string | null;
  /** alertTargetIDs as sent. */
  targets: string[];
  /** configurationItems as sent. */
  configurationItems: string[];
  /** Redacted. */
  alertContext: Record<string, unknown>;
  /** data.customProperties, and under it a log rule's alertContext.properties where they are its custom properties. */
  customProperties: Record<string, unknown>;
  ciReferences: CiReference[];
  /** Where it is one configuration item's part of an alert: the episode key of that alert. */
  partOf?: string;
}
