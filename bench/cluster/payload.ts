import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './stories.rules';

const SAMPLE = join(process.cwd(), 'test/fixtures/azure-monitor/platform-metric-heartbeat-fired.json');
const SUBSCRIPTION = '/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e';
const BEGINNING = Date.UTC(2026, 0, 1);
/** Few machines, so that alerts of different signatures are about the same configuration items. */
const MACHINES = 50;

interface Payload {
  data: { essentials: Record<string, unknown> };
}

/** Makes the body of a delivery from a sample; the same step makes the same body. */
export function payloadMaker(): (step: Step) => string {
  const text = readFileSync(SAMPLE, 'utf8');
  return (step) => {
    const payload = JSON.parse(text) as Payload;
    Object.assign(payload.data.essentials, essentialsOf(step));
    return JSON.stringify(payload);
  };
}

function essentialsOf({ rule, episode, condition, minute }: Step): Record<string, unknown> {
  const machine = `vm-${Number(rule.replace(/\D/g, '')) % MACHINES}`;
  const at = new Date(BEGINNING + minute * 60_000).toISOString();
  return {
    alertId: `${SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/${guidOf(episode)}`,
    alertRule: rule,
    originAlertId: rule,
    monitorCondition: condition,
    alertTargetIDs: [`${SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.compute/virtualmachines/${machine}`],
    configurationItems: [machine],
    ...(condition === 'Fired' ? { firedDateTime: at } : { firedDateTime: null, resolvedDateTime: at }),
  };
}

/** The same text makes the same id. */
export function guidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20, 32),
  ].join('-');
}
