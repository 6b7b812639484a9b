import type { ArmReference, NameReference, SearchStep } from './alert-references.rules';
import type { ArmId } from '../identity/arm-id.rules';
import { BINDING_CONFIDENCE, type BindingMethod, type OtherCandidate, type TaskReason } from './binding-evidence.rules';
import type { AlertScopes } from './bound-ci';
import { isContainerCi, isContainerType, isMonitoringType } from '../identity/ci-class.rules';
import { aliasKey, type LookupKey, type NameScope } from '../identity/ci-keys.rules';
import type { CiReference } from './ci-reference';

/** An item of the CMDB as the binding rules see it. */
export interface CiCandidate {
  id: string;
  name: string;
  className: string;
  resourceId: string | null;
  resourceType: string | null;
  subscriptionId: string | null;
  resourceGroup: string | null;
  criticality: number | null;
  /** Whether some other item would be hit with it. */
  hasDependents: boolean;
  supportGroup: string | null;
  environment: string | null;
  tags: Readonly<Record<string, string>>;
  isRetired: boolean;
  isStub: boolean;
  /** When an import or an alert last told of it; of alerts, to the day. */
  lastSeenAt: Date | null;
}

/** What the CMDB found for the lookups of an alert. */
export interface Candidates {
  /** By canonical ARM id. */
  byArmId: ReadonlyMap<string, CiCandidate>;
  /** By the hash of a lookup key. */
  byKey: ReadonlyMap<string, readonly CiCandidate[]>;
}

/** What one reference leads to: an item, a stub to be made, a question to a person, or nothing that an item could be. */
export type Finding =
  | {
      kind: 'item';
      named: Named;
      ci: CiCandidate;
      method: BindingMethod;
      isContainer: boolean;
      others: readonly OtherCandidate[];
    }
  | { kind: 'stub'; named: Named; armId: ArmId; method: BindingMethod; isContainer: boolean }
  | { kind: 'question'; named: Named; reason: TaskReason; candidates: readonly CiCandidate[] }
  | { kind: 'nothing' };

/** A reference, and what its value compares by. */
export interface Named {
  reference: CiReference;
  comparable: string;
}

/** What was found in one place; the first place with a live item ends a search. */
interface Step {
  method: BindingMethod;
  /** Those that may be bound. */
  candidates: readonly CiCandidate[];
  /** Of those found, the nearest to where the alert speaks from. */
  near: readonly CiCandidate[];
  found: readonly CiCandidate[];
  /** Somebody has said that this very value means the item. */
  isSaid: boolean;
  /** More are known by it than were read. */
  isCrowd: boolean;
}

/** Of more in use that have one name not all are known: none of them is told apart from the others. */
export const MAX_TOLD_APART = 100;

/** As many others are kept with a binding. */
const MAX_OTHERS = 10;

/**
 * An ARM id: the item itself, an item that has it as an alias, the nearest known resource that holds it, or else a stub. A stub
 * that holds it does not count as known: what is bound must not depend on which alerts came before. A rule or an alert
 * record never becomes an item; the resource that it is attached to may.
 */
export function findByArmId(named: ArmReference, candidates: Candidates): Finding {
  const { armId, alias, holders } = named;
  const exact = candidates.byArmId.get(armId.key);
  const itself = decide(named, [
    stepOf('arm_id', exact ? [exact] : []),
    { ...stepOf('arm_alias', lookup(candidates, [alias])), isSaid: true },
  ]);
  if (itself !== null) return itself;
  const known = holders.map(({ key }) => candidates.byArmId.get(key));
  const holder = known.find((ci) => ci !== undefined && mayStandIn(ci, armId));
  return holder === undefined ? stubFor(named, candidates) : itemFound(named, holder, 'parent_resource');
}

/**
 * A name, an FQDN or an IP address: in the alert's own resource group or subscription, by alias, by the host part of an FQDN, and
 * last anywhere, if there is only one. Of several in one place, those in the alert's own scopes count. A container counts where
 * nothing else is called so, and never for a machine's name, unless somebody has given it that very value.
 */
export function findByName(named: NameReference, scopes: AlertScopes, candidates: Candidates): Finding {
  const said = aliasKey(named.comparable).hash;
  const steps = named.search.map((search): Step => {
    const isSaid = search.keys.some(({ hash }) => hash === said);
    const all = lookup(candidates, search.keys);
    const isCrowd = all.filter((ci) => !ci.isRetired).length > MAX_TOLD_APART;
    const found = isSaid || isCrowd ? all : meant(all, search, candidates);
    const near = isCrowd ? found : nearest(found, scopes);
    return { method: search.method, candidates: near, near, found, isSaid, isCrowd };
  });
  return (
    decide(named, withoutMereContainers(steps)) ?? { kind: 'question', named, reason: 'unmatched', candidates: [] }
  );
}

/**
 * Null where no step found anything, not even a retired item. Where several are equally good, an alias decides that somebody
 * gave for this very value; else nothing is guessed.
 */
function decide(named: Named, steps: readonly Step[]): Finding | null {
  const first = steps.find((step) => live(step).length > 0);
  const tie = first !== undefined && live(first).length > 1;
  const deciding = tie ? steps.find((step) => step.isSaid && live(step).length === 1) : first;
  const [ci] = deciding === undefined ? [] : live(deciding);
  if (deciding !== undefined && ci !== undefined) {
    return { ...itemFound(named, ci, deciding.method), others: othersOf(steps, { ci, method: deciding.method }) };
  }
  if (first !== undefined) return { kind: 'question', named, reason: 'ambiguous', candidates: live(first) };
  const retired = distinct(steps.flatMap((step) => step.found));
  return retired.length === 0 ? null : { kind: 'question', named, reason: 'retired', candidates: retired };
}

function meant(
  found: readonly CiCandidate[],
  { isMachine, except }: SearchStep,
  candidates: Candidates,
): readonly CiCandidate[] {
  const excepted = lookup(candidates, except === undefined ? [] : [except]);
  // More of them may not have been read.
  if (excepted.filter(({ isRetired }) => !isRetired).length > MAX_TOLD_APART) return [];
  const others = new Set(excepted.map(({ id }) => id));
  return found.filter((ci) => !others.has(ci.id) && !(isMachine && isContainerCi(ci)));
}

function withoutMereContainers(steps: readonly Step[]): readonly Step[] {
  const isBetter = steps.some((step) => live(step).some((ci) => !isContainerCi(ci)));
  if (!isBetter) return steps;
  return steps.map((step) =>
    step.isSaid || step.isCrowd ? step : { ...step, candidates: step.candidates.filter((ci) => !isContainerCi(ci)) },
  );
}

function live({ candidates }: Step): CiCandidate[] {
  return candidates.filter((ci) => !ci.isRetired);
}

/** Each of the others by the best that speaks for it. */
function othersOf(steps: readonly Step[], bound: { ci: CiCandidate; method: BindingMethod }): OtherCandidate[] {
  const others = new Map<string, OtherCandidate>();
  for (const step of steps) {
    const near = new Set(step.near.map(({ id }) => id));
    for (const ci of step.found) {
      if (ci.id === bound.ci.id || others.has(ci.id)) continue;
      const reason = ci.isRetired ? 'retired' : near.has(ci.id) ? 'weaker_evidence' : 'elsewhere';
      const { method } = step;
      others.set(ci.id, { ciId: ci.id, name: ci.name, method, confidence: BINDING_CONFIDENCE[method], reason });
    }
  }
  return [...others.values()].slice(0, MAX_OTHERS);
}

function stepOf(method: BindingMethod, found: readonly CiCandidate[]): Step {
  return { method, candidates: found, near: found, found, isSaid: false, isCrowd: false };
}

function stubFor(named: ArmReference, candidates: Candidates): Finding {
  const armId = [named.armId, ...named.holders].find((id) => !isMonitoringType(id.resourceType));
  if (armId === undefined) return { kind: 'nothing' };
  const method = armId === named.armId ? 'arm_id' : 'parent_resource';
  const existing = candidates.byArmId.get(armId.key);
  if (existing?.isRetired) return { kind: 'question', named, reason: 'retired', candidates: [existing] };
  if (existing !== undefined) return itemFound(named, existing, method);
  return { kind: 'stub', named, armId, method, isContainer: isContainerType(armId.resourceType) };
}

function itemFound(named: Named, ci: CiCandidate, method: BindingMethod): Extract<Finding, { kind: 'item' }> {
  return { kind: 'item', named, ci, method, isContainer: isContainerCi(ci), others: [] };
}

/** Whether an item may be bound in place of a resource that it holds. */
function mayStandIn(ci: CiCandidate, part: ArmId): boolean {
  return !ci.isRetired && !ci.isStub && (!isContainerCi(ci) || isContainerType(part.resourceType));
}

function lookup(candidates: Candidates, keys: readonly LookupKey[]): CiCandidate[] {
  return distinct(keys.flatMap(({ hash }) => candidates.byKey.get(hash) ?? []));
}

/** Of several, those in the alert's own resource groups, else those in its subscriptions, else all. */
function nearest(found: readonly CiCandidate[], scopes: AlertScopes): readonly CiCandidate[] {
  if (found.length < 2) return found;
  const inGroup = found.filter((ci) => scopes.resourceGroups.some((scope) => isIn(ci, scope)));
  if (inGroup.length > 0) return inGroup;
  const inSubscription = found.filter((ci) => scopes.subscriptions.some((scope) => isIn(ci, scope)));
  return inSubscription.length > 0 ? inSubscription : found;
}

function isIn(ci: CiCandidate, scope: NameScope): boolean {
  return (
    ci.subscriptionId?.toLowerCase() === scope.subscriptionId &&
    (scope.resourceGroup === null || ci.resourceGroup?.toLowerCase() === scope.resourceGroup)
  );
}

function distinct(cis: readonly CiCandidate[]): CiCandidate[] {
  return [...new Map(cis.map((ci) => [ci.id, ci])).values()];
}
