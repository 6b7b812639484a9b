import { open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../common/config';
import { decodeRecords, encodeRecord, type SpooledDelivery } from './spool-record.rules';
import { SpoolFile, syncDirectory } from './spool-file';
import { otherSlots, SpoolSlot, takeFreeSlot, type StoredFile } from './spool-slot';

/** Files are read whole, and deleted whole when all of one is in the database. */
const MAX_FILE_BYTES = 16_777_216;

/** Records as in the other files, never read again by the service. */
const ASIDE = 'unstorable.records';

/** Deliveries of one file, and how to be rid of it. */
export interface SpoolPart {
  deliveries: SpooledDelivery[];
  /** All of it is in the database. */
  done: () => Promise<void>;
}

/**
 * Where deliveries wait on local disk while the database can't take them. What {@link append} has resolved for is on disk, and
 * survives `kill -9` and power loss. Only the process that has the slot writes and reads it.
 */
@Injectable()
export class Spool implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(Spool.name);
  private slot: SpoolSlot | null = null;
  private file: SpoolFile | null = null;
  private opening: Promise<SpoolFile> | null = null;
  private size = 0;
  private oldest: Date | null = null;
  private isFailing = false;
  /** Deliveries that could not be kept. */
  refused = 0;
  /** Deliveries that were kept since the start. */
  kept = 0;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  onModuleInit(): void {
    if (this.config.spoolDir === null) return;
    this.slot = takeFreeSlot(this.config.spoolDir);
    const [first] = this.slot.files();
    this.size = this.slot.files().reduce((sum, { bytes }) => sum + bytes, 0);
    this.oldest = first?.begunAt ?? null;
  }

  async onApplicationShutdown(): Promise<void> {
    const file = this.file;
    this.file = null;
    await file?.close();
    this.slot?.release();
    this.slot = null;
  }

  /** Whether there is one. */
  get isOn(): boolean {
    return this.slot !== null;
  }

  /** Bytes on disk, in files of this process. */
  get bytes(): number {
    return this.size;
  }

  /** Whether it would keep a delivery now, as far as can be told: the last one was kept, or some have gone since. */
  get hasRoom(): boolean {
    return this.isOn && !this.isFailing;
  }

  /** When the oldest delivery came that still waits; null = none waits. */
  get oldestAt(): Date | null {
    return this.oldest;
  }

  /** Resolves when the delivery is on disk; rejects when nothing of it is: there is no room left, or the disk fails. */
  async append(delivery: SpooledDelivery): Promise<void> {
    const record = encodeRecord(delivery);
    this.size += record.length;
    try {
      if (this.size > this.config.spoolMaxBytes) throw new Error('The spool has no room left.');
      let file = await this.openFile();
      while (!file.isOpen) file = await this.openFile();
      await file.append(record);
    } catch (error) {
      this.size -= record.length;
      this.refused += 1;
      this.isFailing = true;
      throw error;
    }
    this.kept += 1;
    this.isFailing = false;
    this.oldest ??= new Date(delivery.receivedAt);
  }

  /**
   * What waits, file by file, the oldest first: its own, and those that dead processes left. What is appended meanwhile goes into a
   * new file.
   */
  async *parts(): AsyncGenerator<SpoolPart, void, void> {
    if (this.slot === null || this.config.spoolDir === null) return;
    yield* this.partsOf(this.slot);
    for (const path of otherSlots(this.config.spoolDir, this.slot)) {
      const left = SpoolSlot.take(path);
      if (left === null) continue;
      try {
        this.logger.log({ msg: 'deliveries that another process left in the spool are taken over', slot: path });
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
  }

  private async *partsOf(slot: SpoolSlot): AsyncGenerator<SpoolPart, void, void> {
    for (let files = slot.files(); files.length > 0; files = slot.files()) {
      for (const file of files) {
        if (file.path === this.file?.path) await this.closeFile();
        yield await this.read(file, slot);
      }
    }
    if (slot === this.slot) this.oldest = null;
  }

  private async read(file: StoredFile, slot: SpoolSlot): Promise<SpoolPart> {
    const { deliveries, damaged, length } = decodeRecords(await readFile(file.path));
    if (slot === this.slot)
      this.oldest = deliveries[0] === undefined ? this.oldest : new Date(deliveries[0].receivedAt);
    if (damaged > 0) this.logger.error({ msg: 'a spool file is damaged and is kept aside', file: file.path, damaged });
    else if (length < file.bytes) {
      this.logger.warn({ msg: 'a spool file ends in a record that nobody was told is kept', file: file.path });
    }
    const done = async (): Promise<void> => {
      if (damaged > 0) await rename(file.path, `${file.path}.damaged`);
      else await unlink(file.path);
      if (slot === this.slot) this.size = Math.max(0, this.size - file.bytes);
      await syncDirectory(slot.path);
      this.isFailing = false;
    };
    return { deliveries, done };
  }

  private async openFile(): Promise<SpoolFile> {
    if (this.file !== null && this.file.isOpen && this.file.length < MAX_FILE_BYTES) return this.file;
    this.opening ??= this.nextFile().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  private async nextFile(): Promise<SpoolFile> {
    await this.closeFile();
    if (this.slot === null) throw new Error('There is no spool.');
    this.file = await SpoolFile.create(this.slot.nextPath());
    return this.file;
  }

  private async closeFile(): Promise<void> {
    const file = this.file;
    this.file = null;
    await file?.close();
  }
}
