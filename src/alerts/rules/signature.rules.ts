import { hashOf } from '../../common/hash';
import { objectOf, scalarTextOf, textOf } from '../payload/json-values';
import { dimensionsOf, metricNamesOf, ruleOf, textsOf } from './alert-parts.rules';
import { subscriptionIdOf, trackingIdOf } from './episode.rules';
import type { ClassifiedAlert } from './family.rules';

/** Changes when the parts below do, so that old and new signatures never meet by chance. */
const VERSION = 'v1';

/** A text, or a set of texts: the order of targets, dimensions and labels means nothing. */
type Part = string | readonly string[];

/**
 * What recurs: the same rule on the same thing. Equal for Fired and Resolved of an episode and for the rule's next
 * episode on that thing, so it leaves out all that changes between them: values, computed thresholds, times, links.
 * An alert that names nothing at all that could recur gets a signature of its own, by its alertId.
 */
export function signatureOf(alert: ClassifiedAlert): string {
  const parts = partsOf(alert);
  const identifying = parts.some((part) => part.length > 0) ? parts : [alert.essentials.alertId];
  return `${VERSION}-${hashOf(alert.family, ...identifying.map(canonical))}`;
}

function partsOf(alert: ClassifiedAlert): Part[] {
  switch (alert.family) {
    case 'metric':
      return metricParts(alert);
    case 'log-v2':
      return [ruleOrNothing(alert), dimensionSet(alert), targetSet(alert)];
    case 'log-v1':
      return [ruleOrNothing(alert), affectedSet(alert)];
    case 'activity-log':
      return [ruleOrNothing(alert), textOf(alert.context.operationName) ?? '', resourceSet(alert)];
    case 'service-health':
      return serviceHealthParts(alert);
    case 'resource-health':
      return [resourceSet(alert)];
    case 'prometheus':
      return [ruleOrNothing(alert), pairs(Object.entries(objectOf(alert.context.labels)))];
    case 'cost':
      return costParts(alert);
    case 'smart-detector':
    case 'backup':
    case 'other':
      return [ruleOrNothing(alert), thingSet(alert)];
  }
}

/** Azure's own id of rule and time series, equal over all episodes; its hash part may be negative. */
function metricParts(alert: ClassifiedAlert): Part[] {
  const originAlertId = textOf(alert.essentials.originAlertId);
  if (originAlertId !== null) return [originAlertId];
  return [ruleOrNothing(alert), targetSet(alert), metricNamesOf(alert), dimensionSet(alert)];
}

function serviceHealthParts(alert: ClassifiedAlert): Part[] {
  const trackingId = trackingIdOf(alert);
  return trackingId === null ? [] : [subscriptionIdOf(alert) ?? '', trackingId];
}

/** The amount that was configured, not the one that was spent. */
function costParts(alert: ClassifiedAlert): Part[] {
  const budget = objectOf(alert.context.AlertData);
  const fields = [budget.BudgetId ?? budget.BudgetName, budget.ThresholdType, budget.NotificationThresholdAmount];
  return fields.map((field) => scalarTextOf(field) ?? '');
}

function ruleOrNothing(alert: ClassifiedAlert): string {
  return ruleOf(alert) ?? '';
}

function targetSet({ essentials }: ClassifiedAlert): string[] {
  return textsOf(essentials.alertTargetIDs);
}

/** The targets; where there are none, the configuration items. */
function thingSet(alert: ClassifiedAlert): string[] {
  const targets = targetSet(alert);
  return targets.length > 0 ? targets : textsOf(alert.essentials.configurationItems);
}

/** The targets; where there are none, what the operation was done to, and then what is named at all. */
function resourceSet(alert: ClassifiedAlert): string[] {
  const targets = targetSet(alert);
  const scope = textOf(objectOf(alert.context.authorization).scope);
  if (targets.length > 0 || scope === null) return thingSet(alert);
  return [scope];
}

/** The configuration items; before 2020 they were in the context only, and a query that names none has just targets. */
function affectedSet(alert: ClassifiedAlert): string[] {
  const items = textsOf(alert.essentials.configurationItems);
  const affected = items.length > 0 ? items : textsOf(alert.context.AffectedConfigurationItems);
  return affected.length > 0 ? affected : targetSet(alert);
}

function dimensionSet(alert: ClassifiedAlert): string[] {
  return pairs(dimensionsOf(alert).map(({ name, value }) => [name, value]));
}

function pairs(entries: readonly (readonly [string, unknown])[]): string[] {
  return entries.map(([name, value]) => JSON.stringify([name, scalarTextOf(value) ?? '']));
}

function canonical(part: Part): string {
  if (typeof part === 'string') return part.toLowerCase();
  return JSON.stringify([...new Set(part.map((element) => element.toLowerCase()))].sort());
}
