import { unavailable } from './errors';

/** Lets so many in at a time; so many more wait for their turn, and whoever comes then is told to come back (503). */
export class Turnstile {
  private readonly waiting: (() => void)[] = [];
  private inside = 0;

  constructor(
    private readonly limits: { inside: number; waiting: number },
    private readonly refusal: { code: string; detail: string },
  ) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.inside < this.limits.inside) {
      this.inside += 1;
      return;
    }
    if (this.waiting.length >= this.limits.waiting) throw unavailable(this.refusal.code, this.refusal.detail);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The place of one who leaves goes to the first who waits. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.inside -= 1;
    else next();
  }
}
