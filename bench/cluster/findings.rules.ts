import type { Story } from './stories.rules';

/** What the database holds of one alert rule, which is one signature. */
export interface RuleRows {
  alerts: number;
  firing: number;
  workItems: number;
  live: number;
  /** State of the newest work item. */
  state: string;
  alertCount: number;
}

const MAX_SHOWN = 20;

/** What of a story is not as it has to be, in words; empty if all is. */
export function differencesOf({ name, rule, expected }: Story, rows: RuleRows | undefined): string[] {
  if (rows === undefined) return [`${rule} (${name}): nothing is stored`];
  const checks: [what: string, expected: unknown, found: unknown][] = [
    ['alerts', expected.alerts, rows.alerts],
    ['firing alerts', expected.firing, rows.firing],
    ['work items', expected.workItems ?? rows.workItems, rows.workItems],
    ['live work items', expected.state === 'new' ? 1 : 0, rows.live],
    ['state', expected.state, rows.state],
    ['occurrences', expected.alertCount, rows.alertCount],
  ];
  return checks
    .filter(([, wanted, found]) => wanted !== found)
    .map(([what, wanted, found]) => `${rule} (${name}): ${what} ${String(found)}, not ${String(wanted)}`);
}

/** The first few, and how many more there are. */
export function shortened(texts: readonly string[]): string[] {
  const more = texts.length - MAX_SHOWN;
  return more > 0 ? [...texts.slice(0, MAX_SHOWN), `… and ${more} more`] : [...texts];
}
