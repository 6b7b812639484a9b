import type { Random } from './random';

/** Part of each secret that is planted; must be in no log line. */
export const CANARY = 'FUZZCANARY';

const GUID = '5ab5c210-0000-4000-8000-00000000000a';

const DATES = [
  ...['0000-00-00', '0001-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z'],
  ...['+275760-09-13T00:00:00.001Z', '10000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2026-02-30T00:00:00Z'],
  ...['2026-01-01T00:00:00+25:00', '2026-01-01T24:00:00Z', '2026-01-01T23:59:60Z', '2026-01-01', 'T', 'Z'],
  ...['2026-01-01T00:00:00.12345678Z', '01/02/2026 3:04:05 PM', '2026-01-01T00:00:00-23:59', '1000-01-01T00:00:00Z'],
];

const ARM_IDS = [
  '/subscriptions/',
  `/subscriptions/${GUID}`,
  `/subscriptions/${GUID}/resourceGroups//providers/Microsoft.Compute/virtualMachines/x`,
  `/subscriptions/${GUID}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${'x'.repeat(700)}`,
  `/subscriptions/${GUID}/resourceGroups/rg${'/providers/A.B/c/d'.repeat(60)}`,
  `/SUBSCRIPTIONS/${GUID}/RESOURCEGROUPS/İ/PROVIDERS/Microsoft.Compute/virtualMachines/İ%2F%252f`,
  `/subscriptions/${'\ud83d\udca5'.repeat(60)}/resourceGroups/rg`,
  '/subscriptions/../../etc/passwd',
  '//////',
];

const TEXTS = [
  ...['', ' ', '\u0000', '\u0000'.repeat(40), '\ud800', '\udc00x', 'a\ud83d', '\u2028\u2029', '\ufeff', '\u202e'],
  ...['İ'.repeat(300), 'ß'.repeat(256), '\ud83d\udca5'.repeat(256), 'e\u0301\ufe0f'.repeat(200), 'ﷺ'.repeat(255)],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'NaN',
    '[object Object]',
  ],
  ...[
    "' OR 1=1 -- ",
    '"; DROP TABLE alerts; --',
    '\\',
    '\\\\',
    "\\'",
    '%',
    '_',
    '%s%n',
    '{{alert.rule}}',
    '{{'.repeat(2_000),
  ],
  ...['=cmd|x', '\r\nX: y', '<script>', '../../../', 'azureMonitorCommonAlertSchema', 'Resolved', 'fired', 'Sev99'],
  ...[
    `https://x/?sig=${CANARY}1`,
    `Password=${CANARY}2;`,
    `Bearer ${CANARY}abcdefgh`,
    `eyJhbGciOiJub25lIn0.eyJ4Ijoi${CANARY}.`,
  ],
  ...['x'.repeat(256), 'x'.repeat(4_097), 'x'.repeat(70_000), '@'.repeat(5_000), '/'.repeat(3_000), '*'.repeat(300)],
];

const NUMBERS = [0, -0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 1e308, 5e-324, Number.MAX_SAFE_INTEGER];

export function oddText(random: Random): string {
  return random.weighted([
    [6, () => random.pick(TEXTS)],
    [3, () => random.pick(DATES)],
    [3, () => random.pick(ARM_IDS)],
    [2, () => anyText(random)],
  ])();
}

function anyText(random: Random): string {
  const ranges = [0x80, 0x800, 0x10000];
  return Array.from({ length: random.below(60) }, () => String.fromCharCode(random.below(random.pick(ranges)))).join(
    '',
  );
}

/** Any JSON value, and whatever else `JSON.stringify` can write. */
export function oddValue(random: Random, depth = 0): unknown {
  return random.weighted<() => unknown>([
    [8, () => oddText(random)],
    [3, () => random.pick(NUMBERS)],
    [3, () => random.pick([null, true, false])],
    [depth < 4 ? 2 : 0, () => Array.from({ length: random.below(5) }, () => oddValue(random, depth + 1))],
    [depth < 4 ? 2 : 0, () => oddObject(random, depth)],
    [0.2, () => nested(random.pick([50, 99, 101, 3_000]))],
    [0.2, () => Array.from({ length: 20_000 }, (_, index) => index)],
  ])();
}

function oddObject(random: Random, depth: number): object {
  const names = Array.from({ length: random.below(5) }, () => oddText(random).slice(0, 300));
  return objectOf(names.map((name) => [name, oddValue(random, depth + 1)]));
}

/** `__proto__` is a member like any other. */
export function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const object = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  return object;
}

function nested(depth: number): unknown {
  let value: unknown = 'end';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
