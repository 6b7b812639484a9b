import type { FieldError } from '../../common/errors';

/** One record of a file that is imported, as it came, or why it can't be read. `line` as the API counts, from 1. */
export type SourceRecord =
  | { kind: 'record'; line: number; bytes: number; value: unknown }
  | { kind: 'faulty'; line: number; errors: FieldError[] };

/** Larger records are answered as faulty. */
export const MAX_RECORD_BYTES = 1_048_576;

/** The file can't be read from here on; what came before it stays. */
export class BrokenFile extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

/** A record that is too large to be looked at. */
export function tooLarge(line: number): SourceRecord {
  return { kind: 'faulty', line, errors: [{ path: '', message: `is larger than ${MAX_RECORD_BYTES} bytes` }] };
}
