import { oneLine, withoutHtml } from '../../common/text.rules';
import { objectOf, scalarTextOf, textOf } from '../payload/json-values';
import { dimensionsOf, nameOf, textsOf } from './alert-parts.rules';
import { trackingIdOf } from './episode.rules';
import type { ClassifiedAlert } from './family.rules';
import type { NormalizedDelivery } from './normalized-delivery';

/** Characters of a title. */
const MAX_LENGTH = 200;

/** What of a rule's name stays, however long that is what it is about. */
const MIN_RULE = 80;

/** What is read of a field; what lies beyond could not be shown anyway. */
const MAX_READ = 1_000;

/** Dimensions shown beside the thing, most a title can bear. */
const MAX_DETAILS = 3;

/** Prometheus labels that say which part of a cluster it is, from large to small. */
const PLACE_LABELS = ['namespace', 'pod', 'instance'];

/**
 * One line for the person who is woken: the rule, the thing, and the dimensions that set it apart from its siblings, such
 * as `cpu-high on vm1 (Disk: C:)`. Built of what recurs only, so that it is the same for Fired and Resolved; plain text,
 * without HTML or control characters, at most 200 characters.
 */
export function titleOf(alert: ClassifiedAlert): string {
  return plain(specialTitle(alert) ?? ruleTitle(alert));
}

/** The same for one configuration item's part of an alert. */
export function partTitleOf(
  { alertRule, monitoringService }: Pick<NormalizedDelivery, 'alertRule' | 'monitoringService'>,
  name: string,
): string {
  return plain(ruleAbout(alertRule ?? monitoringService, ` on ${name}`));
}

function specialTitle(alert: ClassifiedAlert): string | null {
  if (alert.family === 'service-health') return serviceHealthTitle(alert);
  return alert.family === 'cost' ? budgetTitle(alert) : null;
}

function serviceHealthTitle(alert: ClassifiedAlert): string | null {
  const { title, incidentType } = objectOf(alert.context.properties);
  const trackingId = trackingIdOf(alert);
  if (textOf(title) !== null) return textOf(title);
  return trackingId === null ? null : `Service Health ${textOf(incidentType) ?? 'event'} ${trackingId}`;
}

function budgetTitle({ essentials, context }: ClassifiedAlert): string | null {
  const budget = objectOf(context.AlertData);
  const name = textOf(budget.BudgetName);
  if (name === null) return null;
  if (/^\s*delivery confirmation\b/i.test(essentials.description ?? '')) return `Budget ${name}: delivery confirmation`;
  const threshold = scalarTextOf(budget.NotificationThresholdAmount) ?? scalarTextOf(budget.BudgetThreshold);
  const kind = textOf(budget.ThresholdType) ?? 'Spending';
  return threshold === null ? `Budget ${name}: ${kind}` : `Budget ${name}: ${kind} over ${threshold}`;
}

function ruleTitle(alert: ClassifiedAlert): string {
  const { essentials } = alert;
  const rule =
    textOf(essentials.alertRule) ?? textOf(essentials.description) ?? `${essentials.monitoringService} alert`;
  const thing = thingOf(alert);
  const details = detailsOf(alert, thing);
  return ruleAbout(rule, `${thing === null ? '' : ` on ${thing}`}${details}`);
}

/** Where both are too long the rule's name gives way: what is wrong helps nobody who is not told with what. */
function ruleAbout(rule: string, rest: string): string {
  const read = rule.slice(0, MAX_READ);
  if (rest === '') return read;
  return `${oneLine(withoutHtml(read), Math.max(MIN_RULE, MAX_LENGTH - 1 - plain(rest).length))}${rest}`;
}

/** The name of the first affected item, else of the first target, and how many more there are. */
function thingOf(alert: ClassifiedAlert): string | null {
  const [first, ...others] = thingsOf(alert);
  if (first === undefined) return null;
  const isSubscription = /^\/subscriptions\/[^/]*\/?$/i.test(first);
  const name = `${isSubscription ? 'subscription ' : ''}${nameOf(first)}`.slice(0, MAX_READ);
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}

/** Azure Backup names the vault as its item; log alerts of before 2020 named theirs in the context. */
function thingsOf({ family, essentials, context }: ClassifiedAlert): string[] {
  const machine = family === 'backup' ? (textOf(context.linkedResourceName) ?? textOf(context.linkedResourceId)) : null;
  const candidates = [[machine], essentials.configurationItems, context.AffectedConfigurationItems];
  return candidates.map(textsOf).find((things) => things.length > 0) ?? textsOf(essentials.alertTargetIDs);
}

function detailsOf(alert: ClassifiedAlert, thing: string | null): string {
  const details = alert.family === 'prometheus' ? placeOf(alert) : distinguishingDimensions(alert, thing);
  const shown = details.slice(0, MAX_DETAILS).map(({ name, value }) => `${name}: ${value}`.slice(0, MAX_LENGTH));
  return shown.length === 0 ? '' : ` (${shown.join(', ')})`;
}

/** Not those that only name the thing again or hold an id; sorted, as their order in the payload means nothing. */
function distinguishingDimensions(alert: ClassifiedAlert, thing: string | null): { name: string; value: string }[] {
  return dimensionsOf(alert)
    .filter(({ name, value }) => value !== '' && value !== thing && !/resourceid$/i.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function placeOf({ context }: ClassifiedAlert): { name: string; value: string }[] {
  const labels = objectOf(context.labels);
  return PLACE_LABELS.flatMap((name) => {
    const value = textOf(labels[name]);
    return value === null ? [] : [{ name, value }];
  });
}

function plain(text: string): string {
  return oneLine(withoutHtml(text.slice(0, 4 * MAX_READ)), MAX_LENGTH);
}
