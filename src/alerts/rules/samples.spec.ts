import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkPayload } from '../payload/check-payload';
import { type AlertFamily, classify } from './family.rules';
import { normalize } from './normalize';
import type { DeliveryCondition, Urgency } from './normalized-delivery';

const SAMPLES = join(__dirname, '../../../test/fixtures/azure-monitor');

interface Expectation {
  family: AlertFamily;
  condition: DeliveryCondition;
  eventAt: string;
  urgency: Urgency;
  title: string;
  /** Role and path, without its leading `data.`, of everything that may name a configuration item. */
  references: string[];
}

/** What each published or captured payload is to be understood as. */
const EXPECTED: Record<string, Expectation> = {
  'activity-log-administrative-test-action-fired': {
    family: 'activity-log',
    condition: 'fired',
    eventAt: '2024-12-19T00:16:09.883Z',
    urgency: 3,
    title: 'test-activityLogAlertRule on test-VM',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'activity-log-administrative-vm-restart-fired': {
    family: 'activity-log',
    condition: 'fired',
    eventAt: '2019-03-22T13:57:20.118Z',
    urgency: 3,
    title: 'vm-restarted on wcus-r2-actlog',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'activity-log-autoscale-scale-up-fired': {
    family: 'activity-log',
    condition: 'fired',
    eventAt: '2019-08-21T16:18:20.071Z',
    urgency: 3,
    title: 'vmss-autoscale on testvmss-autoscale',
    references: [
      'item essentials.configurationItems[0]',
      'item alertContext.properties.resourceName',
      'target essentials.alertTargetIDs[0]',
    ],
  },
  'activity-log-policy-audit-fired': {
    family: 'activity-log',
    condition: 'fired',
    eventAt: '2019-08-25T11:13:05.550Z',
    urgency: 2,
    title: 'policy-audit on subscription aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e',
    references: ['target essentials.alertTargetIDs[0]', 'target alertContext.authorization.scope'],
  },
  'activity-log-recommendation-fired': {
    family: 'activity-log',
    condition: 'fired',
    eventAt: '2019-07-17T23:00:57.385Z',
    urgency: 2,
    title: 'Webhhook-test on contoso-res',
    references: ['target essentials.alertTargetIDs[0]'],
  },
  'activity-log-security-antimalware-fired': {
    family: 'activity-log',
    condition: 'fired',
    eventAt: '2019-08-26T09:29:30.221Z',
    urgency: 3,
    title: 'defender-alerts on testVM',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'application-insights-v1-availability-results-fired': {
    family: 'log-v1',
    condition: 'fired',
    eventAt: '2021-10-27T11:34:44.701Z',
    urgency: 3,
    title: 'Exception on xxx-insights',
    references: ['target essentials.alertTargetIDs[0]'],
  },
  'azure-backup-sql-full-backup-missing-fired': {
    family: 'backup',
    condition: 'fired',
    eventAt: '2026-03-13T11:56:13.939Z',
    urgency: 1,
    title: 'Backup Failure on vm-sql-prod-02',
    references: [
      'target essentials.configurationItems[0]',
      'item alertContext.linkedResourceId',
      'item alertContext.sourceId',
      'target essentials.alertTargetIDs[0]',
    ],
  },
  'cost-budget-actual-test-action-fired': {
    family: 'cost',
    condition: 'fired',
    eventAt: '2024-12-18T23:56:32.646Z',
    urgency: 3,
    title: 'Budget Test_actual_cost_budget: Actual over $25.00',
    references: [],
  },
  'cost-budget-delivery-confirmation-fired': {
    family: 'cost',
    condition: 'fired',
    eventAt: '2025-04-15T17:49:34.022Z',
    urgency: 3,
    title: 'Budget Test_forcasted_budget: delivery confirmation',
    references: [],
  },
  'cost-budget-forecast-null-condition-fired': {
    family: 'cost',
    condition: 'fired',
    eventAt: '2022-12-07T21:13:29.576Z',
    urgency: 3,
    title: 'Budget Test_forcasted_budget: Forecasted over $50.00',
    references: [],
  },
  'cost-budget-forecast-test-action-fired': {
    family: 'cost',
    condition: 'fired',
    eventAt: '2024-12-18T23:56:22.485Z',
    urgency: 3,
    title: 'Budget Test_forcasted_budget: Forecasted over $50.00',
    references: [],
  },
  'log-alerts-v2-adf-dimension-fired': {
    family: 'log-v2',
    condition: 'fired',
    eventAt: '2025-03-29T08:17:32.832Z',
    urgency: 1,
    title: 'alert-adf-rule-002 on MyCONTOSOADF001 (PipelineName: batch_account_java)',
    references: ['item essentials.configurationItems[0]'],
  },
  'log-alerts-v2-adf-dimension-resolved': {
    family: 'log-v2',
    condition: 'resolved',
    eventAt: '2025-03-29T08:33:02.117Z',
    urgency: 1,
    title: 'alert-adf-rule-002 on MyCONTOSOADF001 (PipelineName: batch_account_java)',
    references: ['item essentials.configurationItems[0]'],
  },
  'log-alerts-v2-adf-no-dimension-fired': {
    family: 'log-v2',
    condition: 'fired',
    eventAt: '2025-03-27T16:32:34.612Z',
    urgency: 3,
    title: 'alert-adf-rule-002 on MyCONTOSOADF001',
    references: ['item essentials.configurationItems[0]'],
  },
  'log-alerts-v2-app-insights-exception-fired': {
    family: 'log-v2',
    condition: 'fired',
    eventAt: '2021-10-26T09:35:13.507Z',
    urgency: 1,
    title: 'ExceptionMonitoring on ai-yyy-prod',
    references: ['item essentials.configurationItems[0]'],
  },
  'log-alerts-v2-heartbeat-dimension-fired': {
    family: 'log-v2',
    condition: 'fired',
    eventAt: '2021-11-16T11:47:41.472Z',
    urgency: 3,
    title: 'test-logAlertRule-v2 on test-computer (InstanceName: cpu0)',
    references: [
      'item essentials.configurationItems[0]',
      'item alertContext.condition.allOf[0].dimensions[2].value',
      'target essentials.alertTargetIDs[0]',
    ],
  },
  'log-alerts-v2-heartbeat-test-action-2022-fired': {
    family: 'log-v2',
    condition: 'fired',
    eventAt: '2022-11-23T16:21:24.565Z',
    urgency: 3,
    title: 'test-logAlertRule-v2 on test-computer',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'log-alerts-v2-windows-service-stopped-fired': {
    family: 'log-v2',
    condition: 'fired',
    eventAt: '2023-02-16T18:17:35.202Z',
    urgency: 1,
    title:
      'FsLogix - Service is Stopped on AVD-DEV-0.corp.example (SvcDisplayName: FSLogix Apps Services, SvcName: frxsvc)',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'log-analytics-two-computers-fired': {
    family: 'log-v2',
    condition: 'fired',
    eventAt: '2025-05-05T12:05:00.000Z',
    urgency: 1,
    title: 'High CPU on Windows Servers on vm-app01 and 1 more',
    references: [
      'item essentials.configurationItems[0]',
      'item essentials.configurationItems[1]',
      'target essentials.alertTargetIDs[0]',
    ],
  },
  'log-analytics-v1-metric-measurement-test-action-2022-fired': {
    family: 'log-v1',
    condition: 'fired',
    eventAt: '2022-11-23T16:31:12.512Z',
    urgency: 3,
    title: 'test-logAlertRule-v1-metricMeasurement on test-logAnalyticsWorkspace',
    references: ['target essentials.alertTargetIDs[0]'],
  },
  'log-analytics-v1-metric-measurement-test-action-fired': {
    family: 'log-v1',
    condition: 'fired',
    eventAt: '2024-12-18T23:55:53.801Z',
    urgency: 3,
    title: 'test-logAlertRule-v1-metricMeasurement on test-logAnalyticsWorkspace',
    references: ['target essentials.alertTargetIDs[0]'],
  },
  'log-analytics-v1-number-of-results-test-action-fired': {
    family: 'log-v1',
    condition: 'fired',
    eventAt: '2024-12-18T23:55:43.823Z',
    urgency: 3,
    title: 'test-logAlertRule-v1-numResults on test-computer',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'log-analytics-v1-perf-us-dates-fired': {
    family: 'log-v1',
    condition: 'fired',
    eventAt: '2019-03-22T13:52:09.118Z',
    urgency: 2,
    title: 'cpu-avg-by-computer on INC-Gen2Alert',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'log-analytics-v1-service-stopped-fired': {
    family: 'log-v1',
    condition: 'fired',
    eventAt: '2019-09-14T02:48:39.876Z',
    urgency: 2,
    title: 'Service Stopped on FS01.Sandlot.dom',
    references: ['item alertContext.AffectedConfigurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-adf-pipeline-failed-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2025-03-27T16:03:50.743Z',
    urgency: 3,
    title: 'alert-adf-rule-001 on mycontosoadf001',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-dynamic-egress-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2021-07-20T05:13:51.662Z',
    urgency: 3,
    title: 'storage-egress-anomaly on contosostore',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-dynamic-egress-resolved': {
    family: 'metric',
    condition: 'resolved',
    eventAt: '2021-07-20T05:28:51.004Z',
    urgency: 3,
    title: 'storage-egress-anomaly on contosostore',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-dynamic-test-action-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2024-12-18T21:31:58.613Z',
    urgency: 3,
    title: 'test-dynamicMetricAlertRule on test-storageAccount',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-heartbeat-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2025-05-05T12:00:00.000Z',
    urgency: 2,
    title: 'Computer Late Heartbeat Alert on vm-web01',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-heartbeat-resolved': {
    family: 'metric',
    condition: 'resolved',
    eventAt: '2025-05-05T12:15:00.000Z',
    urgency: 2,
    title: 'Computer Late Heartbeat Alert on vm-web01',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-multi-resource-cpu-episode-1-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2023-02-15T14:25:23.687Z',
    urgency: 1,
    title: 'Error on datacenter2019',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-multi-resource-cpu-episode-1-resolved': {
    family: 'metric',
    condition: 'resolved',
    eventAt: '2023-02-15T14:58:22.190Z',
    urgency: 1,
    title: 'Error on datacenter2019',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-multi-resource-cpu-episode-2-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2023-02-15T16:05:29.951Z',
    urgency: 1,
    title: 'Error on datacenter2019',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-multi-resource-cpu-episode-2-resolved': {
    family: 'metric',
    condition: 'resolved',
    eventAt: '2023-02-15T16:12:26.804Z',
    urgency: 1,
    title: 'Error on datacenter2019',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-redacted-resolved': {
    family: 'metric',
    condition: 'resolved',
    eventAt: '2020-04-20T13:22:58.659Z',
    urgency: 3,
    title: 'RULE on ID',
    references: ['item alertContext.condition.allOf[0].dimensions[0].value'],
  },
  'platform-metric-static-cpu-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2019-03-22T13:58:24.371Z',
    urgency: 3,
    title: 'WCUS-R2-Gen2 on wcus-r2-gen2',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-static-cpu-resolved': {
    family: 'metric',
    condition: 'resolved',
    eventAt: '2019-03-22T14:03:16.224Z',
    urgency: 3,
    title: 'WCUS-R2-Gen2 on wcus-r2-gen2',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-static-test-action-2022-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2022-11-07T12:13:31.365Z',
    urgency: 3,
    title: 'test-metricAlertRule on test-storageAccount (ApiName: GetBlob)',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-static-test-action-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2024-12-18T22:31:30.972Z',
    urgency: 3,
    title: 'test-metricAlertRule on test-storageAccount (ApiName: GetBlob)',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-vm-availability-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2026-06-12T01:13:01.949Z',
    urgency: 3,
    title: 'vm availability - example-vm on example-vm',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-vm-availability-resolved': {
    family: 'metric',
    condition: 'resolved',
    eventAt: '2026-06-12T01:13:01.949Z',
    urgency: 3,
    title: 'vm availability - example-vm on example-vm',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'platform-metric-webtest-test-action-fired': {
    family: 'metric',
    condition: 'fired',
    eventAt: '2024-12-19T00:19:33.801Z',
    urgency: 3,
    title: 'test-availabilityTest-test-applicationInsights on test-applicationInsights',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'prometheus-node-cpu-fired': {
    family: 'prometheus',
    condition: 'fired',
    eventAt: '2022-11-08T08:01:02.392Z',
    urgency: 3,
    title:
      'RecommendedCIAlerts-aks0001/Average node CPU utilization is greater than 80% on aks0001 (instance: aks-agentpool-27465642-vmss000000)',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'prometheus-node-cpu-resolved': {
    family: 'prometheus',
    condition: 'resolved',
    eventAt: '2022-11-08T08:16:04.110Z',
    urgency: 3,
    title:
      'RecommendedCIAlerts-aks0001/Average node CPU utilization is greater than 80% on aks0001 (instance: aks-agentpool-27465642-vmss000000)',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'prometheus-pod-crash-loop-fired': {
    family: 'prometheus',
    condition: 'fired',
    eventAt: '2026-05-27T16:00:00.000Z',
    urgency: 2,
    title: 'KubePodCrashLooping on prod-aks (namespace: payments, pod: payments-7d9f-xyz)',
    references: [
      'item essentials.configurationItems[0]',
      'item alertContext.labels.microsoft.resourceid',
      'target essentials.alertTargetIDs[0]',
    ],
  },
  'resource-health-test-action-fired': {
    family: 'resource-health',
    condition: 'fired',
    eventAt: '2024-12-18T23:29:56.214Z',
    urgency: 3,
    title: 'test-ResourceHealthAlertRule on test-VM',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'resource-health-vm-deallocated-fired': {
    family: 'resource-health',
    condition: 'fired',
    eventAt: '2019-06-24T15:45:41.339Z',
    urgency: 3,
    title: 'vm-health on wcus-r2-gen2',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'resource-health-vm-recovered-fired': {
    family: 'resource-health',
    condition: 'resolved',
    eventAt: '2019-06-24T16:22:25.004Z',
    urgency: 3,
    title: 'vm-health on wcus-r2-gen2',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'service-health-activitylog-nospace-fired': {
    family: 'service-health',
    condition: 'resolved',
    eventAt: '2025-04-15T18:20:36.256Z',
    urgency: 1,
    title: 'TestActionGroup-TestServiceHealthAlert',
    references: ['target essentials.alertTargetIDs[0]'],
  },
  'service-health-incident-html-fired': {
    family: 'service-health',
    condition: 'resolved',
    eventAt: '2021-11-17T05:34:48.062Z',
    urgency: 1,
    title: 'Test Action Group - Test Service Health Alert',
    references: ['target essentials.alertTargetIDs[0]'],
  },
  'service-health-maintenance-planned-fired': {
    family: 'service-health',
    condition: 'fired',
    eventAt: '2019-06-24T11:31:40.992Z',
    urgency: 3,
    title: 'Azure Synapse Analytics Scheduled Maintenance Pending',
    references: ['target essentials.alertTargetIDs[0]'],
  },
  'service-health-test-action-fired': {
    family: 'service-health',
    condition: 'resolved',
    eventAt: '2024-12-18T23:30:08.974Z',
    urgency: 1,
    title: 'Test Action Group - Test Service Health Alert',
    references: ['target essentials.alertTargetIDs[0]'],
  },
  'simple-log-alert-exception-fired': {
    family: 'log-v2',
    condition: 'fired',
    eventAt: '2020-07-09T13:55:02.447Z',
    urgency: 2,
    title: 'orders-exceptions-per-row on contoso-ai',
    references: ['item essentials.configurationItems[0]'],
  },
  'smart-detector-dependency-latency-test-action-fired': {
    family: 'smart-detector',
    condition: 'fired',
    eventAt: '2021-10-28T19:09:09.111Z',
    urgency: 3,
    title: 'test-SmartAlertRule on test-applicationInsights',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'smart-detector-failure-anomalies-fired': {
    family: 'smart-detector',
    condition: 'fired',
    eventAt: '2019-10-30T17:52:32.580Z',
    urgency: 3,
    title: 'Failure Anomalies - test-rule on test-rule',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'smart-detector-failure-anomalies-resolved': {
    family: 'smart-detector',
    condition: 'resolved',
    eventAt: '2019-10-30T18:25:26.444Z',
    urgency: 3,
    title: 'Failure Anomalies - test-rule on test-rule',
    references: ['item essentials.configurationItems[0]', 'target essentials.alertTargetIDs[0]'],
  },
  'unknown-service-fired': {
    family: 'other',
    condition: 'fired',
    eventAt: '2026-05-27T17:00:00.000Z',
    urgency: 3,
    title: 'Future signal type on thing-1',
    references: ['item essentials.configurationItems[0]'],
  },
};

function payloadOf(name: string) {
  const check = checkPayload(JSON.parse(readFileSync(join(SAMPLES, `${name}.json`), 'utf8')));
  if (check.kind !== 'common') throw new Error(`${name} was refused: ${JSON.stringify(check)}`);
  return check.payload;
}

describe('the sample payloads', () => {
  it('all have an expectation', () => {
    const names = readdirSync(SAMPLES).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
    expect(Object.keys(EXPECTED)).toEqual(names);
  });

  it.each(Object.entries(EXPECTED))('%s is understood', (name, expected) => {
    const payload = payloadOf(name);
    const delivery = normalize(payload, { tenantId: 'tenant', receivedAt: new Date(0) });
    expect({
      family: classify(payload.data).family,
      condition: delivery.condition,
      eventAt: delivery.eventAt.toISOString(),
      urgency: delivery.urgency,
      title: delivery.title,
      references: delivery.ciReferences.map(({ role, source }) => `${role} ${source.replace(/^data\./, '')}`),
    }).toEqual(expected);
  });
});
