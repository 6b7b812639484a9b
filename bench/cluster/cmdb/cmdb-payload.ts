import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { guidOf } from '../payload';
import { type CastAlert, namesOf, SUBSCRIPTION } from './cast.rules';

const SAMPLE = join(process.cwd(), 'test/fixtures/azure-monitor/platform-metric-heartbeat-fired.json');

interface Payload {
  data: {
    essentials: Record<string, unknown>;
    alertContext: { condition: { allOf: { dimensions: unknown[] }[] } };
  };
}

/** Makes the body of an alert from a sample; it names one thing, and nothing by a dimension. */
export function castPayloadMaker(): (alert: CastAlert) => string {
  const text = readFileSync(SAMPLE, 'utf8');
  return (alert) => {
    const payload = JSON.parse(text) as Payload;
    const alertId = `${SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/${guidOf(alert.rule)}`;
    const identity = { alertId, alertRule: alert.rule, originAlertId: alert.rule };
    Object.assign(payload.data.essentials, identity, namesOf(alert));
    for (const criterion of payload.data.alertContext.condition.allOf) criterion.dimensions = [];
    return JSON.stringify(payload);
  };
}
