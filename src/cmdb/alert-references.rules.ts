import { type ArmId, parentsOf, parseArmId } from './arm-id.rules';
import { isContainerType } from './ci-class.rules';
import {
  aliasKey,
  hostKey,
  hostPartOf,
  type LookupKey,
  nameKey,
  type NameScope,
  normalizeName,
  scopedNameKey,
} from './ci-keys.rules';
import type { CiReference } from './ci-reference';

/** A reference by ARM id. */
export interface ArmReference {
  reference: CiReference;
  armId: ArmId;
  /** The resources that hold it, nearest first; neither resource group nor subscription. */
  holders: readonly ArmId[];
}

/** A reference by anything else, normalised. */
export interface NameReference {
  reference: CiReference;
  name: string;
  /** `vm1` of `vm1.corp.example`. */
  host: string | null;
}

/** What one alert says about items, read once. */
export interface AlertReferences {
  arm: readonly ArmReference[];
  /** Without the short names that an ARM id of the same alert already explains: Azure sends both. */
  names: readonly NameReference[];
  /** Resource groups and subscriptions of the ARM ids; a bare name is looked for in these first. */
  resourceGroups: readonly NameScope[];
  subscriptions: readonly NameScope[];
}

/** Everything that has to be looked up for an alert. `arm` holds canonical keys. */
export interface Lookups {
  arm: readonly string[];
  keys: readonly LookupKey[];
}

/** Splits an alert's references into ARM ids and names. Blank values are nothing. */
export function readReferences(references: readonly CiReference[]): AlertReferences {
  const arm = references.flatMap((reference) => armReferenceOf(reference) ?? []);
  const explained = explainedNames(arm);
  const names = references.flatMap((reference) => nameReferenceOf(reference) ?? []);
  return {
    arm,
    names: names.filter(
      ({ name, host }) => !explained.whole.has(name) && !(host !== null && explained.hosts.has(host)),
    ),
    resourceGroups: resourceGroupsOf(arm),
    subscriptions: subscriptionsOf(arm),
  };
}

/** All keys that can matter for binding these references; what they find decides. */
export function lookupsOf(references: AlertReferences): Lookups {
  return {
    arm: references.arm.flatMap(({ armId, holders }) => [armId.key, ...holders.map((holder) => holder.key)]),
    keys: [
      ...references.arm.map(({ armId }) => aliasKey(armId.key)),
      ...references.names.flatMap((name) => keysOfName(name, references)),
    ],
  };
}

function keysOfName({ name, host }: NameReference, { resourceGroups, subscriptions }: AlertReferences): LookupKey[] {
  const scopes = [...resourceGroups, ...subscriptions];
  const spellings = host === null ? [name] : [name, host];
  return [
    ...spellings.flatMap((spelling) => scopes.map((scope) => scopedNameKey(spelling, scope))),
    ...spellings.flatMap((spelling) => [aliasKey(spelling), nameKey(spelling)]),
    ...(host === null ? [hostKey(name)] : []),
  ];
}

function armReferenceOf(reference: CiReference): ArmReference | null {
  const armId = parseArmId(reference.value);
  if (armId === null) return null;
  return { reference, armId, holders: parentsOf(armId).filter((parent) => !parent.isScope) };
}

function nameReferenceOf(reference: CiReference): NameReference | null {
  const name = normalizeName(reference.value);
  if (name === '' || parseArmId(reference.value) !== null) return null;
  return { reference, name, host: hostPartOf(name) };
}

/** A machine's ARM id explains its name and its FQDN; a workspace's explains its own name only, never a host that is called alike. */
function explainedNames(arm: readonly ArmReference[]): { whole: Set<string>; hosts: Set<string> } {
  const ids = arm.flatMap(({ armId, holders }) => [armId, ...holders]);
  const machines = ids.filter((id) => !isContainerType(id.resourceType));
  return {
    whole: new Set(ids.map((id) => id.name.toLowerCase())),
    hosts: new Set(machines.map((id) => id.name.toLowerCase())),
  };
}

function resourceGroupsOf(arm: readonly ArmReference[]): NameScope[] {
  return distinctScopes(
    arm.flatMap(({ armId: { subscriptionId, resourceGroup } }) =>
      subscriptionId !== null && resourceGroup !== null
        ? [{ subscriptionId, resourceGroup: resourceGroup.toLowerCase() }]
        : [],
    ),
  );
}

function subscriptionsOf(arm: readonly ArmReference[]): NameScope[] {
  return distinctScopes(
    arm.flatMap(({ armId: { subscriptionId } }) =>
      subscriptionId === null ? [] : [{ subscriptionId, resourceGroup: null }],
    ),
  );
}

function distinctScopes(scopes: readonly NameScope[]): NameScope[] {
  return [...new Map(scopes.map((scope) => [`${scope.subscriptionId}/${scope.resourceGroup ?? ''}`, scope])).values()];
}
