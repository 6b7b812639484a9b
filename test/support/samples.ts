import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../fixtures/azure-monitor');

/** A sample as an object that a test may change. */
export interface Sample {
  schemaId: string;
  data: { essentials: Record<string, unknown>; alertContext: Record<string, unknown>; customProperties?: unknown };
}

/** File names of all samples in the common alert schema. */
export const SAMPLES = jsonFilesIn(FOLDER);
/** File names of all samples in other schemas. */
export const LEGACY_SAMPLES = jsonFilesIn(join(FOLDER, 'legacy')).map((name) => `legacy/${name}`);

/** A fresh copy of a sample; `essentials` replaces fields of `data.essentials`. */
export function sample(name: string, essentials: Record<string, unknown> = {}): Sample {
  const payload = JSON.parse(
    readFileSync(join(FOLDER, name.endsWith('.json') ? name : `${name}.json`), 'utf8'),
  ) as Sample;
  // Samples in other schemas have no essentials.
  if (Object.keys(essentials).length > 0) Object.assign(payload.data.essentials, essentials);
  return payload;
}

function jsonFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
}
