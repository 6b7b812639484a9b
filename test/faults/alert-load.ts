import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../src/common/ids';
import { sample, type Sample } from '../support/samples';

const SENDERS = 12;
/** Between two calls of a sender: the load is steady, not all that the machine can do. */
const PAUSE_MS = 25;
/** Azure gives up on a call, and so does this sender; what is not acknowledged is sent again. */
const PATIENCE_MS = 30_000;
const REPEAT_AFTER_MS = 100;
const REPEAT_FOR_MS = 90_000;
/** So long before now all stories begin. */
const STORY_BEGAN_MS = 30 * 60_000;
/** Signatures whose calls are mixed among each other. */
const MIXED = 8;

/** What a call answered. */
export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** Sends one call of an action group to the service as it is now; rejects when there is no answer. */
export type Post = (payload: unknown) => Promise<Reply>;

/** A call that the service has acknowledged. */
export interface Acknowledged {
  deliveryId: string;
  signature: string;
  status: number;
  outcome: string;
  numbers: string[];
}

/** What a signature has to come to, whatever happens on the way. */
export interface Expected {
  state: 'new' | 'resolved';
  /** Alerts, all of one work item. */
  alerts: number;
}

interface Call {
  signature: string;
  payload: Sample;
}

/** One signature's calls, as minutes into its story: `-` is a Resolved. */
const STORIES: readonly { calls: readonly string[]; expected: Expected }[] = [
  { calls: ['a 0', 'a 0'], expected: { state: 'new', alerts: 1 } },
  { calls: ['a 0', '-a 5'], expected: { state: 'resolved', alerts: 1 } },
  { calls: ['a 0', 'b 3', '-a 5'], expected: { state: 'new', alerts: 2 } },
  { calls: ['a 0', '-a 5', 'b 9', '-b 12', '-b 12'], expected: { state: 'resolved', alerts: 2 } },
];

/**
 * Action groups that call the service as Azure does: several at once, in any order, and again until they are told that the
 * alert is kept. Alerts fire, repeat and resolve; what each signature must end as is known from the start.
 */
export class AlertLoad {
  readonly acknowledged: Acknowledged[] = [];
  readonly expected = new Map<string, Expected>();
  /** How many calls were answered so; 0 = not at all. */
  readonly statuses = new Map<number, number>();
  /** The longest time that an answer took. */
  slowestMs = 0;
  private readonly name = newId();
  /** Recent: what was resolved long ago is closed by the clock. */
  private readonly start = new Date(Date.now() - STORY_BEGAN_MS);
  private readonly running: Promise<unknown>;
  private calls: Call[] = [];
  private isEnding = false;
  private isGivenUp = false;

  constructor(private readonly post: Post) {
    this.running = Promise.all(Array.from({ length: SENDERS }, () => this.send()));
    // Whoever ends the load hears of it.
    this.running.catch(() => undefined);
  }

  /** Nothing new begins; resolves when all that has begun is acknowledged. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.running;
  }

  /** Stops at once, whatever is not acknowledged yet. */
  async giveUp(): Promise<void> {
    this.isEnding = true;
    this.isGivenUp = true;
    await this.running.catch(() => undefined);
  }

  /** Resolves when so many more calls are acknowledged than now. */
  async untilMore(count: number): Promise<void> {
    await this.until(this.acknowledged.length + count, () => this.acknowledged.length);
  }

  /** Resolves when so many more calls are answered like this than now. */
  async untilMoreOf(status: number, count: number): Promise<void> {
    await this.until(this.countOf(status) + count, () => this.countOf(status));
  }

  countOf(status: number): number {
    return this.statuses.get(status) ?? 0;
  }

  private async until(target: number, count: () => number): Promise<void> {
    const deadline = Date.now() + REPEAT_FOR_MS;
    while (count() < target) {
      if (Date.now() > deadline) throw new Error(`The load came to ${count()} of ${target}: ${this.summary()}`);
      await sleep(10);
    }
  }

  private async send(): Promise<void> {
    for (;;) {
      if (this.calls.length === 0) this.begin();
      const call = this.isGivenUp ? undefined : this.calls.pop();
      if (call === undefined) return;
      await this.untilAcknowledged(call);
      await sleep(PAUSE_MS);
    }
  }

  /** The calls of some more signatures, shuffled. */
  private begin(): void {
    if (this.isEnding) return;
    for (let index = 0; index < MIXED; index += 1) {
      const signature = `${this.name}-${this.expected.size}`;
      const story = STORIES[this.expected.size % STORIES.length]!;
      this.expected.set(signature, story.expected);
      for (const step of story.calls) {
        this.calls.push({ signature, payload: this.payloadOf(signature, { step, of: story.calls }) });
      }
    }
    this.calls = this.calls
      .map((call) => ({ call, place: Math.random() }))
      .sort((one, other) => one.place - other.place)
      .map(({ call }) => call);
  }

  private payloadOf(signature: string, { step, of }: { step: string; of: readonly string[] }): Sample {
    const [who = '', minute = ''] = step.split(' ');
    const episode = who.replace('-', '');
    const [, firedMinute = ''] = of.find((each) => each.startsWith(`${episode} `))?.split(' ') ?? [];
    const essentials = {
      alertId: `/faults/${signature}/${episode}`,
      originAlertId: signature,
      firedDateTime: this.at(firedMinute),
    };
    return who === episode
      ? sample('platform-metric-heartbeat-fired', essentials)
      : sample('platform-metric-heartbeat-resolved', { ...essentials, resolvedDateTime: this.at(minute) });
  }

  private at(minute: string): string {
    return new Date(this.start.getTime() + Number(minute) * 60_000).toISOString();
  }

  private async untilAcknowledged({ signature, payload }: Call): Promise<void> {
    const deadline = Date.now() + REPEAT_FOR_MS;
    while (Date.now() < deadline && !this.isGivenUp) {
      const reply = await this.try(payload);
      if (reply !== null && reply.status < 300) {
        this.acknowledged.push(acknowledgement(signature, reply));
        return;
      }
      await sleep(REPEAT_AFTER_MS);
    }
    throw new Error(`A call was not acknowledged within ${REPEAT_FOR_MS} ms: ${this.summary()}`);
  }

  private async try(payload: Sample): Promise<Reply | null> {
    const start = performance.now();
    const reply = await within(PATIENCE_MS, this.post(payload)).catch(() => null);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
    const status = reply?.status ?? 0;
    this.statuses.set(status, this.countOf(status) + 1);
    return reply;
  }

  private summary(): string {
    return [...this.statuses].map(([status, count]) => `${status}: ${count}`).join(', ');
  }
}

function acknowledgement(signature: string, { status, body }: Reply): Acknowledged {
  const workItems = (body.workItems ?? []) as { number: string }[];
  return {
    deliveryId: String(body.deliveryId),
    signature,
    status,
    outcome: String(body.outcome),
    numbers: workItems.map(({ number }) => number),
  };
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
