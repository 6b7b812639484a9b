import 'reflect-metadata';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommonAlertDto } from '../../src/alerts/payload/common-alert.dto';
import { normalize } from '../../src/alerts/rules/normalize';
import type { AlertBinding } from '../../src/cmdb/binding/bound-ci';
import type { CmdbService } from '../../src/cmdb/cmdb.service';
import { aCmdbService, NOW, putItems, vmId } from './cmdb-builders';
import { type CmdbDatabase, openCmdbDatabase } from './cmdb-database';

const SAMPLES = join(__dirname, '../fixtures/azure-monitor');
const DOCS = 'aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e';
const TEST = '11111111-1111-1111-1111-111111111111';
const SERVERS = '00000000-0000-0000-0000-000000000000';

/** `name method confidence` of the primary item first, `~` before an affected one, `?` before a value that stays open. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'activity-log-administrative-test-action-fired': ['test-VM arm_id 100'],
  'activity-log-administrative-vm-restart-fired': ['wcus-r2-actlog arm_id 100'],
  'activity-log-autoscale-scale-up-fired': ['alexademo arm_id 100'],
  'activity-log-policy-audit-fired': [
    'aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e arm_id 100',
    '~20000000-0000-4000-8000-000000000002 arm_id 100',
  ],
  'activity-log-recommendation-fired': ['contoso-res arm_id 100'],
  'activity-log-security-antimalware-fired': ['testvm arm_id 100'],
  'application-insights-v1-availability-results-fired': ['xxx-insights arm_id 100'],
  'azure-backup-sql-full-backup-missing-fired': ['vm-sql-prod-02 arm_id 100'],
  'cost-budget-actual-test-action-fired': [],
  'cost-budget-delivery-confirmation-fired': [],
  'cost-budget-forecast-null-condition-fired': [],
  'cost-budget-forecast-test-action-fired': [],
  'log-alerts-v2-adf-dimension-fired': ['MyCONTOSOADF001 arm_id 100'],
  'log-alerts-v2-adf-dimension-resolved': ['MyCONTOSOADF001 arm_id 100'],
  'log-alerts-v2-adf-no-dimension-fired': ['MyCONTOSOADF001 arm_id 100'],
  'log-alerts-v2-app-insights-exception-fired': ['ai-yyy-prod arm_id 100'],
  'log-alerts-v2-heartbeat-dimension-fired': [
    'Test-Computer scoped_name 75',
    '?/test/test/test/test/se/tset/set/s/et/test/test/test unmatched',
  ],
  'log-alerts-v2-heartbeat-test-action-2022-fired': ['Test-Computer scoped_name 75'],
  'log-alerts-v2-windows-service-stopped-fired': ['avd-dev-0 alias 70'],
  'log-analytics-two-computers-fired': ['vm-app01 scoped_name 75', '~vm-app02 scoped_name 75'],
  'log-analytics-v1-metric-measurement-test-action-2022-fired': ['test-logAnalyticsWorkspace arm_id 100'],
  'log-analytics-v1-metric-measurement-test-action-fired': ['test-logAnalyticsWorkspace arm_id 100'],
  'log-analytics-v1-number-of-results-test-action-fired': ['Test-Computer scoped_name 75'],
  'log-analytics-v1-perf-us-dates-fired': ['~test arm_id 100', '?INC-Gen2Alert ambiguous'],
  'log-analytics-v1-service-stopped-fired': ['File server 1 alias 70'],
  'platform-metric-adf-pipeline-failed-fired': ['MyCONTOSOADF001 arm_id 100'],
  'platform-metric-dynamic-egress-fired': ['contosostore arm_id 100'],
  'platform-metric-dynamic-egress-resolved': ['contosostore arm_id 100'],
  'platform-metric-dynamic-test-action-fired': ['test-storageAccount arm_id 100'],
  'platform-metric-heartbeat-fired': [
    '?/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/rg-servers/providers/microsoft.compute/virtualmachines/vm-web01 retired',
  ],
  'platform-metric-heartbeat-resolved': [
    '?/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/rg-servers/providers/microsoft.compute/virtualmachines/vm-web01 retired',
  ],
  'platform-metric-multi-resource-cpu-episode-1-fired': ['datacenter2019 arm_id 100'],
  'platform-metric-multi-resource-cpu-episode-1-resolved': ['datacenter2019 arm_id 100'],
  'platform-metric-multi-resource-cpu-episode-2-fired': ['datacenter2019 arm_id 100'],
  'platform-metric-multi-resource-cpu-episode-2-resolved': ['datacenter2019 arm_id 100'],
  'platform-metric-redacted-resolved': ['?ID unmatched'],
  'platform-metric-static-cpu-fired': ['wcus-r2-gen2 arm_id 100'],
  'platform-metric-static-cpu-resolved': ['wcus-r2-gen2 arm_id 100'],
  'platform-metric-static-test-action-2022-fired': ['test-storageAccount arm_id 100'],
  'platform-metric-static-test-action-fired': ['test-storageAccount arm_id 100'],
  'platform-metric-vm-availability-fired': ['example-vm arm_id 100'],
  'platform-metric-vm-availability-resolved': ['example-vm arm_id 100'],
  'platform-metric-webtest-test-action-fired': ['test-applicationInsights arm_id 100'],
  'prometheus-node-cpu-fired': ['aks0001 scoped_name 75'],
  'prometheus-node-cpu-resolved': ['aks0001 scoped_name 75'],
  'prometheus-pod-crash-loop-fired': ['prod-aks arm_id 100'],
  'resource-health-test-action-fired': ['test-VM arm_id 100'],
  'resource-health-vm-deallocated-fired': ['wcus-r2-gen2 arm_id 100'],
  'resource-health-vm-recovered-fired': ['wcus-r2-gen2 arm_id 100'],
  'service-health-activitylog-nospace-fired': ['11111111-1111-1111-1111-111111111111 arm_id 100'],
  'service-health-incident-html-fired': ['11111111-1111-1111-1111-111111111111 arm_id 100'],
  'service-health-maintenance-planned-fired': ['aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e arm_id 100'],
  'service-health-test-action-fired': ['11111111-1111-1111-1111-111111111111 arm_id 100'],
  'simple-log-alert-exception-fired': ['contoso-ai arm_id 100'],
  'smart-detector-dependency-latency-test-action-fired': ['test-applicationInsights arm_id 100'],
  'smart-detector-failure-anomalies-fired': ['test-rule arm_id 100'],
  'smart-detector-failure-anomalies-resolved': ['test-rule arm_id 100'],
  'unknown-service-fired': ['thing-1 unique_name 60'],
};

describe('each sample payload', () => {
  let database: CmdbDatabase;
  let cmdb: CmdbService;

  beforeAll(async () => {
    database = await openCmdbDatabase('sqlite');
    cmdb = aCmdbService(database.dataSource);
    await putItems(database.dataSource.manager, [
      { name: 'Test-Computer', subscriptionId: TEST, resourceGroup: 'test-rg' },
      { resourceId: vmId('avd-dev-0', 'avd', '10000000-0000-4000-8000-0000000000a3') },
      { resourceId: vmId('vm-app01', 'rg-servers', SERVERS) },
      { resourceId: vmId('vm-app02', 'rg-other', SERVERS) },
      { resourceId: vmId('vm-web01', 'rg-servers', SERVERS), status: 'retired' },
      { name: 'File server 1', aliases: ['fs01.sandlot.dom'] },
      { name: 'INC-Gen2Alert', subscriptionId: 'a' },
      { name: 'INC-Gen2Alert', subscriptionId: 'b' },
      {
        resourceId: `/subscriptions/${DOCS}/resourceGroups/aks/providers/Microsoft.ContainerService/managedClusters/aks0001`,
      },
      { name: 'thing-1' },
    ]);
  });
  afterAll(() => database.close());

  it.each(Object.entries(EXPECTED))('%s is bound', async (name, expected) => {
    expect(outcomeOf(await bindSample(cmdb, database, name))).toEqual(expected);
  });

  it('is in the table', () => {
    const names = readdirSync(SAMPLES).filter((file) => file.endsWith('.json'));
    expect(Object.keys(EXPECTED).sort()).toEqual(names.map((file) => file.replace('.json', '')).sort());
  });
});

async function bindSample(cmdb: CmdbService, { dataSource }: CmdbDatabase, name: string): Promise<AlertBinding> {
  const payload = JSON.parse(readFileSync(join(SAMPLES, `${name}.json`), 'utf8')) as CommonAlertDto;
  const { ciReferences } = normalize(payload, { tenantId: 'tenant', receivedAt: NOW });
  const bound = await dataSource.transaction((tx) => cmdb.bindAlerts(tx, [{ key: name, references: ciReferences }]));
  return bound.get(name)!;
}

function outcomeOf({ bindings, tasks }: AlertBinding): string[] {
  return [
    ...bindings.map((ci) => `${ci.role === 'primary' ? '' : '~'}${ci.name} ${ci.method} ${ci.confidence}`),
    ...tasks.map((task) => `?${task.value} ${task.reason}`),
  ];
}
