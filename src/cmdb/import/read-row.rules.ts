import { redactSecretsIn } from '../../common/redact.rules';
import type { RowReading } from './import-row';
import { readOwnRow } from './own-row.rules';
import { isResourceGraphRow, readResourceGraphRow } from './resource-graph-row.rules';

/** Reads a record of a file, of our own form or of Azure Resource Graph's, without the secrets that its tags hold. Never throws. */
export function readRow(value: unknown): RowReading {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'faults', faults: [{ path: '', message: 'must be an object' }] };
  }
  const fields = redactSecretsIn(value as Record<string, unknown>);
  return isResourceGraphRow(fields) ? readResourceGraphRow(fields) : readOwnRow(fields);
}
