/** Things to be undone at the end, the last one first; a second call waits for the first. */
export class Cleanup {
  private readonly steps: (() => unknown)[] = [];
  private running: Promise<void> | null = null;

  /** What comes when the end has begun already is undone at once. */
  add(step: () => unknown): void {
    if (this.running === null) this.steps.push(step);
    else void step();
  }

  run(): Promise<void> {
    this.running ??= this.undo();
    return this.running;
  }

  private async undo(): Promise<void> {
    for (const step of this.steps.reverse()) {
      try {
        await step();
      } catch (error) {
        console.error(`Cleaning up: ${(error as Error).message}`);
      }
    }
  }
}
