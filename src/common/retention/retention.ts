import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import { Metrics } from '../operations/metrics';
import { Schedule } from '../schedule/schedule';
import { LOOKED_UP } from '../slices';
import { isDatabaseAway } from '../transactions';
import { RETENTION_CLASSES, type RetentionClass } from './retention-days.rules';

/** How one class of data is removed. */
export interface Removal {
  dataClass: RetentionClass;
  /**
   * Removes a slice of what was there at `before` already, in one short transaction, and never what is still open. It looks again
   * under its locks: two instances may be at it for a moment.
   */
  removeSlice: (before: Date) => Promise<RemovedSlice>;
}

/** What became of a slice. */
export interface RemovedSlice {
  removed: number;
  /** There may be more that is past its time. */
  hasMore: boolean;
}

/** Rows of a slice: short enough for those who wait for its locks, and for a server to look each one up in its index. */
export const RETENTION_SLICE = LOOKED_UP;

const EVERY_MS = 60_000;
/** What is left of a class after so many slices waits for the next turn: a turn is over before its lease is. */
const MAX_SLICES = 50;
const DAY_MS = 86_400_000;

/** Removes what is past its time, class by class, as the modules that own the data say how. */
@Injectable()
export class Retention implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Retention.name);
  private isStopping = false;
  private readonly removedInAll = new Map<RetentionClass, number>(RETENTION_CLASSES.map((each) => [each, 0]));

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly schedule: Schedule,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.metrics.expose({
      name: 'secure_export_retention_removed_total',
      help: 'Rows (of delivery-bodies: payloads) that this instance removed as their time was over.',
      kind: 'counter',
      label: 'class',
      read: () => this.removedInAll,
    });
  }

  /** A shutdown waits for the slices under way, not for what is left. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  /** Registers a task of the schedule that removes these classes, in this order. */
  register(task: string, removals: readonly Removal[]): void {
    this.schedule.register({ name: task, everyMs: EVERY_MS, work: () => this.turn(task, removals) });
  }

  /** A class that fails keeps no other one waiting. */
  private async turn(task: string, removals: readonly Removal[]): Promise<void> {
    const removed = new Map<RetentionClass, number>();
    const failures: unknown[] = [];
    for (const removal of removals) {
      try {
        await this.removeDue(removal, removed);
      } catch (error) {
        failures.push(error);
        if (isDatabaseAway(error)) break;
      }
    }
    if (removed.size > 0) {
      this.logger.log({ msg: 'what was past its time is removed', task, removed: Object.fromEntries(removed) });
    }
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} classes of data can't be removed`);
    if (failures.length === 1) throw failures[0];
  }

  private async removeDue({ dataClass, removeSlice }: Removal, removed: Map<RetentionClass, number>): Promise<void> {
    const days = this.config.retentionDays[dataClass];
    if (days === null) return;
    const before = new Date(this.clock.now().getTime() - days * DAY_MS);
    for (let slice = 0; slice < MAX_SLICES && !this.isStopping; slice += 1) {
      const { removed: count, hasMore } = await removeSlice(before);
      if (count > 0) {
        for (const counts of [removed, this.removedInAll]) counts.set(dataClass, (counts.get(dataClass) ?? 0) + count);
      }
      if (!hasMore) return;
      // SQLite answers at once: without this, requests would wait for the last slice.
      await nextTurn();
    }
  }
}
