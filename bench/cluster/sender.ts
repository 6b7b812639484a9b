import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type Reply } from '../connection';
import { WEBHOOK_PATH } from '../service';
import type { Instance } from './instance';
import type { Step } from './stories.rules';

/** What was sent, and what was answered. */
export interface Sent {
  deliveries: number;
  /** Copies to other instances, and calls that had to be repeated, count, too. */
  calls: number;
  /** Calls by status and outcome, such as `200 created`. */
  answers: Record<string, number>;
  /** Ids of all that was answered with a 2xx. */
  acknowledged: string[];
  /** Deliveries that no instance took, however often they were sent. */
  givenUp: string[];
  seconds: number;
}

const CONNECTIONS = 8;
const MAX_TRIES = 60;
const RETRY_MS = 500;

interface Call {
  step: Step;
  body: string;
}

/** Sends steps to instances over a few connections each, at an even rate, and repeats what was not taken, as Azure does. */
export class Sender {
  private readonly queues: Call[][];
  private readonly result: Sent = { deliveries: 0, calls: 0, answers: {}, acknowledged: [], givenUp: [], seconds: 0 };
  private isFed = false;
  private taken = 0;

  constructor(
    private readonly instances: readonly Instance[],
    private readonly token: string,
  ) {
    this.queues = instances.map(() => []);
  }

  /** Resolves when all are answered. `onTaken` gets the share of the calls that were acknowledged, each time that it grows. */
  async send(
    steps: readonly Step[],
    {
      bodyOf,
      rate,
      random,
      onTaken,
    }: { bodyOf: (step: Step) => string; rate: number; random: () => number; onTaken: (share: number) => void },
  ): Promise<Sent> {
    const start = performance.now();
    const total = steps.reduce((sum, { isCopied }) => sum + (isCopied ? this.instances.length : 1), 0);
    const count = (): void => onTaken((this.taken += 1) / total);
    const callers = this.instances.flatMap((_, index) =>
      Array.from({ length: CONNECTIONS }, () => this.call(index, count)),
    );
    let calls = 0;
    for (const step of steps) {
      const due = start + (calls / rate) * 1_000;
      if (due > performance.now()) await sleep(due - performance.now());
      calls += this.enqueue(step, bodyOf(step), random);
    }
    this.isFed = true;
    await Promise.all(callers);
    return { ...this.result, deliveries: steps.length, seconds: (performance.now() - start) / 1_000 };
  }

  /** To one instance or to all; answers to how many. */
  private enqueue(step: Step, body: string, random: () => number): number {
    const chosen = Math.floor(random() * this.instances.length);
    const targets = step.isCopied ? this.instances.map((_, index) => index) : [chosen];
    for (const instance of targets) this.queues[instance]?.push({ step, body });
    return targets.length;
  }

  /** One connection's worth of calls, one after the other. */
  private async call(instance: number, onTaken: () => void): Promise<void> {
    const line = new Line(this.instances[instance] as Instance, this.token);
    const queue = this.queues[instance] as Call[];
    while (!this.isFed || queue.length > 0) {
      const next = queue.shift();
      if (next === undefined) await sleep(5);
      else if (await this.deliver(line, next)) onTaken();
    }
    line.close();
  }

  /** Whether it was acknowledged in the end. */
  private async deliver(line: Line, { step, body }: Call): Promise<boolean> {
    for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      const reply = await line.post(body);
      this.note(reply);
      if (reply !== null && reply.status < 300) return true;
      await sleep(RETRY_MS);
    }
    this.result.givenUp.push(`${step.episode} ${step.condition}`);
    return false;
  }

  private note(reply: Reply | null): void {
    const { answers, acknowledged } = this.result;
    this.result.calls += 1;
    const outcome = reply === null ? '' : (/"(?:outcome|code)":"(\w+)"/.exec(reply.body)?.[1] ?? '');
    const name = reply === null ? 'no answer' : `${reply.status} ${outcome}`.trim();
    answers[name] = (answers[name] ?? 0) + 1;
    const id = reply === null || reply.status >= 300 ? undefined : /"deliveryId":"([^"]+)"/.exec(reply.body)?.[1];
    if (id !== undefined) acknowledged.push(id);
  }
}

/** A connection to an instance, wherever that listens now. */
class Line {
  private connection: Connection | null = null;
  private port: number | null = null;

  constructor(
    private readonly instance: Instance,
    private readonly token: string,
  ) {}

  /** Null if there was no answer. */
  async post(body: string): Promise<Reply | null> {
    if (this.instance.port === null) return null;
    if (this.instance.port !== this.port) this.open(this.instance.port);
    try {
      return (await this.connection?.post(body)) ?? null;
    } catch {
      return null;
    }
  }

  close(): void {
    this.connection?.close();
  }

  private open(port: number): void {
    this.close();
    this.port = port;
    this.connection = new Connection(port, { path: WEBHOOK_PATH, token: this.token });
  }
}
