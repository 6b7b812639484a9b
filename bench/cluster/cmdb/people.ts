import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '../instance';

const ITEMS_PATH = '/api/v1/configuration-items';
const TASKS_PATH = '/api/v1/binding-tasks';
const SEEN_TIMEOUT_MS = 10_000;
const PAUSE_MS = 40;

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** What people do to the CMDB, through any instance. What must not be answered as it was is kept, in words. */
export class People {
  readonly wrongAnswers: string[] = [];
  private items = 0;

  constructor(private readonly token: string) {}

  /** Imports, of which every record must be good. */
  async import(instance: Instance, records: readonly object[]): Promise<void> {
    const { status, body } = await this.call(instance, 'POST', `${ITEMS_PATH}/import`, records);
    if (status === 200 && body.failedCount === 0) return;
    this.wrongAnswers.push(`an import through ${instance.name} was answered ${status}: ${shown(body)}`);
  }

  /** Enters one item after the other: each has the open questions looked at at once, where the instance has that task. */
  async enterItems(instance: Instance, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.create(instance);
      await sleep(PAUSE_MS);
    }
  }

  /** Gives one alias to two items at the same time, through two instances: one of them must be told that it is in use. */
  async shareAlias(one: Instance, other: Instance, value: string): Promise<void> {
    const ids = [await this.create(one), await this.create(one)];
    for (const id of ids) await this.untilSeen(other, id);
    const answers = await Promise.all(
      [one, other].map((instance, index) =>
        this.call(instance, 'POST', `${ITEMS_PATH}/${ids[index] ?? ''}/aliases`, { value }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    if (statuses.join() !== '201,409') this.wrongAnswers.push(`${value}: two items were answered ${statuses.join()}`);
  }

  /** Says what a name means that alerts have asked for, and lets the item learn it. */
  async teach(instance: Instance, value: string, resourceId: string): Promise<void> {
    const task = await this.firstOf(instance, `${TASKS_PATH}?status=open&value=${encodeURIComponent(value)}`);
    const item = await this.firstOf(instance, `${ITEMS_PATH}?resourceId=${encodeURIComponent(resourceId)}`);
    const answer = { configurationItemId: item, learnAlias: true };
    const { status, body } = await this.call(instance, 'POST', `${TASKS_PATH}/${task}/resolve`, answer);
    if (status < 300) return;
    this.wrongAnswers.push(`the answer for ${value} through ${instance.name} was answered ${status}: ${shown(body)}`);
  }

  /** The id of the first of a list, as soon as there is one. */
  private async firstOf(instance: Instance, path: string): Promise<string> {
    const deadline = Date.now() + SEEN_TIMEOUT_MS;
    for (;;) {
      const { body } = await this.call(instance, 'GET', path);
      const [first] = (body.items ?? []) as { id: string }[];
      if (first !== undefined) return first.id;
      if (Date.now() > deadline) throw new Error(`${instance.name} lists nothing under ${path}.`);
      await sleep(10);
    }
  }

  private async create(instance: Instance): Promise<string> {
    const name = `desk-${(this.items += 1)}`;
    const { status, body } = await this.call(instance, 'POST', ITEMS_PATH, { name, className: 'cmdb_ci' });
    if (status !== 201)
      this.wrongAnswers.push(`${name} through ${instance.name} was answered ${status}: ${shown(body)}`);
    return String(body.id);
  }

  /** A node applies what another one has committed a moment later. */
  private async untilSeen(instance: Instance, id: string): Promise<void> {
    const deadline = Date.now() + SEEN_TIMEOUT_MS;
    while ((await this.call(instance, 'GET', `${ITEMS_PATH}/${id}`)).status !== 200) {
      if (Date.now() > deadline) throw new Error(`${instance.name} does not see configuration item ${id}.`);
      await sleep(10);
    }
  }

  private async call(instance: Instance, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${instance.port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
}

function shown(body: Record<string, unknown>): string {
  return JSON.stringify(body).slice(0, 300);
}
