import { COMMON_SCHEMA_ID } from './common-alert.dto';
import { type JsonObject, isJsonObject, jsonTypeOf } from './json-values';

const REMEDY = 'Switch on "Enable the common alert schema" for this action in the action group.';

/** The values of `schemaId` that action groups send while the common alert schema is off, lower-cased. */
const KNOWN_SCHEMAS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    azuremonitormetricalert: 'a metric alert in its own schema (AzureMonitorMetricAlert)',
    'microsoft.insights/activitylogs': 'an activity log alert in its own schema (Microsoft.Insights/activityLogs)',
    'microsoft.insights/logalert': 'a log alert in its own schema (Microsoft.Insights/LogAlert)',
    'aip budget notification': 'a budget notification in its own schema (AIP Budget Notification)',
  }),
);

/** Bodies without a known `schemaId`, told by the members that each has; the first that fits names the body. */
const KNOWN_SHAPES: readonly { name: string; fits: (body: JsonObject) => boolean }[] = [
  { name: 'a CloudEvents event', fits: (body) => 'specversion' in body },
  {
    name: 'an alert as the Azure Resource Manager API returns it (properties.essentials)',
    fits: (body) => isJsonObject(body.properties) && isJsonObject(body.properties.essentials),
  },
  { name: 'a log alert in its own schema', fits: (body) => 'AlertRuleName' in body && 'SearchQuery' in body },
  { name: 'a classic alert', fits: (body) => 'status' in body && isJsonObject(body.context) },
  { name: 'an alert wrapped twice (data.data)', fits: isWrappedTwice },
  { name: 'an Event Grid event', fits: (body) => 'eventType' in body && 'subject' in body },
];

/**
 * Says what a body is that is not the common alert schema, and what to do about it; null if it is that schema, or is so
 * near to it that its faulty fields can be named. Names no value of the body but the schemas that are known here.
 */
export function foreignSchemaOf(body: unknown): string | null {
  if (!isJsonObject(body)) return detail(Array.isArray(body) ? arrayName(body) : `${jsonTypeOf(body)}, not an object`);
  if (hasEssentials(body) && isCommonOrAbsent(body.schemaId)) return null;
  if (body.schemaId === COMMON_SCHEMA_ID)
    return isWrappedTwice(body) ? detail('an alert wrapped twice (data.data)') : null;
  if (typeof body.schemaId === 'string' && body.schemaId !== '') return detail(schemaName(body, body.schemaId));
  return detail(shapeName(body));
}

function detail(name: string): string {
  return `The body is ${name}, not the common alert schema. ${REMEDY}`;
}

function arrayName(body: readonly unknown[]): string {
  const first = body[0];
  return isJsonObject(first) && 'eventType' in first ? 'an array of Event Grid events' : 'an array';
}

function schemaName(body: JsonObject, schemaId: string): string {
  const name =
    KNOWN_SCHEMAS.get(schemaId.slice(0, 64).toLowerCase()) ?? 'of another schema (its schemaId is not known)';
  return isWrappedTwice(body) ? `${name}, wrapped twice (data.data)` : name;
}

function shapeName(body: JsonObject): string {
  return KNOWN_SHAPES.find((shape) => shape.fits(body))?.name ?? 'JSON of another kind (it has no schemaId)';
}

/** Anything but the name of another schema; a body with essentials but without this field is faulty, not foreign. */
function isCommonOrAbsent(schemaId: unknown): boolean {
  return schemaId === COMMON_SCHEMA_ID || schemaId === '' || typeof schemaId !== 'string';
}

/** The portal's Test button did this to some samples. */
function isWrappedTwice(body: JsonObject): boolean {
  return isJsonObject(body.data) && isJsonObject(body.data.data);
}

function hasEssentials(body: JsonObject): boolean {
  return isJsonObject(body.data) && isJsonObject(body.data.essentials);
}
