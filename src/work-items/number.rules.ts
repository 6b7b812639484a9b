import type { WorkItemType } from './lifecycle.rules';

const PREFIXES: Readonly<Record<WorkItemType, string>> = { incident: 'INC', event: 'EVT', alert: 'ALR' };
const MAX_ID = 2_147_483_647;

/** `INC0000001`: the prefix of the type and at least seven digits. All types share one count, so no digits occur twice. */
export function numberOf({ type, id }: { type: WorkItemType; id: number }): string {
  return `${PREFIXES[type]}${String(id).padStart(7, '0')}`;
}

/** The type and id in a number, in any letter case; null for what is no number. */
export function parseNumber(number: string): { type: WorkItemType; id: number } | null {
  const match = /^([A-Z]{3})(\d{7,10})$/.exec(number.toUpperCase());
  const type = (Object.keys(PREFIXES) as WorkItemType[]).find((candidate) => PREFIXES[candidate] === match?.[1]);
  const id = Number(match?.[2]);
  return type !== undefined && id >= 1 && id <= MAX_ID ? { type, id } : null;
}
