import type { Logger } from '@nestjs/common';
import type { Clock } from '../clock';
import { PeriodicTask } from '../periodic-task';
import { isDatabaseAway } from '../transactions';
import type { Leases } from './lease';

/** Work that all instances share. */
export interface ScheduledTask {
  /** Of the lease, in the log and on the metrics: `kebab-case`, 64 characters at most. */
  name: string;
  everyMs: number;
  /**
   * One turn. It may work in slices, each a transaction of its own, and returns when nothing is due any more or after a
   * bounded number of slices: a turn that outlasts its lease may have company, and a shutdown waits for it. What is left
   * over is due at the next turn. Two instances may be in here at once for a moment, see {@link Leases}.
   */
  work: () => Promise<void>;
}

/** What a turn came to: this instance did the work, or failed to, or left it to the one that holds the lease. */
export type Turn = 'done' | 'failed' | 'held_elsewhere';

/** What all tasks of an instance share. */
export interface TaskContext {
  clock: Clock;
  leases: Leases;
  logger: Logger;
  /** The id of this instance. */
  holder: string;
}

type Failure = 'database_away' | 'failed';

/** A lease is over after so many turns that did not come, or after {@link MIN_LEASE_MS} if that is later. */
const LEASE_TURNS = 3;
const MIN_LEASE_MS = 30_000;

/** One task of the schedule on one instance: its timer, its lease, and what became of its turns. */
export class LeasedTask {
  /** Turns in which this instance did the work, or tried to. */
  runs = 0;
  /** Turns that failed, whether at the work or at the lease. */
  failures = 0;
  private readonly turns = new PeriodicTask(
    () => this.turn(),
    (error) => this.failed(error),
  );
  private lastTurn: Turn = 'held_elsewhere';
  private heldUntil: Date | null = null;
  private failing: Failure | null = null;

  constructor(
    private readonly task: ScheduledTask,
    private readonly context: TaskContext,
  ) {}

  get isHeld(): boolean {
    return this.heldUntil !== null && this.heldUntil > this.context.clock.now();
  }

  start(firstAfterMs: number): void {
    this.turns.start(this.task.everyMs, Math.min(firstAfterMs, this.task.everyMs));
  }

  stop(): void {
    this.turns.stop();
  }

  /** A turn now, behind one that is under way. Never rejects. */
  async run(): Promise<Turn> {
    await this.turns.run();
    return this.lastTurn;
  }

  /** A turn behind the one that is under way, unless one waits there already. */
  wake(): void {
    this.turns.wake();
  }

  /** Resolves when the turn under way is over and the lease given back. A lease that can't be given back ends by itself. */
  async end(): Promise<void> {
    this.stop();
    await this.turns.idle();
    if (!this.isHeld) return;
    try {
      await this.context.leases.release(this.tenure);
      this.heldUntil = null;
    } catch (error) {
      this.context.logger.warn({ msg: `the lease of a task can't be given back`, task: this.task.name, err: error });
    }
  }

  private async turn(): Promise<void> {
    const durationMs = Math.max(LEASE_TURNS * this.task.everyMs, MIN_LEASE_MS);
    this.heldUntil = await this.context.leases.take({ ...this.tenure, durationMs });
    if (this.heldUntil === null) {
      this.over('held_elsewhere', 'another instance does the task now');
      return;
    }
    this.runs += 1;
    await this.task.work();
    this.over('done', 'a task works again');
  }

  private over(turn: Turn, msg: string): void {
    this.lastTurn = turn;
    if (this.failing !== null) this.context.logger.log({ msg, task: this.task.name });
    this.failing = null;
  }

  /** The first failure of a row is logged, and one of another kind. A database that is away is told of elsewhere, too. */
  private failed(error: unknown): void {
    const failure = isDatabaseAway(error) ? 'database_away' : 'failed';
    const line = { task: this.task.name, err: error };
    if (this.failing !== failure) {
      if (failure === 'failed') this.context.logger.error({ msg: 'a task fails', ...line });
      else this.context.logger.warn({ msg: 'a task waits for the database', ...line });
    }
    this.lastTurn = 'failed';
    this.failing = failure;
    this.failures += 1;
  }

  private get tenure(): { name: string; holder: string } {
    return { name: this.task.name, holder: this.context.holder };
  }
}
