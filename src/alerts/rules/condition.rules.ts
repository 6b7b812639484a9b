import { type JsonObject, objectOf, textOf } from '../payload/json-values';
import type { ClassifiedAlert } from './family.rules';
import type { DeliveryCondition } from './normalized-delivery';

/** Stages of a Service Health event that end it. */
const ENDING_STAGES: ReadonlySet<string> = new Set(['resolved', 'complete', 'completed', 'canceled', 'cancelled']);

/**
 * What a delivery says about its alert. Azure's health alerts always come as Fired, a recovery too; what they mean is in
 * their context. A condition that is not known counts as fired: an alert too many is better than one lost.
 */
export function conditionOf({ family, essentials, context }: ClassifiedAlert): DeliveryCondition {
  if (family === 'service-health' && isRootCauseAnalysis(context)) return 'note';
  if (isText(essentials.monitorCondition, 'resolved')) return 'resolved';
  if (family === 'service-health') return hasServiceRecovered(context) ? 'resolved' : 'fired';
  if (family === 'resource-health') return hasResourceRecovered(context) ? 'resolved' : 'fired';
  return 'fired';
}

function isRootCauseAnalysis(context: JsonObject): boolean {
  return isText(objectOf(context.properties).stage, 'rca');
}

function hasServiceRecovered(context: JsonObject): boolean {
  const stage = textOf(objectOf(context.properties).stage)?.trim().toLowerCase();
  return (stage !== undefined && ENDING_STAGES.has(stage)) || isText(context.status, 'resolved');
}

function hasResourceRecovered(context: JsonObject): boolean {
  return isText(objectOf(context.properties).currentHealthStatus, 'available') || isText(context.status, 'resolved');
}

function isText(value: unknown, expected: string): boolean {
  return textOf(value)?.trim().toLowerCase() === expected;
}
