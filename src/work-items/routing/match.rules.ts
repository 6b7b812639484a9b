import { holdOne, placesOf, withinScopes } from '../../auth/scopes.rules';
import { isRedacted } from '../../common/redact-text.rules';
import { oneLine } from '../../common/text.rules';
import { customPropertyOf, tagOf } from './facts.rules';
import { matchesGlob } from './glob.rules';
import type { RoutingFacts } from './routing-facts';
import type { RoutingMatch } from './routing-rule';

/**
 * What is read of a value: no rule asks for a longer one, nor could a reason show it. A payload may have a megabyte in one
 * field, and each rule that is passed over looks at it and says why.
 */
const MAX_READ = 1_000;

/** Says why a condition does not hold. */
type Mismatch = () => string;

/** Null = it holds, or is not given. */
type Condition = (match: RoutingMatch, facts: RoutingFacts) => Mismatch | null;

const CONDITIONS: readonly Condition[] = [
  ({ severity }, facts) => listMismatch('severity', facts.severity, severity),
  ({ monitoringService }, facts) => listMismatch('monitoringService', facts.monitoringService, monitoringService),
  scopeMismatch,
  alertRuleMismatch,
  ciClassMismatch,
  ciTagMismatch,
  customPropertyMismatch,
];

/**
 * Whether a rule is for an alert. Every condition that is given must hold, and what an alert does not have fulfils none: an alert
 * without a rule does not match `alertRule: "*"`.
 */
export function matches(match: RoutingMatch, facts: RoutingFacts): boolean {
  return firstMismatch(match, facts) === null;
}

/** Why it is not, in words such as `severity Sev3 is none of Sev0, Sev1`; null = it is. */
export function mismatchOf(match: RoutingMatch, facts: RoutingFacts): string | null {
  return firstMismatch(match, facts)?.() ?? null;
}

function firstMismatch(match: RoutingMatch, facts: RoutingFacts): Mismatch | null {
  for (const condition of CONDITIONS) {
    const mismatch = condition(match, facts);
    if (mismatch !== null) return mismatch;
  }
  return null;
}

/** A subscription, or a resource group of one. Source: Azure Resource Manager, naming rules of resource groups. */
const SCOPE = /^\/subscriptions\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/resourceGroups\/[^/]{1,90})?\/?$/i;

/** Whether a text can be a scope: the id of a subscription or a resource group that some ARM id may lie in. */
export function isScope(text: string): boolean {
  return SCOPE.test(text) && withinScopes([text], [text]);
}

function listMismatch(name: string, value: string | null, wanted: readonly string[] | undefined): Mismatch | null {
  if (wanted === undefined) return null;
  const found = value?.slice(0, MAX_READ).toLowerCase();
  return wanted.some((each) => each.toLowerCase() === found)
    ? null
    : () => `${name} ${shown(value)} is none of ${listed(wanted)}`;
}

/** What is looked at of an alert's targets: Azure sends a handful. */
const MAX_TARGETS = 100;

/** One target within one of the scopes is enough. An alert without targets is where its id is. */
function scopeMismatch({ scope }: RoutingMatch, facts: RoutingFacts): Mismatch | null {
  if (scope === undefined || placesOfTargets(facts).some((places) => holdOne(scope, places))) return null;
  return () => `${listed(targetsOf(facts))} lies within none of ${listed(scope)}`;
}

function targetsOf({ targets, alertId }: RoutingFacts): readonly string[] {
  return targets.length > 0 ? targets.slice(0, MAX_TARGETS) : [alertId];
}

/** By the facts of an alert, which many rules ask about. */
const PLACES = new WeakMap<RoutingFacts, readonly (readonly string[])[]>();

function placesOfTargets(facts: RoutingFacts): readonly (readonly string[])[] {
  const known = PLACES.get(facts);
  if (known !== undefined) return known;
  const places = targetsOf(facts).map(placesOf);
  PLACES.set(facts, places);
  return places;
}

function alertRuleMismatch({ alertRule: pattern }: RoutingMatch, { alertRule }: RoutingFacts): Mismatch | null {
  if (pattern === undefined || (alertRule !== null && matchesGlob(pattern, alertRule))) return null;
  return () => `alertRule ${shown(alertRule)} does not match ${shown(pattern)}`;
}

/** Classes compare letter by letter, as in the CMDB. */
function ciClassMismatch({ ciClass }: RoutingMatch, { cis }: RoutingFacts): Mismatch | null {
  if (ciClass === undefined || cis.some(({ className }) => ciClass.includes(className))) return null;
  if (cis.length === 0) return () => `it is bound to no configuration item of the classes ${listed(ciClass)}`;
  return () => `ciClass ${listed(cis.map(({ className }) => className))} is none of ${listed(ciClass)}`;
}

/** One and the same item must have all the tags. */
function ciTagMismatch({ ciTag }: RoutingMatch, { cis }: RoutingFacts): Mismatch | null {
  if (ciTag === undefined) return null;
  const wanted = Object.entries(ciTag);
  if (cis.some((ci) => wanted.every(([name, value]) => tagOf(ci, name) === value))) return null;
  return () => `it is bound to no configuration item with ${pairs(wanted)}`;
}

/** Keys compare letter by letter; numbers and booleans as their text. What redaction has taken something out of is no value to compare. */
function customPropertyMismatch({ customProperty }: RoutingMatch, facts: RoutingFacts): Mismatch | null {
  for (const [key, value] of Object.entries(customProperty ?? {})) {
    const found = customPropertyOf(facts, key);
    const wanted = String(value);
    if (found !== wanted || isRedacted(found))
      return () => `customProperty ${shown(key)} is ${shown(found)}, not ${shown(wanted)}`;
  }
  return null;
}

const MAX_SHOWN = 5;

/** Values are cut: a reason is one line of a log. */
function shown(value: string | null): string {
  return value === null ? '(none)' : oneLine(value.slice(0, MAX_READ), 200);
}

function listed(values: readonly string[]): string {
  const more = values.length > MAX_SHOWN ? ` and ${values.length - MAX_SHOWN} more` : '';
  return `${values.slice(0, MAX_SHOWN).map(shown).join(', ')}${more}`;
}

function pairs(wanted: readonly (readonly [string, string])[]): string {
  return listed(wanted.map(([name, value]) => `${name} = ${value}`));
}
