import { isJsonObject, listOf, objectOf, scalarTextOf, textOf } from '../payload/json-values';
import type { ClassifiedAlert } from './family.rules';

/** One `{name, value}` of a rule's dimensions, with the path that leads to its value. */
export interface Dimension {
  name: string;
  value: string;
  path: string;
}

/** The texts of a list with the path of each; null and blank elements name nothing. */
export function pathedTexts(value: unknown, path: string): { text: string; path: string }[] {
  return listOf(value).flatMap((element, index) => {
    const text = textOf(element);
    return text === null ? [] : [{ text, path: `${path}[${index}]` }];
  });
}

/** The texts of a list. */
export function textsOf(value: unknown): string[] {
  return listOf(value).flatMap((element) => textOf(element) ?? []);
}

/** The dimensions of every criterion of a metric or log V2 alert, and the one list that log V1 has. */
export function dimensionsOf({ context }: ClassifiedAlert): Dimension[] {
  const criteria = listOf(objectOf(context.condition).allOf);
  const path = 'data.alertContext';
  return [
    ...criteria.flatMap((criterion, index) =>
      readDimensions(objectOf(criterion).dimensions, `${path}.condition.allOf[${index}].dimensions`),
    ),
    ...readDimensions(context.Dimensions, `${path}.Dimensions`),
  ];
}

/** Metric names of all criteria of a metric alert. */
export function metricNamesOf({ context }: ClassifiedAlert): string[] {
  return listOf(objectOf(context.condition).allOf).flatMap((criterion) => textOf(objectOf(criterion).metricName) ?? []);
}

/** The rule's ARM id, else its name; two rules of one name differ by their ids only. */
export function ruleOf({ essentials }: ClassifiedAlert): string | null {
  return textOf(essentials.alertRuleID) ?? textOf(essentials.alertRuleId) ?? textOf(essentials.alertRule);
}

/** Lower-case subscription of an ARM id (a GUID, or what stands in its place), or null. */
export function subscriptionOf(armId: string | null | undefined): string | null {
  const [, subscription] = /^\/subscriptions\/([^/]{1,64})(?:\/|$)/i.exec(armId ?? '') ?? [];
  return subscription?.toLowerCase() ?? null;
}

/** The last part of an ARM id, which names the resource; any other text is its own name. */
export function nameOf(reference: string): string {
  if (!reference.startsWith('/')) return reference;
  const end = reference.endsWith('/') ? reference.length - 1 : reference.length;
  return reference.slice(reference.lastIndexOf('/', end - 1) + 1, end) || reference;
}

function readDimensions(value: unknown, path: string): Dimension[] {
  return listOf(value).flatMap((element, index) => {
    if (!isJsonObject(element)) return [];
    const name = scalarTextOf(element.name);
    return name === null ? [] : [{ name, value: scalarTextOf(element.value) ?? '', path: `${path}[${index}].value` }];
  });
}
