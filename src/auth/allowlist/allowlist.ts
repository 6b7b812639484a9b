import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../../common/clock';
import { AZURE_MONITOR_APP_ID, CONFIG, type Config } from '../../common/config';
import { messageOf } from '../../common/error-message.rules';
import { unavailable } from '../../common/errors';
import { newId } from '../../common/ids';
import { PeriodicTask } from '../../common/periodic-task';
import { Transactions } from '../../common/transactions';
import { DEFAULT_TIMINGS } from '../keys/key-source';
import type { AllowedApp, ListedApp } from '../token/access.rules';
import { AllowedAppEntity, SetUpStepEntity } from './allowed-app.entity';
import { AllowlistSnapshot, type ListReading } from './allowlist-snapshot';

/** A change on another instance is seen after this at the latest; 5 s are promised. */
const POLL_MS = 2_000;
/** So long may a list from disk serve, as the last good keys may: nobody knows who was removed since. */
const MAX_RECALLED_AGE_MS = DEFAULT_TIMINGS.maxAgeMs;
const FIRST_FILLING = 'allowlist';

/**
 * The callers, in memory. The first instance on a new database fills in those of the configuration, once: what an
 * administrator deletes later stays deleted. While the database is away the last known list goes on being used; one from disk for
 * a day at most.
 */
@Injectable()
export class Allowlist implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Allowlist.name);
  private readonly poll = new PeriodicTask(
    () => this.load(),
    (error) => this.failed(error),
  );
  private byAppId: ReadonlyMap<string, ListedApp> | null = null;
  /** When the list was read that this process only knows from disk; null: it has read the list itself, or has none. */
  private recalledFrom: Date | null = null;
  private filled = false;
  private failing = false;
  /** null: there is no place for one. */
  private readonly snapshot: AllowlistSnapshot | null;
  private snapshotFailing = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly transactions: Transactions,
  ) {
    this.snapshot = config.spoolDir === null ? null : new AllowlistSnapshot(config.spoolDir);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.poll.run();
    if (this.byAppId === null) await this.recall();
    this.poll.start(POLL_MS);
  }

  onApplicationShutdown(): void {
    this.poll.stop();
  }

  /** The entry of an application; 503 while there is no list to judge by. */
  find(appId: string): ListedApp | undefined {
    if (this.byAppId === null || this.isTooOld) {
      const detail = 'The allowlist of callers has not been read yet, or too long ago.';
      throw unavailable('allowlist_unavailable', detail);
    }
    return this.byAppId.get(appId);
  }

  /** Who posted something, as it would be judged now: a caller that is no longer listed has no scopes. */
  callerOf(appId: string | null): Pick<AllowedApp, 'appId' | 'scopes'> {
    return { appId: appId ?? '', scopes: (appId === null ? undefined : this.find(appId))?.scopes ?? [] };
  }

  /** Whether callers can be judged now. */
  get loaded(): boolean {
    return this.byAppId !== null && !this.isTooOld;
  }

  /** Reads the list now; for the instance that changed it. */
  refresh(): Promise<void> {
    return this.poll.run();
  }

  private async load(): Promise<void> {
    const readAt = this.clock.now();
    const apps = await this.readRows();
    this.use(apps, null);
    await this.remember({ apps, readAt });
    if (this.failing) this.logger.log('The allowlist can be read again.');
    this.failing = false;
  }

  /** `recalledFrom` is when a list from disk was read; null for what is in the database now. */
  private use(apps: readonly ListedApp[], recalledFrom: Date | null): void {
    this.byAppId = new Map(apps.map((app) => [app.appId, app]));
    this.recalledFrom = recalledFrom;
  }

  private async readRows(): Promise<ListedApp[]> {
    const rows = await this.transactions.run(async (tx) => {
      if (!this.filled) await this.fillOnce(tx);
      return tx.find(AllowedAppEntity, {
        select: { id: true, appId: true, name: true, scopes: true, enabled: true, expiresAt: true },
      });
    });
    this.filled = true;
    return rows.map(({ id, appId, name, scopes, enabled, expiresAt }) => ({
      id,
      appId,
      name,
      scopes,
      enabled,
      expiresAt,
    }));
  }

  /** For a start without the database. What could not be written is tried again with the next reading. */
  private async remember(reading: ListReading): Promise<void> {
    try {
      await this.snapshot?.save(reading);
      this.snapshotFailing = false;
    } catch (error) {
      const msg = "the allowlist can't be kept on disk for a start without the database";
      if (!this.snapshotFailing) this.logger.warn({ msg, err: error });
      this.snapshotFailing = true;
    }
  }

  /** One that can't be read is as good as none: alerts get 503 then, and the start goes on. */
  private async recall(): Promise<void> {
    const reading = await this.readSnapshot();
    if (reading === null) return;
    const { apps, readAt } = reading;
    this.use(apps, readAt);
    const facts = { readAt, ageSeconds: Math.round(this.ageMsOf(readAt) / 1_000), entries: apps.length };
    if (this.isTooOld)
      this.logger.error({ msg: 'the allowlist on disk is too old: no caller can be judged by it', ...facts });
    else this.logger.warn({ msg: 'callers are judged by the allowlist as it was known last', ...facts });
  }

  private get isTooOld(): boolean {
    return this.recalledFrom !== null && this.ageMsOf(this.recalledFrom) > MAX_RECALLED_AGE_MS;
  }

  /** A time that lies ahead, as the clock was set back, counts as now. */
  private ageMsOf(readAt: Date): number {
    return Math.max(0, this.clock.now().getTime() - readAt.getTime());
  }

  private async readSnapshot(): Promise<ListReading | null> {
    if (this.snapshot === null) return null;
    try {
      return await this.snapshot.read();
    } catch (error) {
      const msg = "the allowlist on disk can't be read: no caller can be judged until the database is back";
      this.logger.error({ msg, path: this.snapshot.path, err: error });
      return null;
    }
  }

  /** Several instances may try: the key of the step lets one win, and the others read that it is done. */
  private async fillOnce(tx: EntityManager): Promise<void> {
    if (await tx.existsBy(SetUpStepEntity, { name: FIRST_FILLING })) return;
    const now = this.clock.now();
    await tx.insert(SetUpStepEntity, { name: FIRST_FILLING, doneAt: now });
    for (const appId of new Set(this.config.allowedAppIds)) await tx.insert(AllowedAppEntity, firstEntry(appId, now));
  }

  private failed(error: unknown): void {
    if (!this.failing) this.logger.warn(`The allowlist can't be read: ${messageOf(error)}`);
    this.failing = true;
  }
}

function firstEntry(appId: string, now: Date): Partial<AllowedAppEntity> {
  const name = appId === AZURE_MONITOR_APP_ID ? 'Azure Monitor action groups' : appId;
  const notes = 'From WEBHOOK_ALLOWED_APP_IDS, when the database was set up.';
  return { id: newId(), appId, name, scopes: [], enabled: true, notes, createdAt: now, updatedAt: now };
}
