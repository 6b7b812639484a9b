import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { timeOf } from '../../common/time.rules';
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

  /** The list as it was known last; null where none was ever written. Throws where it can't be read, or is damaged. */
  async read(): Promise<ListedApp[] | null> {
    try {
      return appsOf(JSON.parse(await readFile(this.path, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}

/** Everything is looked at: an entry without scopes is for the whole tenant, and an expiry that is no time never comes. */
function appsOf(value: unknown): ListedApp[] {
  if (!Array.isArray(value)) throw new Error('there is no list of callers in it');
  return value.map(appOf);
}

function appOf(value: unknown): ListedApp {
  const { id, appId, name, scopes, enabled, expiresAt } = Object(value) as Record<string, unknown>;
  const until = typeof expiresAt === 'string' ? timeOf(expiresAt) : null;
  const isSound =
    [id, appId, name].every((text) => typeof text === 'string') &&
    Array.isArray(scopes) &&
    scopes.every((scope) => typeof scope === 'string') &&
    typeof enabled === 'boolean' &&
    (expiresAt === null || until !== null);
  if (!isSound) throw new Error('an entry of the list of callers is damaged');
  return { id, appId, name, scopes, enabled, expiresAt: until } as ListedApp;
}
