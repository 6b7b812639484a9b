import { Agent, request } from 'node:http';
import type { Variant } from '../search/requests';

/** What people did meanwhile, and what went wrong. */
export interface PeopleResult {
  reads: number;
  changes: number;
  /** Answers that are neither good nor the 409 or 412 of one who came second. */
  errors: number;
  faults: string[];
}

const READERS = 3;
const EDITORS = 2;
const PAUSE_MS = 20;
const MAX_FAULTS = 3;

/** Readers and editors at their screens: each asks again a moment after it was answered. */
export class People {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: READERS + EDITORS });
  private readonly result: PeopleResult = { reads: 0, changes: 0, errors: 0, faults: [] };
  private stopping = false;
  private readonly all: Promise<unknown>;

  constructor(
    private readonly port: number,
    private readonly token: string,
    private readonly variants: readonly Variant[],
  ) {
    const readers = Array.from({ length: READERS }, (_, index) =>
      this.work((turn) => this.read(turn * READERS + index)),
    );
    const editors = Array.from({ length: EDITORS }, (_, index) =>
      this.work((turn) => this.edit(turn * EDITORS + index)),
    );
    this.all = Promise.all([...readers, ...editors]);
  }

  async stop(): Promise<PeopleResult> {
    this.stopping = true;
    await this.all;
    this.agent.destroy();
    return this.result;
  }

  private async work(step: (turn: number) => Promise<void>): Promise<void> {
    for (let turn = 0; !this.stopping; turn += 1) {
      await step(turn).catch((error: unknown) => this.fail((error as Error).message));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private async read(turn: number): Promise<void> {
    const variant = this.variants[turn % this.variants.length] as Variant;
    const { status } = await this.send('GET', variant.path(turn));
    this.result.reads += 1;
    if (status !== 200) this.fail(`${status} to ${variant.name}`);
  }

  /** Of the newest work items one is changed, commented or taken up. */
  private async edit(turn: number): Promise<void> {
    const list = await this.send('GET', '/api/v1/work-items?state=new&limit=50');
    const { items } = JSON.parse(list.body) as { items: { number: string; version: number }[] };
    const item = items[(turn * 7) % Math.max(1, items.length)];
    if (item === undefined) return;
    const path = `/api/v1/work-items/${item.number}`;
    const steps = [
      () => this.send('PATCH', path, { category: `c${turn % 5}` }, `"${item.version}"`),
      () => this.send('POST', `${path}/comments`, { text: `look ${turn}`, kind: 'work_note' }),
      () => this.send('POST', `${path}/transitions`, { to: 'in_progress' }),
    ];
    const { status, body } = await (steps[turn % steps.length] as (typeof steps)[0])();
    this.result.changes += 1;
    if (status >= 300 && status !== 409 && status !== 412) this.fail(`${status} ${body.slice(0, 200)}`);
  }

  private fail(fault: string): void {
    this.result.errors += 1;
    if (this.result.faults.length < MAX_FAULTS) this.result.faults.push(fault);
  }

  private send(
    method: string,
    path: string,
    value?: object,
    ifMatch?: string,
  ): Promise<{ status: number; body: string }> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(value === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    };
    return new Promise((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: this.port, method, path, headers, agent: this.agent },
        (answer) => {
          let body = '';
          answer.setEncoding('utf8').on('data', (part: string) => (body += part));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body })).on('error', reject);
        },
      );
      call.on('error', reject);
      call.end(value === undefined ? undefined : JSON.stringify(value));
    });
  }
}
