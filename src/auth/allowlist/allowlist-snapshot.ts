import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { timeOf } from '../../common/time.rules';
import type { ListedApp } from '../token/access.rules';

/** Next to the spool: whoever starts without the database judges callers by the list as it was known last. */
const NAME = 'allowlist.json';

/** So old may the time on disk be while the list is read all the time. */
const SAVE_EVERY_MS = 5 * 60_000;

/** The list as the database held it at a time. */
export interface ListReading {
  apps: readonly ListedApp[];
  readAt: Date;
}

/** The list on disk. It holds ids, names and scopes, and no secrets. */
export class AllowlistSnapshot {
  readonly path: string;
  /** What this process wrote last; null until it did. */
  private saved: ListReading | null = null;

  constructor(private readonly directory: string) {
    this.path = join(directory, NAME);
  }

  /** Writes the list whole, or leaves the one before; nothing where that is the same and not old. */
  async save(reading: ListReading): Promise<void> {
    if (this.saved !== null && isAsGood(this.saved, reading)) return;
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const fresh = `${this.path}.${process.pid}`;
    await writeFile(fresh, JSON.stringify(reading), { mode: 0o600, flush: true });
    await rename(fresh, this.path);
    this.saved = reading;
  }

  /** The list as it was known last; null where none was ever written. Throws where it can't be read, or is damaged. */
  async read(): Promise<ListReading | null> {
    try {
      const kept: unknown = JSON.parse(await readFile(this.path, 'utf8'));
      // Before it had a time, the file was the list itself, written when the list changed.
      if (Array.isArray(kept)) return { apps: kept.map(appOf), readAt: (await stat(this.path)).mtime };
      return readingOf(kept);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}

/** A clock that was set back must not keep the time on disk for as long as that. */
function isAsGood(saved: ListReading, reading: ListReading): boolean {
  const passedMs = Math.abs(reading.readAt.getTime() - saved.readAt.getTime());
  return passedMs < SAVE_EVERY_MS && isDeepStrictEqual(saved.apps, reading.apps);
}

/** Everything is looked at: an entry without scopes is for the whole tenant, and an expiry that is no time never comes. */
function readingOf(value: unknown): ListReading {
  const { apps, readAt } = Object(value) as Record<string, unknown>;
  const time = typeof readAt === 'string' ? timeOf(readAt) : null;
  if (!Array.isArray(apps) || time === null) throw new Error('there is no list of callers with its time in it');
  return { apps: apps.map(appOf), readAt: time };
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
