import type { SqlValue } from './sql';

/** A part of a statement with the values of its placeholders. */
export interface SqlText {
  text: string;
  values: readonly SqlValue[];
}

/** Puts a statement together: a value becomes a placeholder, a part stays text. */
export function sql(parts: TemplateStringsArray, ...inserts: readonly (SqlText | SqlValue)[]): SqlText {
  const all = inserts.map((insert) => (isText(insert) ? insert : { text: '?', values: [insert] }));
  const text = parts.map((part, index) => part + (all[index]?.text ?? '')).join('');
  return { text, values: all.flatMap(({ values }) => values) };
}

/** Text as it stands: a name or a keyword, never what comes from outside. */
export function raw(text: string): SqlText {
  return { text, values: [] };
}

/** Parts with `separator` between them. */
export function joined(parts: readonly SqlText[], separator: string): SqlText {
  return { text: parts.map(({ text }) => text).join(separator), values: parts.flatMap(({ values }) => values) };
}

/** ` WHERE …` of all conditions; nothing without any. */
export function where(conditions: readonly SqlText[]): SqlText {
  return conditions.length === 0 ? raw('') : sql` WHERE ${joined(conditions, ' AND ')}`;
}

/** `column IN (…)`, or `=` for a single value: only that is ordered by what comes next in an index. null = it has none. */
export function oneOf(column: string, values: readonly SqlValue[]): SqlText {
  const said = values.filter((value) => value !== null);
  if (said.length < values.length) {
    const hasNone = raw(`${column} IS NULL`);
    return said.length === 0 ? hasNone : sql`(${hasNone} OR ${oneOf(column, said)})`;
  }
  if (values.length === 1) return sql`${raw(column)} = ${values[0] as SqlValue}`;
  const list = joined(
    values.map((value) => sql`${value}`),
    ', ',
  );
  return sql`${raw(column)} IN (${list})`;
}

function isText(insert: SqlText | SqlValue): insert is SqlText {
  return typeof insert === 'object' && insert !== null;
}
