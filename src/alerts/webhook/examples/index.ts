import activityLogAdministrative from './activity-log-administrative-vm-restart-fired.json';
import activityLogAutoscale from './activity-log-autoscale-scale-up-fired.json';
import activityLogPolicy from './activity-log-policy-audit-fired.json';
import activityLogRecommendation from './activity-log-recommendation-fired.json';
import activityLogSecurity from './activity-log-security-antimalware-fired.json';
import applicationInsights from './application-insights-v1-availability-results-fired.json';
import azureBackup from './azure-backup-sql-full-backup-missing-fired.json';
import cost from './cost-budget-actual-test-action-fired.json';
import logAlertV2 from './log-alerts-v2-heartbeat-dimension-fired.json';
import logAlertV1 from './log-analytics-v1-number-of-results-test-action-fired.json';
import dynamicMetric from './platform-metric-dynamic-egress-fired.json';
import metricFired from './platform-metric-static-cpu-fired.json';
import metricResolved from './platform-metric-static-cpu-resolved.json';
import prometheus from './prometheus-node-cpu-fired.json';
import resourceHealthDown from './resource-health-vm-deallocated-fired.json';
import resourceHealthUp from './resource-health-vm-recovered-fired.json';
import serviceHealth from './service-health-maintenance-planned-fired.json';
import smartDetector from './smart-detector-failure-anomalies-fired.json';

/** A real payload of each monitoring service, as examples of the webhook's body in the API description. */
export const WEBHOOK_EXAMPLES = {
  'metric-fired': { summary: 'Platform metric, fired', value: metricFired },
  'metric-resolved': { summary: 'Platform metric, the same one resolved', value: metricResolved },
  'metric-dynamic': { summary: 'Platform metric with a dynamic threshold', value: dynamicMetric },
  'log-v2': { summary: 'Log Alerts V2 that names a computer', value: logAlertV2 },
  'log-v1': { summary: 'Log Analytics (V1)', value: logAlertV1 },
  'application-insights': { summary: 'Application Insights (V1)', value: applicationInsights },
  'activity-administrative': { summary: 'Activity Log - Administrative', value: activityLogAdministrative },
  'activity-policy': { summary: 'Activity Log - Policy', value: activityLogPolicy },
  'activity-autoscale': { summary: 'Activity Log - Autoscale', value: activityLogAutoscale },
  'activity-security': { summary: 'Activity Log - Security', value: activityLogSecurity },
  'activity-recommendation': { summary: 'Activity Log - Recommendation', value: activityLogRecommendation },
  'service-health': { summary: 'Service Health, planned maintenance', value: serviceHealth },
  'resource-health-down': { summary: 'Resource Health, a machine is unavailable', value: resourceHealthDown },
  'resource-health-up': { summary: 'Resource Health, it is available again', value: resourceHealthUp },
  'smart-detector': { summary: 'Smart detection, failure anomalies', value: smartDetector },
  prometheus: { summary: 'Prometheus', value: prometheus },
  cost: { summary: 'Cost alert of a budget', value: cost },
  backup: { summary: 'Azure Backup', value: azureBackup },
};
