import { objectOf, oddText, oddValue } from './odd-values';
import type { Random } from './random';

/** Bytes of a body made from a value: its structure is changed first, then its text, then its bytes; each at times. */
export function mutatedBody(random: Random, value: unknown, others: readonly unknown[]): Buffer {
  let changed = value;
  for (let count = random.pick([0, 1, 1, 1, 2, 4]); count > 0; count -= 1) changed = mutated(random, changed, others);
  const text = JSON.stringify(changed) as string | undefined;
  return bytesOf(random, random.chance(0.12) ? mutatedText(random, text ?? '') : (text ?? ''));
}

/** A copy in which one part is another. */
function mutated(random: Random, value: unknown, others: readonly unknown[]): unknown {
  const isLeaf = typeof value !== 'object' || value === null;
  if (isLeaf || random.chance(0.03)) return changedPart(random, value, others);
  if (Array.isArray(value)) return mutatedList(random, value, others);
  return mutatedObject(random, Object.entries(value), others);
}

function mutatedList(random: Random, list: readonly unknown[], others: readonly unknown[]): unknown[] {
  const at = random.below(list.length + 1);
  return random.weighted<() => unknown[]>([
    [5, () => list.map((each, index) => (index === at ? mutated(random, each, others) : each))],
    [1, () => list.filter((_, index) => index !== at)],
    [1, () => list.toSpliced(at, 0, oddValue(random))],
    [1, () => [...list, ...list, ...list]],
    [0.1, () => Array.from({ length: 2_000 }, () => list[0] ?? null)],
  ])();
}

function mutatedObject(random: Random, entries: [string, unknown][], others: readonly unknown[]): unknown {
  const at = placeIn(random, entries);
  const [key = 'a', value] = entries[at] ?? [];
  return objectOf(
    random.weighted<() => [string, unknown][]>(
      [
        [30, () => entries.with(at < entries.length ? at : -1, [key, mutated(random, value, others)])],
        [1, () => entries.filter((_, index) => index !== at)],
        [1, () => [...entries, [oddText(random).slice(0, 500), oddValue(random)]]],
        [1, () => [...entries, [random.pick(['__proto__', 'constructor']), oddValue(random)]]],
        [0.5, () => entries.toSpliced(at, 1, [random.chance(0.5) ? key.toUpperCase() : oddText(random), value])],
        [0.1, () => [...entries, ...Array.from({ length: 3_000 }, (_, index): [string, unknown] => [`f${index}`, 1])]],
      ].map(
        ([weight, change]) => [weight, entries.length === 0 ? () => [] : change] as [number, () => [string, unknown][]],
      ),
    )(),
  );
}

/** There is more to change below than beside: `schemaId` has as much room as `data`, and would end most cases. */
function placeIn(random: Random, entries: readonly [string, unknown][]): number {
  const at = random.below(entries.length);
  const deeper = entries.findIndex(([, value], index) => index >= at && typeof value === 'object' && value !== null);
  return deeper >= 0 && random.chance(0.7) ? deeper : at;
}

function changedPart(random: Random, value: unknown, others: readonly unknown[]): unknown {
  return random.weighted<() => unknown>([
    [6, () => oddValue(random)],
    [2, () => (typeof value === 'string' ? spliced(random, value, oddText(random)) : [value])],
    [1, () => ({ data: value })],
    [1, () => random.pick(others)],
    [1, () => (typeof value === 'string' ? value.toUpperCase() : String(value).slice(0, 100))],
    [1, () => JSON.stringify(value)],
  ])();
}

const TEXT_PIECES = [
  ...['1e999', '-1e999', '0x10', '01', 'NaN', '"\\ud800"', '"\\u0000"', '{"__proto__":{"admin":true}}', '[[[[', '}}}}'],
  ...[
    '"schemaId":"x",',
    '"data":null,',
    '"essentials":{},',
    '"alertId":1,',
    '9'.repeat(400),
    '\ufeff',
    '\u0000',
    '\\',
    ',',
  ],
];

/** Changes JSON as text: members twice, numbers that no one can hold, what is no JSON at all. */
function mutatedText(random: Random, text: string): string {
  return random.weighted<() => string>([
    [4, () => spliced(random, text, random.pick(TEXT_PIECES))],
    [2, () => text.replace('{', `{${random.pick(TEXT_PIECES)}`)],
    [2, () => text.slice(0, random.below(text.length + 1))],
    [
      2,
      () =>
        text.replace(/"(\w+)":/, (member, name: string) => `${member}${random.pick(['1', 'null', '"x"'])},"${name}":`),
    ],
    [1, () => text + text],
    [1, () => text.replace(/:\s*"[^"]*"/, ':1e400')],
    [0.5, () => `${'['.repeat(random.pick([10, 1_000, 50_000]))}${text}`],
    [0.05, () => `${text.slice(0, -1)},"padding":"${'x'.repeat(random.pick([900_000, 1_100_000]))}"}`],
  ])();
}

function bytesOf(random: Random, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (!random.chance(0.08) || bytes.length === 0) return random.chance(0.005) ? Buffer.from(text, 'utf16le') : bytes;
  for (let count = 1 + random.below(4); count > 0; count -= 1) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

function spliced(random: Random, text: string, piece: string): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + piece + text.slice(at + random.below(3));
}
