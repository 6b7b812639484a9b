import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const RUNS = join(__dirname, '../data/demo');

/**
 * A fresh folder for this run, named by its process, so that several demos can run at once. What runs that have ended
 * left behind (their database and log, to look at) is removed when the next one starts.
 */
export function createRunFolder(): string {
  mkdirSync(RUNS, { recursive: true });
  for (const name of readdirSync(RUNS)) {
    if (name === String(process.pid) || !isRunning(Number(name)))
      rmSync(join(RUNS, name), { recursive: true, force: true });
  }
  const folder = join(RUNS, String(process.pid));
  mkdirSync(folder);
  return folder;
}

/** Writes a file that only its owner may read. */
export function writePrivately(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
