import { STATELESS_FAMILIES, type ExpiryHours } from '../../common/config';
import { objectOf, textOf } from '../payload/json-values';
import type { ClassifiedAlert } from './family.rules';

const DEFAULT_HOURS = 24;

/**
 * How long an alert may go without news until it counts as over, in minutes; null for what never does. Only what has no end
 * of its own expires: the activity log, budgets, old log alerts, one-shot detectors, and Service Health's mere notices.
 * A metric, log (V2), Prometheus or Resource Health alert is over when Azure says so. What Azure Backup and unknown services
 * do is not documented: those stay until somebody resolves them. Source: Azure Monitor documentation, "Types of alerts".
 */
export function quietMinutesOf(alert: ClassifiedAlert, expiry: ExpiryHours = {}): number | null {
  const family = STATELESS_FAMILIES.find((candidate) => candidate === alert.family);
  if (family === undefined || tellsItsEnd(alert)) return null;
  const hours = expiry[family];
  if (hours === null) return null;
  return (hours ?? DEFAULT_HOURS) * 60;
}

/** Service Health events that go through stages end with one; of the smart detectors only Failure Anomalies resolves. */
function tellsItsEnd({ family, context }: ClassifiedAlert): boolean {
  if (family === 'smart-detector') {
    return /failure\s*anomal/i.test(
      `${textOf(context.SmartDetectorId) ?? ''} ${textOf(context.SmartDetectorName) ?? ''}`,
    );
  }
  if (family !== 'service-health') return false;
  const incidentType = textOf(objectOf(context.properties).incidentType) ?? '';
  return !['actionrequired', 'informational'].includes(incidentType.toLowerCase().replace(/\s/g, ''));
}
