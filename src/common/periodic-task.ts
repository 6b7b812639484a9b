/**
 * Runs `work` again and again, never twice at once, until it is stopped. A failure goes to `onError` and the next turn comes
 * all the same; while a turn hangs, no others pile up behind it. The timer alone does not keep the process alive.
 */
export class PeriodicTask {
  private timer: NodeJS.Timeout | null = null;
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(everyMs: number): void {
    this.timer = setInterval(() => {
      if (this.waiting === 0) void this.run();
    }, everyMs).unref();
  }

  /** A turn of its own, behind those that were asked for before it. Never rejects. */
  run(): Promise<void> {
    this.waiting += 1;
    this.tail = this.tail
      .then(this.work)
      .catch(this.onError)
      .finally(() => {
        this.waiting -= 1;
      });
    return this.tail;
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }
}
