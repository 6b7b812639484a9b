import { open, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** So much waits in memory for a disk that does not keep up. */
const MAX_PENDING_BYTES = 67_108_864;

interface Pending {
  record: Buffer;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * A file that records are appended to. All that wait while a group is being written are the next group: one write and one
 * fsync for all of them. An append resolves when the record is on disk, or rejects, and then nothing of it is. The file itself
 * is made with its first group: whoever finds it in its folder finds it known here, too.
 */
export class SpoolFile {
  private pending: Pending[] = [];
  private pendingBytes = 0;
  private running: Promise<void> | null = null;
  private closing: Promise<void> | null = null;
  private handle: FileHandle | null = null;
  private written = 0;
  private broken = false;

  constructor(readonly path: string) {}

  /** Bytes that are on disk. */
  get length(): number {
    return this.written;
  }

  /** Whether it takes more. After a failed write or fsync nothing more is entrusted to it; what it holds already is safe. */
  get isOpen(): boolean {
    return !this.broken && this.closing === null;
  }

  async append(record: Buffer): Promise<void> {
    if (this.pendingBytes >= MAX_PENDING_BYTES) throw new Error('The disk of the spool does not keep up.');
    await new Promise<void>((resolve, reject) => {
      this.pending.push({ record, resolve, reject });
      this.pendingBytes += record.length;
      this.running ??= this.flush();
    });
  }

  /** What was appended before is on disk, or rejected, when it resolves; a file that holds nothing is gone. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    await this.running;
    if (this.handle === null) return;
    await this.handle.close();
    if (this.written === 0) await unlink(this.path);
  }

  private async flush(): Promise<void> {
    while (this.pending.length > 0) {
      const group = this.pending;
      this.pending = [];
      this.pendingBytes = 0;
      try {
        if (this.broken) throw new Error('The spool file takes nothing more.');
        await this.write(Buffer.concat(group.map(({ record }) => record)));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.running = null;
  }

  private async write(group: Buffer): Promise<void> {
    try {
      this.handle ??= await this.create();
      for (let at = 0; at < group.length;) {
        const { bytesWritten } = await this.handle.write(group, at, group.length - at, this.written + at);
        at += bytesWritten;
      }
      await this.handle.datasync();
    } catch (error) {
      this.broken = true;
      // Should that fail as well, a torn record is left, or one that its sender repeats: it is known by its keys then.
      await this.handle?.truncate(this.written).catch(() => undefined);
      throw error;
    }
    this.written += group.length;
  }

  /** The directory knows it before anything is in it. */
  private async create(): Promise<FileHandle> {
    this.handle = await open(this.path, 'wx', 0o600);
    await syncDirectory(dirname(this.path));
    return this.handle;
  }
}

/** A file that was made or removed is so after a power loss, too. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
