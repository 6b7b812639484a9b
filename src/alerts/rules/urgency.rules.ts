import { objectOf, scalarTextOf } from '../payload/json-values';
import type { ClassifiedAlert } from './family.rules';
import type { Urgency } from './normalized-delivery';

type Scale = Readonly<Record<string, Urgency>>;

const SEVERITY: Scale = { sev0: 1, sev1: 1, sev2: 2, sev3: 3, sev4: 3 };

/**
 * Azure names its severities Sev0 Critical, Sev1 Error, Sev2 Warning, Sev3 Informational, Sev4 Verbose, so a level counts
 * as the severity of its name. The numbers are .NET's EventLevel, which Service Health sends.
 */
const LEVEL: Scale = {
  critical: 1,
  error: 1,
  warning: 2,
  informational: 3,
  verbose: 3,
  1: 1,
  2: 1,
  3: 2,
  4: 3,
  5: 3,
};

/** Defender's severity of a security alert, Advisor's impact of a recommendation. */
const GRADE: Scale = { critical: 1, high: 1, medium: 2, low: 3, informational: 3 };

/** An outage or a breach is now; an action has a date; planned maintenance and news are only announced. */
const INCIDENT_TYPE: Scale = { incident: 1, security: 1, actionrequired: 2, maintenance: 3, informational: 3 };

const HEALTH_STATUS: Scale = { unavailable: 1, degraded: 2, unknown: 3, available: 3 };

/**
 * How urgent an alert is. Its severity says so, except in the activity-log family, which is always Sev4: there the event
 * itself says. Should Azure give such an alert a worse severity one day, the worse of the two holds.
 */
export function urgencyOf(alert: ClassifiedAlert): Urgency {
  const bySeverity = on(SEVERITY, alert.essentials.severity) ?? 3;
  const byEvent = urgencyOfEvent(alert) ?? 3;
  return bySeverity <= byEvent ? bySeverity : byEvent;
}

function urgencyOfEvent({ family, context }: ClassifiedAlert): Urgency | null {
  const properties = objectOf(context.properties);
  const byLevel = on(LEVEL, context.level);
  if (family === 'service-health') return on(INCIDENT_TYPE, properties.incidentType) ?? byLevel;
  if (family === 'resource-health') return urgencyOfHealth(properties) ?? byLevel;
  if (family === 'activity-log') return gradeOf(properties) ?? byLevel;
  return null;
}

/** A machine that somebody has stopped is unavailable too, as it was meant to be. */
function urgencyOfHealth({ cause, currentHealthStatus }: Readonly<Record<string, unknown>>): Urgency | null {
  const isWanted = scalarTextOf(cause)?.trim().toLowerCase() === 'userinitiated';
  return isWanted ? 3 : on(HEALTH_STATUS, currentHealthStatus);
}

/** A security alert and a recommendation are informational to the activity log, whatever they report. */
function gradeOf(properties: Readonly<Record<string, unknown>>): Urgency | null {
  return on(GRADE, properties.severity) ?? on(GRADE, properties.recommendationImpact);
}

function on(scale: Scale, value: unknown): Urgency | null {
  const step = scalarTextOf(value)?.trim().toLowerCase();
  return step !== undefined && Object.hasOwn(scale, step) ? (scale[step] ?? null) : null;
}
