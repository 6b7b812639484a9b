import type { Principal } from '../../auth';
import type { WorkItemBindings } from '../../cmdb/binding/attach.rules';
import type { SaidImpact, WorkItemConfigurationItem } from '../../cmdb/binding/bound-ci';
import type { ExplainedRoute, Route } from '../../work-items/routing/route.rules';
import type { TimelineKind } from '../../work-items/work-item.record';
import type { WorkItemEntity } from '../../work-items/work-item.entity';
import type { AlertKeys } from '../rules/confine.rules';
import type { AlertFamily } from '../rules/family.rules';
import type { SignaturePart } from './signature-parts.rules';

/** All that is kept about the way of a work item, as it was read for explaining it. */
export interface Dossier {
  workItem: WorkItemEntity;
  /** Number of the work item that had its signature before. */
  previous: string | null;
  /** What of the timeline tells of decisions, the oldest first. */
  timeline: readonly TimelineFact[];
  /** The delivery that opened it; null = opened by hand, or no longer kept. */
  delivery: OpeningDelivery | null;
  /** How many deliveries its alerts had, repeats among them. */
  deliveries: number;
  alerts: readonly AlertFact[];
  alertsInAll: number;
  /** When the first of its alerts counts as over for want of news, by this service's clock. */
  nextExpiry: Date | null;
  configurationItems: readonly WorkItemConfigurationItem[];
  kept: WorkItemBindings;
  /** What its items say about its impact today. */
  said: SaidImpact;
}

/** Who asks: rules are for managers, callers and requests for administrators. */
export type Reader = Pick<Principal, 'can'>;

/** One entry of the timeline. */
export interface TimelineFact {
  kind: TimelineKind;
  at: Date;
  actor: string;
  summary: string;
  deliveryId: string | null;
  detail: Readonly<Record<string, unknown>>;
}

/** One of its alerts, those that fire first. */
export interface AlertFact {
  id: string;
  partOf: string | null;
  isFiring: boolean;
}

/** The delivery that opened it, without its body. */
export interface OpeningDelivery {
  id: string;
  receivedAt: Date;
  callerAppId: string | null;
  requestId: string | null;
  /** What its body says today; null where it can no longer be read. */
  reading: OpeningReading | null;
}

/** What the body of the opening delivery says, read with the code, the rules and the CMDB of today. */
export interface OpeningReading {
  family: AlertFamily;
  /** Before anything was done to them for its caller or its configuration items. */
  keys: AlertKeys;
  signatureParts: readonly SignaturePart[];
  today: ExplainedRoute;
}

/** What the timeline keeps of the route of the occurrence that opened a work item. */
export type KeptRoute = Omit<Route, 'title' | 'description'>;

/** The steps of an explanation, in their order. */
export const STEPS = [
  'delivery',
  'identity',
  'placement',
  'routing',
  'binding',
  'priority',
  'assignment',
  'state',
] as const;

/** One step on the way from a delivery to what a work item is now. */
export interface Step {
  step: (typeof STEPS)[number];
  /** When it was decided, as far as that is known. */
  at: Date | null;
  summary: string;
  detail: Record<string, unknown> | null;
}

/** Where a value comes from. */
export interface Origin {
  value: string | number | null;
  from:
    | 'person'
    | 'routing_rule'
    | 'configuration_item'
    | 'alert'
    | 'table'
    | 'opened_by_hand'
    | 'default'
    | 'nobody'
    | 'unknown';
  /** Name of the person, or of the rule. */
  by: string | null;
  at: Date | null;
  reason: string;
}
