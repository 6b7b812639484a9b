import { mkdirSync, readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const EXTENSION = '.spool';

/** Slots that can't even be looked into. */
const MAX_BROKEN = 3;

/** What waits in a slot. */
export interface StoredFiles {
  bytes: number;
  /** When each file was begun, by its path. */
  begunAt: Map<string, Date>;
}

/**
 * A folder of the spool that belongs to one process. SQLite's lock on a file in it tells: the system gives it up with the
 * process, however that ends, and it holds between containers that share a volume. So two instances may be given the same
 * `SPOOL_DIR`, and what a dead one left is found.
 */
export class SpoolSlot {
  /** The last number that was given to a file. That of one that is kept aside is not used again: its end would be to be overwritten. */
  private last: number;

  private constructor(
    readonly path: string,
    private readonly lock: Database,
  ) {
    const stored = readdirSync(path).filter(isNumbered).sort().at(-1) ?? '0';
    this.last = Number.parseInt(stored, 10);
  }

  /** The slot, or null while another process has it. */
  static take(path: string): SpoolSlot | null {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const lock = new Database(join(path, 'lock'), { timeout: 0 });
    try {
      lock.pragma('locking_mode = EXCLUSIVE');
      lock.exec('BEGIN EXCLUSIVE');
      return new SpoolSlot(path, lock);
    } catch (error) {
      lock.close();
      if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return null;
      throw error;
    }
  }

  /** Its files in the order in which they were begun. */
  paths(): string[] {
    return filesIn(this.path);
  }

  /** Nobody else may be writing there. What can't be looked at is found out when its turn comes. */
  stored(): StoredFiles {
    const files = this.paths().flatMap((path) => {
      const stats = lookAt(path);
      return stats === null ? [] : [{ path, stats }];
    });
    return {
      bytes: files.reduce((sum, { stats }) => sum + stats.size, 0),
      begunAt: new Map(files.map(({ path, stats }) => [path, begunAt(stats)])),
    };
  }

  /** Where the next file goes. */
  nextPath(): string {
    this.last += 1;
    return join(this.path, `${String(this.last).padStart(12, '0')}${EXTENSION}`);
  }

  release(): void {
    this.lock.close();
  }
}

/** The first slot that no other process has. One that is broken is passed over; where several are, it is the folder of all. */
export function takeFreeSlot(root: string): SpoolSlot {
  let broken = 0;
  for (let number = 1; ; number += 1) {
    try {
      const slot = SpoolSlot.take(join(root, `slot-${number}`));
      if (slot !== null) return slot;
    } catch (error) {
      broken += 1;
      if (broken === MAX_BROKEN) throw error;
    }
  }
}

/** Folders of slots besides one's own: of other instances, or of processes that are gone. */
export function otherSlots(root: string, own: SpoolSlot): string[] {
  const names = readdirSync(root).filter((name) => /^slot-\d+$/.test(name));
  return names.map((name) => join(root, name)).filter((path) => path !== own.path);
}

/** Spool files of a folder in the order in which they were begun. */
export function filesIn(path: string): string[] {
  const names = readdirSync(path).filter(isSpoolFile).sort();
  return names.map((name) => join(path, name));
}

/** Some file systems don't keep when a file was made. */
function begunAt({ birthtime, birthtimeMs, mtime }: Stats): Date {
  return birthtimeMs > 0 ? birthtime : mtime;
}

function lookAt(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function isNumbered(name: string): boolean {
  return /^\d+[.]spool/.test(name);
}

function isSpoolFile(name: string): boolean {
  return name.endsWith(EXTENSION);
}
