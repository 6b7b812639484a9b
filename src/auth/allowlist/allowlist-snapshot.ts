import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ListedApp } from '../token/access.rules';

/** Next to the spool: whoever starts without the database judges callers by the list as it was known last. */
const NAME = 'allowlist.json';

/** The list on disk. It holds ids, names and scopes, and no secrets. */
export class AllowlistSnapshot {
  readonly path: string;
  /** What this process wrote last; null until it did. */
  private saved: readonly ListedApp[] | null = null;

  constructor(private readonly directory: string) {
    this.path = join(directory, NAME);
  }

  /** Writes the list whole, or leaves the one before; nothing where that is the same. */
  async save(apps: readonly ListedApp[]): Promise<void> {
    if (isDeepStrictEqual(this.saved, apps)) return;
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const fresh = `${this.path}.${process.pid}`;
    await writeFile(fresh, JSON.stringify(apps), { mode: 0o600, flush: true });
    await rename(fresh, this.path);
    this.saved = apps;
  }

  /** The list as it was known last; null where none was ever written. */
  async read(): Promise<ListedApp[] | null> {
    try {
      const apps = JSON.parse(await readFile(this.path, 'utf8')) as (ListedApp & { expiresAt: string | null })[];
      return apps.map((app) => ({ ...app, expiresAt: app.expiresAt === null ? null : new Date(app.expiresAt) }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}
