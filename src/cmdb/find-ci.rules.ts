import type { AlertReferences, ArmReference, NameReference } from './alert-references.rules';
import type { ArmId } from './arm-id.rules';
import type { BindingMethod, TaskReason } from './binding-evidence.rules';
import { isContainerCi, isContainerType, isMonitoringType } from './ci-class.rules';
import { aliasKey, hostKey, type LookupKey, nameKey, type NameScope, scopedNameKey } from './ci-keys.rules';
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
  supportGroup: string | null;
  environment: string | null;
  tags: Readonly<Record<string, string>>;
  isRetired: boolean;
  isStub: boolean;
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
  | { kind: 'item'; reference: CiReference; ci: CiCandidate; method: BindingMethod; isContainer: boolean }
  | { kind: 'stub'; reference: CiReference; armId: ArmId; method: BindingMethod; isContainer: boolean }
  | { kind: 'question'; reference: CiReference; reason: TaskReason; candidates: readonly CiCandidate[] }
  | { kind: 'nothing' };

/** What is looked at in one step of a search; the first step that finds a live item ends it. */
interface Step {
  method: BindingMethod;
  candidates: readonly CiCandidate[];
}

/**
 * An ARM id: the item itself, an item that has it as an alias, the nearest known resource that holds it, or else a stub. A stub
 * that holds it does not count as known: what is bound must not depend on which alerts came before. A rule or an alert
 * record never becomes an item; the resource that it is attached to may.
 */
export function findByArmId({ reference, armId, holders }: ArmReference, candidates: Candidates): Finding {
  const exact = candidates.byArmId.get(armId.key);
  const itself = decide(reference, [
    { method: 'arm_id', candidates: exact ? [exact] : [] },
    { method: 'arm_alias', candidates: lookup(candidates, [aliasKey(armId.key)]) },
  ]);
  if (itself !== null) return itself;
  const holder = holders
    .map(({ key }) => candidates.byArmId.get(key))
    .find((ci) => ci !== undefined && mayStandIn(ci, armId));
  return holder === undefined
    ? stubFor(reference, [armId, ...holders], candidates)
    : itemFound(reference, holder, 'parent_resource');
}

/**
 * A name, an FQDN or an IP address: in the alert's own resource group or subscription, by alias, by the host part of an FQDN, and
 * last anywhere, if there is only one.
 */
export function findByName(named: NameReference, alert: AlertReferences, candidates: Candidates): Finding {
  const found = decide(named.reference, stepsOf(named, alert, candidates));
  return found ?? { kind: 'question', reference: named.reference, reason: 'unmatched', candidates: [] };
}

function stepsOf({ name, host }: NameReference, alert: AlertReferences, candidates: Candidates): Step[] {
  const inScope = (spelling: string, scopes: readonly NameScope[]) =>
    lookup(
      candidates,
      scopes.map((scope) => scopedNameKey(spelling, scope)),
    );
  const known = (method: BindingMethod, ...keys: LookupKey[]): Step => ({
    method,
    candidates: nearest(lookup(candidates, keys), alert),
  });
  const steps: Step[] = [
    { method: 'scoped_name', candidates: inScope(name, alert.resourceGroups) },
    { method: 'scoped_name', candidates: inScope(name, alert.subscriptions) },
    known('alias', aliasKey(name)),
  ];
  if (host === null) return [...steps, known('alias', hostKey(name)), known('unique_name', nameKey(name))];
  return [
    ...steps,
    { method: 'alias', candidates: inScope(host, alert.resourceGroups) },
    { method: 'alias', candidates: inScope(host, alert.subscriptions) },
    known('alias', aliasKey(host)),
    known('unique_name', nameKey(name)),
    known('unique_name', nameKey(host)),
  ];
}

/** Null where no step found anything, not even a retired item. */
function decide(reference: CiReference, steps: readonly Step[]): Finding | null {
  for (const { method, candidates } of steps) {
    const live = candidates.filter((ci) => !ci.isRetired);
    if (live.length > 1) return { kind: 'question', reference, reason: 'ambiguous', candidates: live };
    if (live[0] !== undefined) return itemFound(reference, live[0], method);
  }
  const retired = distinct(steps.flatMap((step) => step.candidates));
  return retired.length === 0 ? null : { kind: 'question', reference, reason: 'retired', candidates: retired };
}

function stubFor(reference: CiReference, ids: readonly ArmId[], candidates: Candidates): Finding {
  const armId = ids.find((id) => !isMonitoringType(id.resourceType));
  if (armId === undefined) return { kind: 'nothing' };
  const method = armId === ids[0] ? 'arm_id' : 'parent_resource';
  const existing = candidates.byArmId.get(armId.key);
  if (existing?.isRetired) return { kind: 'question', reference, reason: 'retired', candidates: [existing] };
  if (existing !== undefined) return itemFound(reference, existing, method);
  return { kind: 'stub', reference, armId, method, isContainer: isContainerType(armId.resourceType) };
}

function itemFound(reference: CiReference, ci: CiCandidate, method: BindingMethod): Finding {
  return { kind: 'item', reference, ci, method, isContainer: isContainerCi(ci) };
}

/** Whether an item may be bound in place of a resource that it holds. */
function mayStandIn(ci: CiCandidate, part: ArmId): boolean {
  return !ci.isRetired && !ci.isStub && (!isContainerCi(ci) || isContainerType(part.resourceType));
}

function lookup(candidates: Candidates, keys: readonly LookupKey[]): CiCandidate[] {
  return distinct(keys.flatMap(({ hash }) => candidates.byKey.get(hash) ?? []));
}

/** Of several, those in the alert's own resource groups, else those in its subscriptions, else all. */
function nearest(found: readonly CiCandidate[], alert: AlertReferences): readonly CiCandidate[] {
  if (found.length < 2) return found;
  const inGroup = found.filter((ci) => alert.resourceGroups.some((scope) => isIn(ci, scope)));
  if (inGroup.length > 0) return inGroup;
  const inSubscription = found.filter((ci) => alert.subscriptions.some((scope) => isIn(ci, scope)));
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
