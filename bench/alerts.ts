import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const MODES = ['new', 'repeat', 'storm', 'mixed'] as const;
export type Mode = (typeof MODES)[number];

export function isMode(text: string): text is Mode {
  return (MODES as readonly string[]).includes(text);
}

/** How many machines the alerts are about, and how many deliveries `repeat` repeats. */
const MACHINES = 1_000;

const FOLDER = join(process.cwd(), 'test/fixtures/azure-monitor');
const BASE_TIME = Date.UTC(2026, 0, 1);

/**
 * The alert of each number, as the text of a request body. The same number gives the same text in every process, so that
 * the numbers alone tell which deliveries are repeats.
 */
export function alertsOf(mode: Mode): (number: number) => string {
  const fired = bodyMaker('platform-metric-static-cpu-fired.json');
  const resolved = bodyMaker('platform-metric-static-cpu-resolved.json');
  switch (mode) {
    case 'new':
      return (number) => fired(number, number);
    case 'repeat':
      return (number) => fired(number % MACHINES, number % MACHINES);
    case 'storm':
      return (number) => fired(number, 0);
    case 'mixed':
      return (number) => {
        const round = Math.floor(number / (3 * MACHINES));
        const episode = round * MACHINES + (number % MACHINES);
        const isLast = Math.floor(number / MACHINES) % 3 === 2;
        return (isLast ? resolved : fired)(episode, episode);
      };
  }
}

/** Makes bodies from a sample, with the episode and the pair of rule and machine (the signature) filled in. */
function bodyMaker(sample: string): (episode: number, signature: number) => string {
  const parts = template(sample).split(/(<\w+>)/);
  return (episode, signature) => {
    const values: Record<string, string> = {
      '<episode>': guidOf(episode),
      '<machine>': `vm-${String(signature % MACHINES).padStart(4, '0')}`,
      '<rule>': `cpu-over-25-${Math.floor(signature / MACHINES)}`,
      '<fired>': timeOf(episode),
      '<resolved>': timeOf(episode + 60_000),
    };
    return parts.map((part) => values[part] ?? part).join('');
  };
}

function template(sample: string): string {
  const payload = JSON.parse(readFileSync(join(FOLDER, sample), 'utf8')) as {
    data: { essentials: Record<string, unknown> };
  };
  const { essentials } = payload.data;
  const subscription = '/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e';
  Object.assign(essentials, {
    alertId: `${subscription}/providers/Microsoft.AlertsManagement/alerts/<episode>`,
    alertRule: '<rule>',
    alertRuleId: `${subscription}/resourceGroups/contoso-rg/providers/microsoft.insights/metricAlerts/<rule>`,
    alertTargetIDs: [`${subscription}/resourcegroups/contoso-rg/providers/microsoft.compute/virtualmachines/<machine>`],
    configurationItems: ['<machine>'],
    originAlertId: `3f2d4487-b0fc-4125-8bd5-7ad17384221e_contoso-rg_microsoft.insights_metricAlerts_<rule>_<machine>`,
    firedDateTime: '<fired>',
  });
  if ('resolvedDateTime' in essentials) essentials.resolvedDateTime = '<resolved>';
  return JSON.stringify(payload);
}

function guidOf(number: number): string {
  return `be9c4000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** Ten a second, so that a run stays within minutes of the payloads' time. */
function timeOf(number: number): string {
  return new Date(BASE_TIME + number * 100).toISOString().replace('Z', '1234Z');
}
