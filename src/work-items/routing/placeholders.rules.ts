import { parseArmId, type ArmId } from '../../cmdb/identity/arm-id.rules';
import { customPropertyOf, tagOf } from './facts.rules';
import type { RoutingFacts } from './routing-facts';

/** What stands in a placeholder's place; null = the alert has no such thing. */
type Placeholder = (facts: RoutingFacts) => string | null;

const PLACEHOLDERS: ReadonlyMap<string, Placeholder> = new Map<string, Placeholder>([
  ['alert.id', ({ alertId }) => alertId],
  ['alert.rule', ({ alertRule }) => alertRule],
  ['alert.severity', ({ severity }) => severity],
  ['alert.monitoringService', ({ monitoringService }) => monitoringService],
  ['alert.signalType', ({ signalType }) => signalType],
  ['alert.description', ({ description }) => description],
  ['alert.title', ({ title }) => title],
  ['alert.firedAt', ({ firedAt }) => firedAt.toISOString()],
  ['alert.subscriptionId', ({ subscriptionId }) => subscriptionId],
  ['target.name', targetName],
  ['target.id', ({ targets }) => targets[0] ?? null],
  ['target.type', (facts) => targetOf(facts)?.resourceType ?? null],
  ['target.resourceGroup', (facts) => targetOf(facts)?.resourceGroup ?? null],
  ['target.subscriptionId', (facts) => targetOf(facts)?.subscriptionId ?? null],
  ['ci.name', ({ cis }) => cis[0]?.name ?? null],
  ['ci.className', ({ cis }) => cis[0]?.className ?? null],
  ['ci.environment', ({ cis }) => cis[0]?.environment ?? null],
  ['ci.supportGroup', ({ cis }) => cis[0]?.supportGroup ?? null],
]);

/** Those that end in a name of somebody's own choice. */
const FAMILIES: readonly { prefix: string; valueOf: (facts: RoutingFacts, name: string) => string | null }[] = [
  { prefix: 'ci.tags.', valueOf: ({ cis: [ci] }, name) => (ci === undefined ? null : tagOf(ci, name)) },
  { prefix: 'customProperties.', valueOf: customPropertyOf },
];

/** All that a template may name, in words. */
export const KNOWN_PLACEHOLDERS = [...PLACEHOLDERS.keys(), 'ci.tags.<name>', 'customProperties.<key>'].join(', ');

/** What a placeholder of this name stands for; undefined = there is none of this name. Names compare letter by letter. */
export function placeholderOf(name: string): Placeholder | undefined {
  if (/[{}]/.test(name)) return undefined;
  const family = FAMILIES.find(({ prefix }) => name.startsWith(prefix) && name.length > prefix.length);
  if (family === undefined) return PLACEHOLDERS.get(name);
  return (facts) => family.valueOf(facts, name.slice(family.prefix.length));
}

function targetOf({ targets: [first] }: RoutingFacts): ArmId | null {
  return first === undefined ? null : parseArmId(first);
}

/** Where no target is a resource: what the alert is bound to, or what it names itself. */
function targetName(facts: RoutingFacts): string | null {
  const { cis, configurationItems, targets } = facts;
  return targetOf(facts)?.name ?? cis[0]?.name ?? configurationItems[0] ?? targets[0] ?? null;
}
