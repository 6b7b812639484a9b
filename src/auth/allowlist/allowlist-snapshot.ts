import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListedApp } from '../token/access.rules';

/** Next to the spool: whoever starts without the database judges callers by the list as it was known last. */
const NAME = 'allowlist.json';

/** Writes the list whole, or leaves the one before. It holds ids, names and scopes, and no secrets. */
export async function saveSnapshot(directory: string, apps: readonly ListedApp[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, NAME);
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, JSON.stringify(apps), { mode: 0o600, flush: true });
  await rename(fresh, path);
}

/** The list as it was known last; null where none was ever written. */
export async function readSnapshot(directory: string): Promise<ListedApp[] | null> {
  try {
    const apps = JSON.parse(await readFile(join(directory, NAME), 'utf8')) as (ListedApp & {
      expiresAt: string | null;
    })[];
    return apps.map((app) => ({ ...app, expiresAt: app.expiresAt === null ? null : new Date(app.expiresAt) }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
