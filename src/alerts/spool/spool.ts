import { open, readFile, rename, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../common/config';
import { decodeRecords, encodeRecord, type SpooledDelivery } from './spool-record.rules';
import { SpoolFile, syncDirectory } from './spool-file';
import { SpoolFaults } from './spool-faults';
import { filesIn, otherSlots, SpoolSlot, takeFreeSlot } from './spool-slot';

/** Files are read whole, and deleted whole when all of one is in the database. */
const MAX_FILE_BYTES = 16_777_216;

/** Records as in the other files, never read again by the service. */
const ASIDE = 'unstorable.records';

/** A body in JSON is JSON in JSON there. */
const RECORD_PER_BODY = 2;

/** Is written to see whether the disk takes anything. */
const TRIAL = 'trial';

/** Deliveries of one file. */
export interface SpoolPart {
  deliveries: SpooledDelivery[];
  /** All of it is in the database: the file goes. */
  done: () => Promise<void>;
  /** Something of it is not, through no fault of the database: the file stays, and is left alone for a while. */
  failed: (error: unknown) => void;
}

/**
 * Where deliveries wait on local disk while the database can't take them. What {@link append} has resolved for is on disk, and
 * survives `kill -9` and power loss. Only the process that has the slot writes and reads it.
 */
@Injectable()
export class Spool implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(Spool.name);
  private readonly faults = new SpoolFaults(this.logger);
  private slot: SpoolSlot | null = null;
  private file: SpoolFile | null = null;
  /** By their paths, from before they are on disk until all that they were handed is. */
  private readonly unfinished = new Map<string, SpoolFile>();
  private size = 0;
  /** When the first delivery of each file came, by its path. */
  private begunAt = new Map<string, Date>();
  private isFailing = false;
  /** Deliveries that could not be kept. */
  refused = 0;
  /** Deliveries that were kept since the start. */
  kept = 0;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  onModuleInit(): void {
    if (this.config.spoolDir === null) return;
    this.slot = takeFreeSlot(this.config.spoolDir);
    const { bytes, begunAt } = this.slot.stored();
    this.size = bytes;
    this.begunAt = begunAt;
  }

  async onApplicationShutdown(): Promise<void> {
    const { slot } = this;
    this.slot = null;
    this.file = null;
    for (const path of this.unfinished.keys()) await this.finish(path);
    slot?.release();
  }

  /** Whether there is one. */
  get isOn(): boolean {
    return this.slot !== null;
  }

  /** Bytes on disk, in files of this process. */
  get bytes(): number {
    return this.size;
  }

  /** Whether it would keep a delivery now, as far as can be told: the last one was kept, or {@link recover} has found room since. */
  get hasRoom(): boolean {
    return this.isOn && !this.isFailing;
  }

  /** When the oldest delivery came that still waits; null = none waits. */
  get oldestAt(): Date | null {
    const times = [...this.begunAt.values()].map((time) => time.getTime());
    return times.length === 0 ? null : new Date(Math.min(...times));
  }

  /** Resolves when the delivery is on disk; rejects when nothing of it is: there is no room left, or the disk fails. */
  async append(delivery: SpooledDelivery): Promise<void> {
    const record = encodeRecord(delivery);
    this.size += record.length;
    try {
      if (this.size > this.config.spoolMaxBytes) throw new Error('The spool has no room left.');
      const file = this.openFile();
      await file.append(record);
      if (!this.begunAt.has(file.path)) this.begunAt.set(file.path, new Date(delivery.receivedAt));
    } catch (error) {
      this.size = Math.max(0, this.size - record.length);
      this.refused += 1;
      this.isFailing = true;
      throw error;
    }
    this.kept += 1;
    this.isFailing = false;
  }

  /** When a delivery could not be kept: finds out whether the largest that may come could be by now. */
  async recover(): Promise<void> {
    const bytes = RECORD_PER_BODY * this.config.bodyLimitBytes;
    if (!this.isFailing || this.slot === null) return;
    if (this.size > 0 && this.size + bytes > this.config.spoolMaxBytes) return;
    try {
      await expectRoom(this.slot.path, bytes);
      this.isFailing = false;
    } catch (error) {
      this.logger.debug({ msg: 'the spool still takes nothing', err: error });
    }
  }

  /**
   * What waits, file by file, the oldest first: its own, and those that dead processes left. What is appended meanwhile goes into a
   * new file, and comes the next time.
   */
  async *parts(): AsyncGenerator<SpoolPart, void, void> {
    const { slot } = this;
    const { spoolDir } = this.config;
    if (slot === null || spoolDir === null) return;
    yield* this.partsOf(slot);
    for (const path of this.look(spoolDir, () => otherSlots(spoolDir, slot))) {
      const left = this.takeOver(path);
      if (left === null) continue;
      try {
        yield* this.partsOf(left);
      } finally {
        left.release();
      }
    }
  }

  /** What the database takes in no form must not keep what comes behind it: it stays on disk, for people. */
  async setAside(delivery: SpooledDelivery): Promise<void> {
    if (this.slot === null) throw new Error('There is no spool.');
    const file = await open(join(this.slot.path, ASIDE), 'a', 0o600);
    try {
      await file.appendFile(encodeRecord(delivery));
      await file.datasync();
    } finally {
      await file.close();
    }
    await syncDirectory(this.slot.path);
  }

  /** The slot of a process that is gone, if something waits there. */
  private takeOver(path: string): SpoolSlot | null {
    const waiting = this.look(path, () => filesIn(path)).filter((file) => !this.faults.isLeftAlone(file));
    if (waiting.length === 0) return null;
    const [slot] = this.look(path, () => SpoolSlot.take(path) ?? []);
    if (slot === undefined) return null;
    this.logger.log({ msg: 'deliveries that another process left in the spool are taken over', slot: path });
    return slot;
  }

  private async *partsOf(slot: SpoolSlot): AsyncGenerator<SpoolPart, void, void> {
    for (const path of this.look(slot.path, () => slot.paths())) {
      await this.finish(path);
      const part = this.faults.isLeftAlone(path) ? null : await this.read(path, slot);
      if (part !== null) yield part;
    }
    if (slot === this.slot) this.forgetRemoved(slot);
  }

  /** Somebody may have removed a file that could not be read. A folder that can't be looked into tells nothing of its files. */
  private forgetRemoved(slot: SpoolSlot): void {
    if (this.faults.isLeftAlone(slot.path)) return;
    const there = new Set(this.look(slot.path, () => slot.paths()));
    if (this.faults.isLeftAlone(slot.path)) return;
    for (const path of this.begunAt.keys()) if (!there.has(path)) this.begunAt.delete(path);
    if (there.size === 0 && this.unfinished.size === 0) this.size = 0;
  }

  /** What is found in a folder; nothing where it can't be looked into. */
  private look<Found>(path: string, find: () => Found | Found[]): Found[] {
    if (this.faults.isLeftAlone(path)) return [];
    try {
      const found = [find()].flat() as Found[];
      this.faults.remove(path);
      return found;
    } catch (error) {
      this.faults.add(path, error);
      return [];
    }
  }

  private async read(path: string, slot: SpoolSlot): Promise<SpoolPart | null> {
    const failed = (error: unknown): void => this.faults.add(path, error);
    try {
      const content = await readFile(path);
      return { ...this.decode(path, content, slot), failed };
    } catch (error) {
      // One that could not be written holds nothing, and has gone.
      if ((error as { code?: string }).code !== 'ENOENT') failed(error);
      return null;
    }
  }

  private decode(path: string, content: Buffer, slot: SpoolSlot): Pick<SpoolPart, 'deliveries' | 'done'> {
    const { deliveries, damaged, length } = decodeRecords(content);
    const [first] = deliveries;
    if (slot === this.slot && first !== undefined) this.begunAt.set(path, new Date(first.receivedAt));
    if (damaged > 0) this.logger.error({ msg: 'a spool file is damaged and is kept aside', file: path, damaged });
    else if (length < content.length) {
      this.logger.warn({ msg: 'a spool file ends in a record that nobody was told is kept', file: path });
    }
    const done = async (): Promise<void> => {
      if (damaged > 0) await rename(path, `${path}.damaged`);
      else await unlink(path);
      this.faults.remove(path);
      this.begunAt.delete(path);
      if (slot === this.slot) this.size = Math.max(0, this.size - content.length);
      await syncDirectory(slot.path);
    };
    return { deliveries, done };
  }

  /** The file that takes the next record. The one before it is finished meanwhile. */
  private openFile(): SpoolFile {
    const { file, slot } = this;
    if (slot === null) throw new Error('There is no spool.');
    if (file !== null && file.isOpen && file.length < MAX_FILE_BYTES) return file;
    const next = new SpoolFile(slot.nextPath());
    this.unfinished.set(next.path, next);
    this.file = next;
    if (file !== null) void this.finish(file.path);
    return next;
  }

  /** Nothing more is written to the file of that path when it resolves. */
  private async finish(path: string): Promise<void> {
    const file = this.unfinished.get(path);
    if (file === undefined) return;
    try {
      await file.close();
    } catch (error) {
      // What it was handed is on disk, or was refused: at worst an empty file is left.
      this.logger.warn({ msg: 'a spool file could not be closed', file: path, err: error });
    }
    this.unfinished.delete(path);
  }
}

/** Rejects where so much does not fit, or the disk fails. Nothing is left of it. */
async function expectRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes) throw new Error(`The disk has ${bavail * bsize} bytes left.`);
  const path = join(folder, TRIAL);
  const file = await open(path, 'w', 0o600);
  try {
    await unlink(path);
    await file.writeFile(TRIAL);
    await file.sync();
  } finally {
    await file.close();
  }
}
