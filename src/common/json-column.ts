import type { ValueTransformer } from 'typeorm';

/** A JSON value in a `longtext` column: `json` differs between the engines, and `simple-json` ends at 64 kB. */
export const jsonColumn: ValueTransformer = {
  to: (value: unknown): string | null | undefined =>
    value === null || value === undefined ? value : JSON.stringify(value),
  from: (text: string | null): unknown => (text === null ? null : JSON.parse(text)),
};
