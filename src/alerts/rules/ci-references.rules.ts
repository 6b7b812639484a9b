import type { CiReference } from '../../cmdb/binding/ci-reference';
import { objectOf, textOf } from '../payload/json-values';
import { dimensionsOf, pathedTexts } from './alert-parts.rules';
import type { ClassifiedAlert } from './family.rules';

/** More than these can't be looked up for one alert; Azure sends a handful. */
const MAX_REFERENCES = 100;

/** No ARM id, host name or resource name is longer. */
const MAX_LENGTH = 2_048;

/** Dimensions and Prometheus labels that name a configuration item, lower-cased. Source: Azure Monitor, common alert schema. */
const ITEM_NAMES: ReadonlySet<string> = new Set([
  '_resourceid',
  'resourceid',
  'microsoft.resourceid',
  'resource',
  'computer',
]);

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Everything in a payload that may name a configuration item, affected items before targets, each value once whatever its
 * case: the first, which is the more specific one, stays, and is a machine's if any of them is. A budget is no configuration
 * item, so cost alerts have none.
 */
export function ciReferencesOf(alert: ClassifiedAlert): CiReference[] {
  if (alert.family === 'cost') return [];
  const candidates = [...namedItems(alert), ...contextItems(alert), ...targets(alert), ...scopes(alert)];
  const found = new Map<string, CiReference>();
  for (const reference of candidates) {
    const key = reference.value.trim().toLowerCase();
    if (reference.value.length > MAX_LENGTH) continue;
    const first = found.get(key);
    if (first === undefined && found.size === MAX_REFERENCES) continue;
    found.set(key, sameItem(first, reference));
  }
  return [...found.values()];
}

function sameItem(first: CiReference | undefined, reference: CiReference): CiReference {
  if (first === undefined) return reference;
  return reference.isMachine ? { ...first, isMachine: true } : first;
}

/** Azure Backup names the vault here, which merely holds the backups of the affected machine. */
function namedItems({ family, essentials }: ClassifiedAlert): CiReference[] {
  const role = family === 'backup' ? 'target' : 'item';
  return references(essentials.configurationItems, 'data.essentials.configurationItems', role);
}

function targets({ essentials }: ClassifiedAlert): CiReference[] {
  return references(essentials.alertTargetIDs, 'data.essentials.alertTargetIDs', 'target');
}

function contextItems(alert: ClassifiedAlert): CiReference[] {
  const { context } = alert;
  switch (alert.family) {
    case 'metric':
    case 'log-v2':
      return dimensionItems(alert);
    case 'log-v1':
      return [...affectedItems(alert), ...dimensionItems(alert)];
    case 'activity-log':
      return activityItems(alert);
    case 'backup':
      return ['linkedResourceId', 'sourceId'].flatMap((key) => reference(context, key, { at: '', role: 'item' }));
    case 'prometheus':
      return labelItems(alert);
    default:
      return [];
  }
}

/** Before 2020 log alerts named their items in the context only. */
function affectedItems({ context }: ClassifiedAlert): CiReference[] {
  return references(context.AffectedConfigurationItems, 'data.alertContext.AffectedConfigurationItems', 'item');
}

/** A ResourceId may be a GUID of the service's own, which names nothing here. */
function dimensionItems(alert: ClassifiedAlert): CiReference[] {
  return dimensionsOf(alert)
    .filter(({ name, value }) => ITEM_NAMES.has(name.toLowerCase()) && /\S/.test(value) && !GUID.test(value))
    .map(({ name, value, path }) => ({ value, source: path, role: 'item', ...machineIf(name) }));
}

function machineIf(name: string): Pick<CiReference, 'isMachine'> {
  return name.toLowerCase() === 'computer' ? { isMachine: true } : {};
}

/** The resource that autoscale scales, the machine that a security alert is about. */
function activityItems({ context }: ClassifiedAlert): CiReference[] {
  return [
    ...reference(context.properties, 'resourceName', { at: '.properties', role: 'item' }),
    ...reference(context.properties, 'compromisedEntity', { at: '.properties', role: 'item' }),
  ];
}

/** What the operation was done to: most often the target once more, in another case. */
function scopes({ family, context }: ClassifiedAlert): CiReference[] {
  if (family !== 'activity-log') return [];
  return reference(context.authorization, 'scope', { at: '.authorization', role: 'target' });
}

/** The target is the monitor workspace; what is observed is in the labels. Pods and instances come and go: no items. */
function labelItems({ context }: ClassifiedAlert): CiReference[] {
  const labels = objectOf(context.labels);
  const names = Object.keys(labels).filter((name) => ITEM_NAMES.has(name.toLowerCase()) || name === 'cluster');
  return names.flatMap((name) =>
    reference(labels, name, { at: '.labels', role: 'item' }).map((named) => ({ ...named, ...machineIf(name) })),
  );
}

function reference(holder: unknown, key: string, of: { at: string; role: CiReference['role'] }): CiReference[] {
  const value = textOf(objectOf(holder)[key]);
  return value === null ? [] : [{ value, source: `data.alertContext${of.at}.${key}`, role: of.role }];
}

function references(list: unknown, path: string, role: CiReference['role']): CiReference[] {
  return pathedTexts(list, path).map(({ text, path: source }) => ({ value: text, source, role }));
}
