import type { Logger } from '@nestjs/common';

/** What fails for itself is left alone so long. */
const RETRY_MS = 60_000;

/**
 * Files and folders of the spool that can't be read, brought in or removed, though the database is there. Each is told once, and
 * left alone for a minute: it must not keep the rest waiting, nor cost a try of all that is in it twice a second.
 */
export class SpoolFaults {
  /** On the clock that only runs forward. */
  private readonly retryAtMs = new Map<string, number>();

  constructor(private readonly logger: Logger) {}

  add(path: string, error: unknown): void {
    if (!this.retryAtMs.has(path)) {
      this.logger.error({ msg: 'a part of the spool can not be brought into the database', path, err: error });
    }
    this.retryAtMs.set(path, performance.now() + RETRY_MS);
  }

  /** It is well again. */
  remove(path: string): void {
    this.retryAtMs.delete(path);
  }

  isLeftAlone(path: string): boolean {
    return performance.now() < (this.retryAtMs.get(path) ?? 0);
  }
}
