import { objectOf, scalarTextOf, textOf } from '../payload/json-values';
import { dimensionsOf, metricNamesOf, ruleOf, subscriptionOf, textsOf } from '../rules/alert-parts.rules';
import { subscriptionIdOf, trackingIdOf } from '../rules/episode.rules';
import type { ClassifiedAlert } from '../rules/family.rules';

/** Something in a payload that tells what recurs. */
export interface SignaturePart {
  part: string;
  /** Path of the payload field; `[]` = of every element. */
  source: string;
}

const ALERT_ID: SignaturePart = {
  part: 'alert id, as nothing that could recur is named',
  source: essential('alertId'),
};

/** Which parts of a payload its signature was made of, in words: the companion of `signatureOf`. Absent parts are left out. */
export function signaturePartsOf(alert: ClassifiedAlert): SignaturePart[] {
  const parts = partsOf(alert).filter((part) => part !== null);
  return parts.length > 0 ? parts : [ALERT_ID];
}

type Parts = (SignaturePart | null)[];

function partsOf(alert: ClassifiedAlert): Parts {
  switch (alert.family) {
    case 'metric':
      return metricParts(alert);
    case 'log-v2':
      return [rule(alert), ...dimensions(alert), targets(alert)];
    case 'log-v1':
      return [rule(alert), affected(alert)];
    case 'activity-log':
      return [
        rule(alert),
        inContext('operation', 'operationName', textOf(alert.context.operationName)),
        resource(alert),
      ];
    case 'service-health':
      return serviceHealthParts(alert);
    case 'resource-health':
      return [resource(alert)];
    case 'prometheus':
      return [rule(alert), inContext('labels', 'labels', Object.keys(objectOf(alert.context.labels))[0])];
    case 'cost':
      return costParts(alert);
    case 'smart-detector':
    case 'backup':
    case 'other':
      return [rule(alert), thing(alert)];
  }
}

function metricParts(alert: ClassifiedAlert): Parts {
  const part = 'origin alert id, which Azure gives to a rule and a time series';
  if (textOf(alert.essentials.originAlertId) !== null) return [{ part, source: essential('originAlertId') }];
  const metrics = inContext('metric names', 'condition.allOf[].metricName', metricNamesOf(alert)[0]);
  return [rule(alert), targets(alert), metrics, ...dimensions(alert)];
}

function serviceHealthParts(alert: ClassifiedAlert): Parts {
  const trackingId = trackingIdOf(alert);
  if (trackingId === null) return [];
  const tracking = inContext('tracking id of the event', 'properties.trackingId', trackingId);
  if (subscriptionIdOf(alert) === null) return [tracking];
  const inTargets = textsOf(alert.essentials.alertTargetIDs).some((target) => subscriptionOf(target) !== null);
  const source = essential(inTargets ? 'alertTargetIDs' : 'alertId');
  return [{ part: 'subscription', source }, tracking];
}

function costParts({ context }: ClassifiedAlert): Parts {
  const budget = objectOf(context.AlertData);
  const name = (budget.BudgetId ?? null) === null ? 'BudgetName' : 'BudgetId';
  return [
    inContext('budget', `AlertData.${name}`, scalarTextOf(budget[name])),
    inContext('kind of threshold', 'AlertData.ThresholdType', scalarTextOf(budget.ThresholdType)),
    inContext(
      'amount of the threshold',
      'AlertData.NotificationThresholdAmount',
      scalarTextOf(budget.NotificationThresholdAmount),
    ),
  ];
}

function rule(alert: ClassifiedAlert): SignaturePart | null {
  if (ruleOf(alert) === null) return null;
  const fields = ['alertRuleID', 'alertRuleId', 'alertRule'] as const;
  const field = fields.find((each) => textOf(alert.essentials[each]) !== null) ?? 'alertRule';
  return { part: 'alert rule', source: essential(field) };
}

function targets({ essentials }: ClassifiedAlert): SignaturePart | null {
  const named = textsOf(essentials.alertTargetIDs).length > 0;
  return named ? { part: 'targets', source: essential('alertTargetIDs') } : null;
}

function configurationItems({ essentials }: ClassifiedAlert): SignaturePart | null {
  const named = textsOf(essentials.configurationItems).length > 0;
  return named ? { part: 'configuration items', source: essential('configurationItems') } : null;
}

function thing(alert: ClassifiedAlert): SignaturePart | null {
  return targets(alert) ?? configurationItems(alert);
}

function resource(alert: ClassifiedAlert): SignaturePart | null {
  const scope = textOf(objectOf(alert.context.authorization).scope);
  const operatedOn = inContext('what the operation was done to', 'authorization.scope', scope);
  return targets(alert) ?? operatedOn ?? configurationItems(alert);
}

function affected(alert: ClassifiedAlert): SignaturePart | null {
  const inQuery = textsOf(alert.context.AffectedConfigurationItems)[0];
  return (
    configurationItems(alert) ??
    inContext('configuration items', 'AffectedConfigurationItems', inQuery) ??
    targets(alert)
  );
}

/** Both places where dimensions may stand. */
function dimensions(alert: ClassifiedAlert): Parts {
  const paths = new Set(dimensionsOf(alert).map(({ path }) => path.replace(/\[\d+\]/g, '[]')));
  return [...paths].map((source) => ({ part: 'dimensions', source }));
}

function inContext(part: string, path: string, value: string | null | undefined): SignaturePart | null {
  return value === null || value === undefined || value === '' ? null : { part, source: `data.alertContext.${path}` };
}

function essential(name: string): string {
  return `data.essentials.${name}`;
}
