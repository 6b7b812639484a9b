import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const SAMPLES_FOLDER = join(__dirname, '../demo/samples');

const MINUTE_MS = 60_000;
const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]00:00)?$/;

/** A sample as it is posted, and when what it tells of happened. */
export interface ShiftedSample {
  body: string;
  happenedAt: Date;
}

/**
 * A sample with all its times moved by the same distance, so that it fires in the minute `firesAt`. Everything else stays
 * as Azure sent it: seconds, fractions, how a time is written, and the distance between firing and resolving.
 */
export function shiftedSample(name: string, firesAt: Date): ShiftedSample {
  const text = readFileSync(join(SAMPLES_FOLDER, `${name}.json`), 'utf8');
  const firedAt = timeIn(text, 'firedDateTime') ?? timeIn(text, 'timestamp');
  if (firedAt === null) throw new Error(`${name} has no time to shift.`);
  const distanceMs = firesAt.getTime() - Math.floor(firedAt.getTime() / MINUTE_MS) * MINUTE_MS;
  const happenedAt = timeIn(text, 'resolvedDateTime') ?? firedAt;
  return {
    body: JSON.stringify(shifted(JSON.parse(text) as Json, distanceMs), null, 2),
    happenedAt: new Date(happenedAt.getTime() + distanceMs),
  };
}

function timeIn(text: string, field: string): Date | null {
  const value = new RegExp(`"${field}": "([^"]+)"`).exec(text)?.[1];
  return value === undefined ? null : new Date(value);
}

function shifted(value: Json, distanceMs: number): Json {
  if (typeof value === 'string') return shiftedText(value, distanceMs);
  if (Array.isArray(value)) return value.map((item) => shifted(item, distanceMs));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shifted(item, distanceMs)]));
}

function shiftedText(text: string, distanceMs: number): string {
  const [, seconds, fraction = '', zone = ''] = TIME.exec(text) ?? [];
  if (seconds === undefined) return text;
  const moved = new Date(Date.parse(`${seconds}Z`) + distanceMs);
  return `${moved.toISOString().slice(0, 19)}${fraction}${zone}`;
}
