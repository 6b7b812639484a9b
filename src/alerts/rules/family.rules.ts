import type { AlertDataDto, EssentialsDto } from '../payload/common-alert.dto';
import { type JsonObject, isJsonObject, objectOf, textOf } from '../payload/json-values';

/** Kinds of alert that are read differently: each has its own context, signature, urgency and evidence. */
export type AlertFamily =
  | 'metric'
  | 'log-v2'
  | 'log-v1'
  | 'activity-log'
  | 'service-health'
  | 'resource-health'
  | 'smart-detector'
  | 'prometheus'
  | 'cost'
  | 'backup'
  | 'other';

/** A payload together with what it is; the rules of this folder take it. */
export interface ClassifiedAlert {
  family: AlertFamily;
  essentials: EssentialsDto;
  /** alertContext; empty where the payload has none. */
  context: JsonObject;
}

/** conditionType, lower-cased. */
const BY_CONDITION_TYPE = familiesBy({
  logquerycriteria: 'log-v2',
  singleresourcemultiplemetriccriteria: 'metric',
  multipleresourcemultiplemetriccriteria: 'metric',
  dynamicthresholdcriteria: 'metric',
  webtestlocationavailabilitycriteria: 'metric',
});

/** monitoringService without blanks, hyphens and case: `Resource Health` and `ResourceHealth` are both in use. */
const BY_SERVICE = familiesBy({
  platform: 'metric',
  logalertsv2: 'log-v2',
  loganalytics: 'log-v1',
  applicationinsights: 'log-v1',
  servicehealth: 'service-health',
  resourcehealth: 'resource-health',
  smartdetector: 'smart-detector',
  prometheus: 'prometheus',
  costalerts: 'cost',
  azurebackup: 'backup',
});

/**
 * Which family a payload belongs to: by the shape of its context, and where that tells nothing by `monitoringService`.
 * The shape comes first because it is what the other rules read: a "Log Analytics" alert with a LogQueryCriteria context
 * exists, and Azure Backup says signalType Log without any query. Source: Azure Monitor documentation, payload samples.
 */
export function classify(data: AlertDataDto): ClassifiedAlert {
  const context = objectOf(data.alertContext);
  return { family: familyOf(data.essentials, context), essentials: data.essentials, context };
}

function familyOf(essentials: EssentialsDto, context: JsonObject): AlertFamily {
  return familyByShape(context) ?? familyByService(essentials.monitoringService);
}

function familyByShape(context: JsonObject): AlertFamily | null {
  const conditionType = textOf(context.conditionType);
  const byCondition = conditionType === null ? undefined : BY_CONDITION_TYPE.get(conditionType.toLowerCase());
  if (byCondition !== undefined) return byCondition;
  if (textOf(context.SearchQuery) !== null) return 'log-v1';
  if (isJsonObject(context.labels) && ('expression' in context || 'ruleGroup' in context)) return 'prometheus';
  if (isJsonObject(context.AlertData)) return 'cost';
  if (textOf(context.SmartDetectorId) !== null) return 'smart-detector';
  return familyByEventSource(context);
}

/** `eventSource` is a word for most of the activity log, and a number for Service Health. */
function familyByEventSource(context: JsonObject): AlertFamily | null {
  if (context.eventSource === undefined || context.eventSource === null) return null;
  const properties = objectOf(context.properties);
  const source = plain(textOf(context.eventSource) ?? '');
  if (source === 'servicehealth' || textOf(properties.trackingId) !== null) return 'service-health';
  if (source === 'resourcehealth' || textOf(properties.currentHealthStatus) !== null) return 'resource-health';
  return source === '' ? null : 'activity-log';
}

function familyByService(monitoringService: string): AlertFamily {
  const service = plain(monitoringService);
  return BY_SERVICE.get(service) ?? (service.startsWith('activitylog') ? 'activity-log' : 'other');
}

function plain(text: string): string {
  return text
    .slice(0, 128)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** A map, not an object: a payload may well say `conditionType: "constructor"`. */
function familiesBy(families: Readonly<Record<string, AlertFamily>>): ReadonlyMap<string, AlertFamily> {
  return new Map(Object.entries(families));
}
