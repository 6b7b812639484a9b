import { Clock } from '../../src/common/clock';

/** Stands still until the test moves it. Tokens are judged by the real time all the same. */
export class TestClock extends Clock {
  constructor(public time: Date = new Date()) {
    super();
  }

  override now(): Date {
    return new Date(this.time);
  }

  advance(ms: number): void {
    this.time = new Date(this.time.getTime() + ms);
  }
}
