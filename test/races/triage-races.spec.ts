import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { fieldsOf } from '../../src/cmdb/items/item-input.rules';
import { newItem, type Saying } from '../../src/cmdb/items/item-changes.rules';
import { saveItems } from '../../src/cmdb/items/item-store';
import { BINDING_CHECKS } from '../../src/cmdb/triage/binding-checks';
import { newId } from '../../src/common/ids';
import { Schedule } from '../../src/common/schedule/schedule';
import { Transactions } from '../../src/common/transactions';
import { vmId } from '../cmdb/cmdb-builders';
import { describeOnServer } from '../support/database';
import { closedGate } from '../support/gate';
import { sample } from '../support/samples';
import { type Answer, TestApp } from '../support/test-app';

const ROUNDS = 10;

describeOnServer('binding tasks on two instances', () => {
  let one: TestApp;
  let other: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    one = await TestApp.start({ engine: 'server' });
    other = await TestApp.start({ shared: one });
    dataSource = one.app.get(DataSource);
  });
  afterAll(async () => {
    await other.stop();
    await one.stop();
  });

  const post = (app: TestApp, path: string, body: object): Promise<Answer> =>
    app.call('POST', `/api/v1${path}`, { as: app.token('Operator'), body });

  async function anItem(item: object, app = one): Promise<string> {
    return (await post(app, '/configuration-items', item)).body.id as string;
  }

  async function alert(app: TestApp, value: string, targets: string[] = []): Promise<string> {
    const rule = newId();
    const payload = sample('platform-metric-static-cpu-fired', {
      ...{ alertId: `/alerts/${rule}`, originAlertId: rule, alertTargetIDs: targets },
      ...{ configurationItems: [value], firedDateTime: new Date().toISOString() },
    });
    payload.data.alertContext = {};
    const { body } = await app.deliver<{ workItems: { number: string }[] }>(payload);
    return body.workItems[0]!.number;
  }

  async function tasks(query: string): Promise<{ id: string; status: string; workItem: string }[]> {
    return (
      await one.get<{ items: { id: string; status: string; workItem: string }[] }>(`/api/v1/binding-tasks?${query}`)
    ).body.items;
  }

  const itemsOf = async (number: string): Promise<string[]> => {
    const { body } = await one.get<{ configurationItems: { id: string }[] }>(`/api/v1/work-items/${number}`);
    return body.configurationItems.map(({ id }) => id);
  };

  /** A turn of whichever instance has the lease. */
  async function turns(): Promise<void> {
    const outcomes = await Promise.all([one, other].map((app) => app.app.get(Schedule).run(BINDING_CHECKS)));
    expect(outcomes).toContain('done');
    expect(outcomes).not.toContain('failed');
  }

  it('lets one of two who answer a task win, and tells the other what the answer is', async () => {
    const [left, right] = [await anItem({ name: 'left' }), await anItem({ name: 'right' })];
    for (let round = 0; round < ROUNDS; round += 1) {
      const number = await alert(one, `two-${round}`);
      const [task] = await tasks(`workItem=${number}`);
      const answers = await Promise.all([
        post(one, `/binding-tasks/${task!.id}/resolve`, { configurationItemId: left, learnAlias: true }),
        post(other, `/binding-tasks/${task!.id}/resolve`, { configurationItemId: right, learnAlias: true }),
      ]);
      const [winner, loser] = answers.sort((a, b) => a.status - b.status);
      expect([winner.status, loser.status, loser.body.code]).toEqual([200, 409, 'binding_task_resolved']);
      expect(loser.body.answer).toEqual(winner.body.answer);
      expect(await itemsOf(number)).toEqual([(winner.body.answer as { id: string }).id]);
    }
  });

  it('teaches a value to one item only where two people answer two tasks of it', async () => {
    const [left, right] = [await anItem({ name: 'left-2' }), await anItem({ name: 'right-2' })];
    for (let round = 0; round < ROUNDS; round += 1) {
      const value = `once-${round}`;
      const numbers = [await alert(one, value), await alert(one, value)];
      const open = await tasks(`value=${value}`);
      const answers = await Promise.all([
        post(one, `/binding-tasks/${open[0]!.id}/resolve`, { configurationItemId: left, learnAlias: true }),
        post(other, `/binding-tasks/${open[1]!.id}/resolve`, { configurationItemId: right, learnAlias: true }),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(answers.map(({ body }) => body.code)).toContain('alias_in_use');
      await turns();
      expect(await tasks(`value=${value}&status=open`)).toEqual([]);
      const winner = answers.find(({ status }) => status === 200)!.body.answer as { id: string };
      for (const number of numbers) expect(await itemsOf(number)).toEqual([winner.id]);
    }
  });

  it('leaves no task open of those that alerts open while the value is taught', async () => {
    const value = 'taught.corp.example';
    const [first] = await tasks(`workItem=${await alert(one, value)}`);
    const id = await anItem({ name: 'pupil' });
    const alerts = Array.from({ length: 40 }, (_, index) => alert([one, other][index % 2]!, value));
    const [answer, ...numbers] = await Promise.all([
      post(one, `/binding-tasks/${first!.id}/resolve`, { configurationItemId: id, learnAlias: true }),
      ...alerts,
      turns().then(() => ''),
    ]);
    expect(answer.status).toBe(200);
    await turns();
    expect(await tasks(`value=${value}&status=open`)).toEqual([]);
    for (const number of (numbers as string[]).filter((text) => text !== ''))
      expect(await itemsOf(number)).toEqual([id]);
  });

  it('leaves no task open of those that come while the items are created', async () => {
    const values = Array.from({ length: 40 }, (_, index) => `newborn-${index}`);
    await Promise.all(
      values.flatMap((name, index): Promise<unknown>[] => [
        alert([one, other][index % 2]!, name),
        anItem({ name }, [other, one][index % 2]),
        ...(index % 10 === 0 ? [turns()] : []),
      ]),
    );
    await turns();
    for (const value of values) expect(await tasks(`value=${value}&status=open`)).toEqual([]);
  });

  /** An item whose writer has looked for questions, and has not committed yet. */
  async function anItemUnderWay(name: string): Promise<{ id: string; commit: () => Promise<void> }> {
    const [written, gate] = [closedGate(), closedGate()];
    const saying: Saying = { source: 'person', by: null, now: new Date(), newId };
    const item = newItem({ kind: 'item', armId: null, said: { ...fieldsOf(null), name }, aliases: [] }, saying);
    const done = other.app.get(Transactions).run(async (tx) => {
      await saveItems(tx, { inserted: [item], updated: [], now: new Date() });
      written.open();
      await gate.opened;
    });
    await written.opened;
    return {
      id: item.id,
      commit: () => {
        gate.open();
        return done;
      },
    };
  }

  it('waits for an item whose writer did not see the question', async () => {
    const { id, commit } = await anItemUnderWay('unseen');
    const number = await alert(one, 'unseen');
    const [task] = await tasks(`workItem=${number}`);
    expect(task?.status).toBe('open');
    const turn = turns();
    await isWaiting().finally(commit);
    await turn;
    expect(await tasks(`workItem=${number}`)).toMatchObject([{ status: 'resolved' }]);
    expect(await itemsOf(number)).toEqual([id]);
  });

  /** Until the job waits for those who write what it looks for. */
  async function isWaiting(): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt += 1) {
      const rows = await dataSource.query<unknown[]>(
        "SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE '(SELECT keyHash%LOCK IN SHARE MODE%'",
      );
      if (rows.length > 0) return;
      await sleep(10);
    }
    throw new Error('Nobody waits.');
  }

  it('lets a binding follow that an alert made to a stub while it became another item', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `merge-${round}`;
      const into = await anItem({ resourceId: vmId(name, 'old') });
      const first = await alert(one, '', [vmId(name, 'new')]);
      const [second] = await Promise.all([
        alert(one, '', [vmId(name, 'new')]),
        other.call('PATCH', `/api/v1/configuration-items/${into}`, {
          as: other.token('Operator'),
          body: { resourceId: vmId(name, 'new') },
          headers: { 'if-match': '*' },
        }),
      ]);
      await turns();
      for (const number of [first, second]) expect(await itemsOf(number)).toEqual([into]);
    }
  });

  it('binds many that wait for one value, in slices, whoever has the turns', async () => {
    const value = 'crowded';
    const first = await alert(one, value);
    await Promise.all(Array.from({ length: 350 }, (_, index) => alert([one, other][index % 2]!, value)));
    const id = await anItem({ name: 'crowd' });
    const [task] = await tasks(`workItem=${first}`);
    const answer = await post(one, `/binding-tasks/${task!.id}/resolve`, { configurationItemId: id, learnAlias: true });
    expect(answer.body.alsoWaiting).toBe(350);
    await bothAtWork();
    const [{ open }] = await dataSource.query<[{ open: string }]>(
      "SELECT COUNT(*) AS open FROM binding_tasks WHERE value = ? AND status = 'open'",
      [value],
    );
    expect(Number(open)).toBe(0);
    const twice = `SELECT workItemId FROM timeline_entries WHERE kind = 'binding_task_resolved' GROUP BY workItemId HAVING COUNT(*) > 1`;
    expect(await dataSource.query(twice)).toEqual([]);
  });

  async function isLeased(): Promise<boolean> {
    const held = "SELECT name FROM leases WHERE name = ? AND expiresAt > '2001-01-01'";
    return (await dataSource.query<unknown[]>(held, [BINDING_CHECKS])).length > 0;
  }

  /** Both instances at it at once, as where one stood still until its lease was over. */
  async function bothAtWork(): Promise<void> {
    const turn = { isOver: false };
    const first = runAtOnce(one).finally(() => (turn.isOver = true));
    while (!turn.isOver && !(await isLeased())) await sleep(1);
    expect(await Promise.all([first, runAtOnce(other)])).toEqual(['done', 'done']);
  }

  /** Whoever has the lease stands still from now on, for all that the one who takes it can know. */
  async function runAtOnce(instance: TestApp): Promise<string> {
    for (;;) {
      const outcome = await instance.app.get(Schedule).run(BINDING_CHECKS);
      if (outcome !== 'held_elsewhere') return outcome;
      await dataSource.query("UPDATE leases SET expiresAt = '2000-01-01' WHERE name = ?", [BINDING_CHECKS]);
    }
  }
});
