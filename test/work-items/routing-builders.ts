import type { RoutingCi, RoutingFacts } from '../../src/work-items/routing/routing-facts';
import type { RoutingRule } from '../../src/work-items/routing/routing-rule';

export const SUBSCRIPTION = '11111111-0000-4000-8000-000000000001';
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/db`;
export const TARGET = `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm1`;

/** What is known of a metric alert about a machine that the CMDB holds. */
export function someFacts(facts: Partial<RoutingFacts> = {}): RoutingFacts {
  return {
    alertId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/a1`,
    alertRule: 'db-cpu',
    severity: 'Sev3',
    signalType: 'Metric',
    monitoringService: 'Platform',
    description: 'It is hot.',
    title: 'db-cpu on vm1',
    firedAt: new Date('2026-01-31T12:00:00.000Z'),
    subscriptionId: SUBSCRIPTION,
    targets: [TARGET],
    configurationItems: ['vm1'],
    customProperties: { team: 'dba', tier: 1 },
    cis: [aCi()],
    ...facts,
  };
}

/** A machine of the CMDB. */
export function aCi(ci: Partial<RoutingCi> = {}): RoutingCi {
  return {
    name: 'vm1',
    className: 'cmdb_ci_vm_instance',
    environment: 'prod',
    supportGroup: 'dba',
    tags: { env: 'prod', Owner: 'dba' },
    ...ci,
  };
}

/** A rule for everything that says nothing. */
export function aRule(rule: Partial<RoutingRule> = {}): RoutingRule {
  return { id: 'r', position: 10, name: 'rule', enabled: true, version: 1, match: {}, actions: {}, ...rule };
}
