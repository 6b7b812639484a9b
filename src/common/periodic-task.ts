/**
 * Runs `work` again and again, never twice at once, until it is stopped. A failure goes to `onError` and the next turn comes
 * all the same; while a turn hangs, no others pile up behind it. The timer alone does not keep the process alive.
 */
export class PeriodicTask {
  private timer: NodeJS.Timeout | undefined;
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** The first turn comes after `firstAfterMs`, and one `everyMs` from then on. */
  start(everyMs: number, firstAfterMs = everyMs): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.timer = setInterval(() => this.tick(), everyMs).unref();
      this.tick();
    }, firstAfterMs).unref();
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

  /** A turn behind the one that is under way; none if another one waits there already, for that will see the same. */
  wake(): void {
    if (this.waiting < 2) void this.run();
  }

  /** No turns by the timer any more; one that is under way goes on, see {@link idle}. */
  stop(): void {
    clearTimeout(this.timer);
  }

  /** Resolves when every turn that was asked for so far is over. */
  idle(): Promise<void> {
    return this.tail;
  }

  private tick(): void {
    if (this.waiting === 0) void this.run();
  }
}
