import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { Clock } from '../clock';
import { newId } from '../ids';
import { Metrics, type ReadMetric } from '../operations/metrics';
import { Leases } from './lease';
import { LeasedTask, type ScheduledTask, type TaskContext, type Turn } from './leased-task';

/** The first turns come so soon after the start: what came due while no instance ran waits no longer. */
const FIRST_TURN_MS = 1_000;

/**
 * Work by the clock that all instances share. Each task has a lease, and only the instance that holds it has turns; when
 * that one stops another one takes over at once, and when it dies after three turns or 30 seconds, whichever is later.
 * What is due is read from the database at each turn, so a restart loses nothing and what was missed is caught up on.
 *
 * Modules register their tasks in `onModuleInit` or later. A task that fails has its next turn all the same.
 */
@Injectable()
export class Schedule implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly context: TaskContext;
  private readonly tasks = new Map<string, LeasedTask>();
  private state: 'new' | 'started' | 'paused' = 'new';

  constructor(
    clock: Clock,
    leases: Leases,
    private readonly metrics: Metrics,
  ) {
    this.context = { clock, leases, logger: new Logger(Schedule.name), holder: newId() };
  }

  onModuleInit(): void {
    const label = 'task';
    const each = (read: (task: LeasedTask) => number): ReadMetric['read'] => {
      return () => [...this.tasks].map(([name, task]) => [name, read(task)] as const);
    };
    this.metrics.expose({
      name: 'secure_export_schedule_runs_total',
      help: 'Turns of a task on this instance, failed ones included.',
      kind: 'counter',
      label,
      read: each(({ runs }) => runs),
    });
    this.metrics.expose({
      name: 'secure_export_schedule_failures_total',
      help: 'Turns of a task that failed on this instance, whether at the work or at the lease.',
      kind: 'counter',
      label,
      read: each(({ failures }) => failures),
    });
    this.metrics.expose({
      name: 'secure_export_schedule_lease_held',
      help: '1 where this instance does the task, 0 where another one may.',
      kind: 'gauge',
      label,
      read: each(({ isHeld }) => Number(isHeld)),
    });
  }

  onApplicationBootstrap(): void {
    if (this.state === 'paused') return;
    this.state = 'started';
    for (const task of this.tasks.values()) task.start(FIRST_TURN_MS);
  }

  /** While the database is still there. Waits for the turns under way, and gives all leases back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.pause();
    await Promise.all([...this.tasks.values()].map((task) => task.end()));
  }

  register(task: ScheduledTask): void {
    if (this.tasks.has(task.name)) throw new Error(`The task ${task.name} is registered already.`);
    const leased = new LeasedTask(task, this.context);
    this.tasks.set(task.name, leased);
    if (this.state === 'started') leased.start(FIRST_TURN_MS);
  }

  /** One turn now, whatever the timer says, but under the lease. Never rejects: a failure is logged, and answered `failed`. */
  run(name: string): Promise<Turn> {
    const task = this.tasks.get(name);
    if (task === undefined) throw new Error(`There is no task ${name}.`);
    return task.run();
  }

  /** A turn soon, for there is something to do; none more for what is asked for before it begins. */
  wake(name: string): void {
    if (this.state !== 'started') return;
    const task = this.tasks.get(name);
    if (task === undefined) throw new Error(`There is no task ${name}.`);
    task.wake();
  }

  /** No turns by the timers any more, also when it comes before the start: from then on {@link run} alone decides. */
  pause(): void {
    this.state = 'paused';
    for (const task of this.tasks.values()) task.stop();
  }
}
