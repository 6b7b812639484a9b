import { DataSource } from 'typeorm';
import { BINDING_CHECKS } from '../../src/cmdb/triage/binding-checks';
import { newId } from '../../src/common/ids';
import { Schedule } from '../../src/common/schedule/schedule';
import { ENGINES } from '../support/database';
import { sample } from '../support/samples';
import { type Answer, TestApp } from '../support/test-app';
import { vmId } from './cmdb-builders';

const NO_ID = '00000000-0000-4000-8000-000000000000';
const SERVERS = '00000000-0000-0000-0000-000000000000';
const WORKSPACE = `/subscriptions/${SERVERS}/resourceGroups/mon/providers/Microsoft.OperationalInsights/workspaces/law`;

interface Task {
  id: string;
  status: string;
  value: string;
  reason: string;
  workItem: string;
  resolvedBy: string | null;
  resolvedAt: string | null;
  answer: { id: string; name: string } | null;
  candidates: { id: string; name: string; className: string; status: string }[];
}

interface Entry {
  kind: string;
  actor: string;
  summary: string;
  detail: Record<string, unknown>;
}

interface Shown {
  state: string;
  version: number;
  impact: number;
  priority: number;
  configurationItems: {
    id: string;
    name: string;
    role: string;
    binding: { method: string; others: { name: string; reason: string }[] };
  }[];
}

describe.each(ENGINES)('binding tasks on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    dataSource = app.app.get(DataSource);
  });
  afterAll(() => app.stop());

  const post = (path: string, body: object, role = 'Operator'): Promise<Answer> =>
    app.call('POST', `/api/v1${path}`, { as: app.token(role), body });
  const resolve = (id: string, body: object, role?: string): Promise<Answer> =>
    post(`/binding-tasks/${id}/resolve`, body, role);
  const dismiss = (id: string, body: object = {}, role?: string): Promise<Answer> =>
    post(`/binding-tasks/${id}/dismiss`, body, role);
  const turn = async (): Promise<void> => {
    expect(await app.app.get(Schedule).run(BINDING_CHECKS)).toBe('done');
  };
  const taskOf = async (id: string): Promise<Task> => (await app.get<Task>(`/api/v1/binding-tasks/${id}`)).body;
  const tasks = async (query: string): Promise<Task[]> => {
    const { status, body } = await app.get<{ items: Task[] }>(`/api/v1/binding-tasks?${query}`);
    expect(status).toBe(200);
    return body.items;
  };
  const workItem = async (number: string): Promise<Shown> =>
    (await app.get<Shown>(`/api/v1/work-items/${number}`)).body;
  const timeline = async (number: string): Promise<Entry[]> =>
    (await app.get<{ items: Entry[] }>(`/api/v1/work-items/${number}/timeline?limit=200`)).body.items;

  async function anItem(item: object): Promise<string> {
    const { status, body } = await post('/configuration-items', item);
    expect(status).toBe(201);
    return body.id as string;
  }

  /** A work item about something that is called so, which runs on nothing that the CMDB would bind instead. */
  async function anIncident(value: string, targets: string[] = []): Promise<string> {
    const rule = newId();
    const payload = sample('platform-metric-static-cpu-fired', {
      alertId: `/alerts/${rule}`,
      originAlertId: rule,
      alertTargetIDs: targets,
      configurationItems: [value],
      firedDateTime: new Date().toISOString(),
    });
    payload.data.alertContext = {};
    const { body } = await app.post<{ workItems: { number: string }[] }>(payload);
    return body.workItems[0]!.number;
  }

  async function aTask(value: string, targets?: string[]): Promise<Task> {
    const number = await anIncident(value, targets);
    const [task] = await tasks(`workItem=${number}`);
    expect(task).toMatchObject({ status: 'open', value, workItem: number });
    return task!;
  }

  it('binds what a person names, by their word, and says so everywhere', async () => {
    const task = await aTask('db-01');
    const id = await anItem({ name: 'database one', criticality: 1 });
    const before = await workItem(task.workItem);
    const { status, body } = await resolve(task.id, { configurationItemId: id.toUpperCase() });
    expect([status, body]).toMatchObject([
      200,
      { status: 'resolved', resolvedBy: 'Test', answer: { id, name: 'database one' }, alsoWaiting: 0 },
    ]);
    expect(body.resolvedAt).toEqual(expect.any(String));
    expect(await taskOf(task.id)).toEqual({ ...body, alsoWaiting: undefined });
    const after = await workItem(task.workItem);
    expect(after).toMatchObject({
      configurationItems: [{ id, role: 'primary', binding: { method: 'manual', others: [] } }],
      impact: 1,
      version: before.version + 1,
    });
    expect(after.priority).toBeLessThan(before.priority);
    const entry = (await timeline(task.workItem)).at(-1)!;
    expect(entry).toMatchObject({
      kind: 'binding_task_resolved',
      actor: expect.stringMatching(/^user:/) as string,
      summary: '"db-01" is database one, says Test',
      detail: { taskId: task.id, value: 'db-01', configurationItemId: id, by: 'Test', learnedAlias: false },
    });
    const audit = await app.get<{ items: object[] }>(`/api/v1/admin/audit-events?subjectId=${task.id}`, 'Admin');
    expect(audit.body.items).toMatchObject([
      { action: 'binding_task.resolved', before: { status: 'open' }, after: { configurationItemId: id } },
    ]);
    expect(await dataSource.query('SELECT * FROM binding_task_keys WHERE taskId = ?', [task.id])).toEqual([]);
    const explained = await app.get<{ steps: { step: string; at: string | null }[] }>(
      `/api/v1/work-items/${task.workItem}/explain`,
    );
    expect(explained.body.steps.find(({ step }) => step === 'binding')?.at).not.toBeNull();
  });

  it('tells who comes second who was first, and what the answer is', async () => {
    const task = await aTask('late');
    const id = await anItem({ name: 'late one' });
    await resolve(task.id, { configurationItemId: id });
    const second = [await resolve(task.id, { configurationItemId: id }), await dismiss(task.id)];
    for (const { status, body } of second) {
      expect([status, body]).toMatchObject([
        409,
        { code: 'binding_task_resolved', taskStatus: 'resolved', resolvedBy: 'Test', answer: { id, name: 'late one' } },
      ]);
    }
  });

  it('gives the lead to the answer only where nothing else has it, or a mere container', async () => {
    const id = await anItem({ name: 'the machine' });
    const onWorkspace = await aTask('who-knows', [WORKSPACE]);
    await resolve(onWorkspace.id, { configurationItemId: id });
    expect((await workItem(onWorkspace.workItem)).configurationItems.map(({ name, role }) => [name, role])).toEqual([
      ['the machine', 'primary'],
      ['law', 'affected'],
    ]);
    const onMachine = await aTask('who-else', [vmId('leads')]);
    await resolve(onMachine.id, { configurationItemId: id });
    expect((await workItem(onMachine.workItem)).configurationItems.map(({ name, role }) => [name, role])).toEqual([
      ['leads', 'primary'],
      ['the machine', 'affected'],
    ]);
  });

  describe('a question that several items answered equally well closes by itself once one of them', () => {
    const diskId = (name: string, group: string): string =>
      vmId(name, group).replace('Microsoft.Compute/virtualMachines', 'Microsoft.Compute/disks');

    async function change(method: 'PATCH' | 'DELETE', path: string, body?: object): Promise<void> {
      const headers = { 'if-match': '*' };
      const as = app.token('Operator');
      const { status } = await app.call(method, `/api/v1/configuration-items/${path}`, { as, headers, body });
      expect(status).toBeLessThan(300);
    }

    /** The task is open, and is looked at no more until something comes. */
    async function anAmbiguousTask(value: string, targets?: string[]): Promise<Task> {
      const task = await aTask(value, targets);
      expect(task.reason).toBe('ambiguous');
      await turn();
      expect((await taskOf(task.id)).status).toBe('open');
      return task;
    }

    it('has another name', async () => {
      const [left, right] = [await anItem({ name: 'renamed' }), await anItem({ name: 'renamed' })];
      const task = await anAmbiguousTask('renamed');
      await change('PATCH', left, { name: 'renamed-2' });
      await turn();
      expect(await taskOf(task.id)).toMatchObject({ status: 'resolved', answer: { id: right } });
    });

    it('has moved, to another name', async () => {
      const moved = await anItem({ resourceId: diskId('data', 'from') });
      const stays = await anItem({ resourceId: vmId('data', 'from') });
      const task = await anAmbiguousTask('data', [WORKSPACE.replace(SERVERS, 's1').replace('/mon/', '/from/')]);
      await change('PATCH', moved, { resourceId: diskId('data-2', 'to') });
      await turn();
      expect(await taskOf(task.id)).toMatchObject({ status: 'resolved', answer: { id: stays } });
    });

    it('has lost an alias, and at once', async () => {
      const loses = await anItem({ name: 'loses', aliases: ['gateway.one.example'] });
      const keeps = await anItem({ name: 'keeps', aliases: ['gateway.other.example'] });
      const task = await anAmbiguousTask('gateway');
      const { body } = await app.get<{ items: { id: string }[] }>(`/api/v1/configuration-items/${loses}/aliases`);
      const wake = jest.spyOn(app.app.get(Schedule), 'wake');
      await change('DELETE', `${loses}/aliases/${body.items[0]!.id}`);
      expect(wake.mock.calls).toEqual([[BINDING_CHECKS]]);
      wake.mockRestore();
      await turn();
      expect(await taskOf(task.id)).toMatchObject({ status: 'resolved', answer: { id: keeps } });
    });
  });

  it('refuses items that answer nothing, and leaves the task open', async () => {
    const task = await aTask('refused');
    const retired = await anItem({ name: 'retired', status: 'retired' });
    const merged = await aMergedStub();
    const answers = [
      await resolve(task.id, { configurationItemId: NO_ID }),
      await resolve(task.id, {}),
      await resolve(task.id, { configurationItemId: retired, learnAlias: 'yes' }),
      await resolve(task.id, { configurationItemId: retired }),
      await resolve(task.id, { configurationItemId: merged.stubId }),
      await resolve(NO_ID, { configurationItemId: retired }),
      await resolve('x', { configurationItemId: retired }),
      await resolve(task.id, { configurationItemId: retired }, 'Viewer'),
      await dismiss(task.id, {}, 'Viewer'),
      await dismiss(task.id, { reason: 'x'.repeat(501) }),
    ];
    expect(answers.map(({ status, body }) => `${status} ${String(body.code)}`)).toEqual([
      '400 invalid_request',
      '400 invalid_request',
      '400 invalid_request',
      '409 configuration_item_retired',
      '409 configuration_item_retired',
      '404 not_found',
      '404 not_found',
      '403 forbidden',
      '403 forbidden',
      '400 invalid_request',
    ]);
    expect(answers[0]!.body.errors).toMatchObject([{ path: 'configurationItemId' }]);
    expect(answers[4]!.body.mergedIntoId).toBe(merged.intoId);
    expect(await taskOf(task.id)).toEqual(task);
  });

  /** A stub that an alert made, which turned out to be an item under its new ARM id. */
  async function aMergedStub(): Promise<{ stubId: string; intoId: string; number: string }> {
    const name = `moved-${newId()}`;
    const intoId = await anItem({ resourceId: vmId(name, 'old'), criticality: 1 });
    const number = await anIncident('', [vmId(name, 'new')]);
    const stubId = (await workItem(number)).configurationItems[0]!.id;
    const { status } = await app.call('PATCH', `/api/v1/configuration-items/${intoId}`, {
      as: app.token('Operator'),
      body: { resourceId: vmId(name, 'new') },
      headers: { 'if-match': '"1"' },
    });
    expect(status).toBe(200);
    return { stubId, intoId, number };
  }

  it('lets work items follow a stub that turned out to be another item, and tells of it', async () => {
    const { stubId, intoId, number } = await aMergedStub();
    expect(await workItem(number)).toMatchObject({ configurationItems: [{ id: stubId }], impact: 2 });
    await turn();
    expect(await workItem(number)).toMatchObject({ configurationItems: [{ id: intoId, role: 'primary' }], impact: 1 });
    const bound = (await timeline(number)).filter(({ kind }) => kind === 'configuration_item_bound').at(-1);
    expect(bound?.detail).toEqual({ configurationItemId: intoId, mergedFrom: stubId });
    const { version } = await workItem(number);
    await turn();
    expect((await workItem(number)).version).toBe(version);
  });

  it('teaches the value, and all that wait for it are bound', async () => {
    const id = await anItem({ name: 'web farm', criticality: 1 });
    const value = 'WEB.corp.example';
    const waiting = [await aTask(value), await aTask('web.CORP.example.'), await aTask(value)];
    const other = await aTask('web2.corp.example');
    const { status, body } = await resolve(waiting[0]!.id, { configurationItemId: id, learnAlias: true });
    expect([status, body.alsoWaiting]).toEqual([200, 2]);
    const aliases = await app.get<{ items: object[] }>(`/api/v1/configuration-items/${id}/aliases`);
    expect(aliases.body.items).toMatchObject([{ value, source: 'learned', taskId: waiting[0]!.id, createdBy: 'Test' }]);
    expect((await taskOf(waiting[1]!.id)).status).toBe('open');
    await turn();
    for (const { id: taskId, workItem: number } of waiting.slice(1)) {
      expect(await taskOf(taskId)).toMatchObject({ status: 'resolved', resolvedBy: null, answer: { id } });
      expect(await workItem(number)).toMatchObject({
        configurationItems: [{ id, role: 'primary', binding: { method: 'alias' } }],
        impact: 1,
      });
      const kinds = (await timeline(number)).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['configuration_item_bound', 'binding_task_resolved']));
    }
    expect((await taskOf(other.id)).status).toBe('open');
    expect(await tasks(`workItem=${await anIncident(value)}`)).toEqual([]);
    const [learned] = aliases.body.items as { id: string }[];
    const revoked = await app.call('DELETE', `/api/v1/configuration-items/${id}/aliases/${learned!.id}`, {
      as: app.token('Operator'),
      headers: { 'if-match': '*' },
    });
    expect(revoked.status).toBeLessThan(300);
    await turn();
    for (const { workItem: number } of waiting) {
      expect((await workItem(number)).configurationItems.map((item) => item.id)).toEqual([id]);
    }
    const audit = await app.get<{ items: { action: string }[] }>(`/api/v1/admin/audit-events?subjectId=${id}`, 'Admin');
    expect(audit.body.items.map(({ action }) => action)).toContain('configuration_item.alias_learned');
  });

  it('refuses to teach what another item is known by, and leaves all as it was', async () => {
    const task = await aTask('taken.corp.example');
    const wanted = await anItem({ name: 'wanted' });
    const owner = await anItem({ name: 'owner', aliases: ['Taken.corp.example'] });
    const { status, body } = await resolve(task.id, { configurationItemId: wanted, learnAlias: true });
    expect([status, body.code, body.configurationItemId]).toEqual([409, 'alias_in_use', owner]);
    expect((await taskOf(task.id)).status).toBe('open');
    expect((await workItem(task.workItem)).configurationItems).toEqual([]);
    expect((await timeline(task.workItem)).map(({ kind }) => kind)).not.toContain('binding_task_resolved');
  });

  it('teaches an item no more aliases than it may have', async () => {
    const task = await aTask('one-too-many');
    const id = await anItem({ name: 'full', aliases: Array.from({ length: 100 }, (_, index) => `full-${index}`) });
    const { status, body } = await resolve(task.id, { configurationItemId: id, learnAlias: true });
    expect([status, body.code]).toEqual([409, 'too_many_aliases']);
    expect((await taskOf(task.id)).status).toBe('open');
    expect((await resolve(task.id, { configurationItemId: id })).status).toBe(200);
  });

  it('teaches what is ambiguous, what has retired, and an ARM id', async () => {
    const twins = [await anItem({ name: 'twin' }), await anItem({ name: 'twin' })];
    await anItem({ name: 'gone', status: 'retired' });
    const armId = vmId(`retired-${newId()}`);
    await anItem({ resourceId: armId, status: 'retired' });
    const heir = await anItem({ name: 'heir' });
    const cases = [
      { reason: 'ambiguous', id: twins[1]!, open: [await aTask('twin'), await aTask('TWIN')] },
      { reason: 'retired', id: heir, open: [await aTask('gone'), await aTask('Gone')] },
      { reason: 'retired', id: heir, open: [await aTask(armId), await aTask(armId.toUpperCase())] },
    ];
    for (const { reason, id, open } of cases) {
      expect(open.map((task) => task.reason)).toEqual([reason, reason]);
      const { status } = await resolve(open[0]!.id, { configurationItemId: id, learnAlias: true });
      expect(status).toBe(200);
      await turn();
      expect(await taskOf(open[1]!.id)).toMatchObject({ status: 'resolved', answer: { id } });
      expect((await workItem(open[1]!.workItem)).configurationItems.map((item) => item.id)).toEqual([id]);
    }
    const [ambiguous] = cases;
    const { configurationItems } = await workItem(ambiguous!.open[1]!.workItem);
    expect(configurationItems[0]!.binding.others).toMatchObject([{ name: 'twin', reason: 'weaker_evidence' }]);
  });

  it('leaves a dismissed value alone on its work item, and asks for it on others', async () => {
    const task = await aTask('noise');
    const before = await workItem(task.workItem);
    const { status, body } = await dismiss(task.id, { reason: 'a test machine' });
    expect([status, body]).toMatchObject([200, { status: 'dismissed', resolvedBy: 'Test', answer: null }]);
    expect(await tasks('status=dismissed')).toMatchObject([{ id: task.id }]);
    expect((await timeline(task.workItem)).at(-1)).toMatchObject({
      kind: 'binding_task_dismissed',
      summary: 'Nothing to bind for "noise", says Test: a test machine',
      detail: { taskId: task.id, reason: 'a test machine' },
    });
    expect((await workItem(task.workItem)).version).toBe(before.version);
    const audit = await app.get<{ items: object[] }>(`/api/v1/admin/audit-events?subjectId=${task.id}`, 'Admin');
    expect(audit.body.items).toMatchObject([{ action: 'binding_task.dismissed', after: { reason: 'a test machine' } }]);
    await anItem({ name: 'noise' });
    await turn();
    expect(await taskOf(task.id)).toMatchObject({ status: 'dismissed' });
    expect((await workItem(task.workItem)).configurationItems).toEqual([]);
    expect(await tasks(`workItem=${await anIncident('noise')}`)).toEqual([]);
  });

  it('answers the task of a canceled work item, whose row stays as it is', async () => {
    const task = await aTask('history');
    const canceled = await post(`/work-items/${task.workItem}/transitions`, {
      to: 'canceled',
      resolutionCode: 'duplicate',
    });
    expect(canceled.status).toBe(200);
    const before = await workItem(task.workItem);
    const id = await anItem({ name: 'was it', criticality: 1 });
    expect((await resolve(task.id, { configurationItemId: id, learnAlias: true })).status).toBe(200);
    const { configurationItems, ...row } = await workItem(task.workItem);
    expect(configurationItems).toMatchObject([{ id }]);
    expect({ ...row, configurationItems: [] }).toEqual({ ...before, configurationItems: [] });
    expect((await timeline(task.workItem)).at(-1)?.kind).toBe('binding_task_resolved');
  });

  it('closes by itself once what it waits for is there, and shows what became ambiguous', async () => {
    const task = await aTask('comes-later');
    await turn();
    expect(await taskOf(task.id)).toEqual(task);
    const id = await anItem({ name: 'comes-later', criticality: 1 });
    await turn();
    expect(await taskOf(task.id)).toMatchObject({ status: 'resolved', resolvedBy: null, answer: { id } });
    const told = (await timeline(task.workItem)).slice(-3);
    expect(told.map(({ kind, actor }) => [kind, actor])).toEqual([
      ['configuration_item_bound', 'system:monitoring'],
      ['binding_task_resolved', 'system:monitoring'],
      ['impact_changed', 'system:monitoring'],
    ]);
    expect(told[0]!.detail).toMatchObject({ configurationItemId: id, method: 'unique_name', confidence: 60 });

    const open = await aTask('soon-two');
    const two = [await anItem({ name: 'soon-two' }), await anItem({ name: 'soon-two' })];
    await turn();
    const { reason, candidates } = await taskOf(open.id);
    expect([reason, candidates.map((each) => each.id).sort()]).toEqual(['ambiguous', two.sort()]);
    expect(candidates[0]).toMatchObject({ className: 'cmdb_ci', status: 'operational' });
  });

  it('keeps nothing waiting for one work item that can not be looked at', async () => {
    const [bad, good] = [await aTask('bad-row'), await aTask('good-row')];
    await turn();
    await dataSource.query("UPDATE binding_tasks SET candidateIds = '{' WHERE id = ?", [bad.id]);
    await anItem({ name: 'bad-row' });
    const id = await anItem({ name: 'good-row' });
    await turn();
    expect(await taskOf(good.id)).toMatchObject({ status: 'resolved', answer: { id } });
    expect(app.logLines).toContainEqual(expect.objectContaining({ workItemId: Number(bad.workItem.slice(3)) }));
    await dataSource.query("UPDATE binding_tasks SET candidateIds = '[]' WHERE id = ?", [bad.id]);
    await turn();
    expect((await taskOf(bad.id)).status).toBe('open');
    await dataSource.query('UPDATE binding_tasks SET checkAt = createdAt WHERE id = ?', [bad.id]);
    await turn();
    expect((await taskOf(bad.id)).status).toBe('resolved');
  });

  it('binds what a canceled work item waits for, whose row stays as it is', async () => {
    const task = await aTask('too-late');
    await post(`/work-items/${task.workItem}/transitions`, { to: 'canceled', resolutionCode: 'duplicate' });
    const before = await workItem(task.workItem);
    const id = await anItem({ name: 'too-late', criticality: 1 });
    await turn();
    const { version, impact, configurationItems } = await workItem(task.workItem);
    expect([version, impact]).toEqual([before.version, before.impact]);
    expect(configurationItems).toMatchObject([{ id }]);
    expect((await timeline(task.workItem)).map(({ kind }) => kind)).toContain('binding_task_resolved');
  });

  it('never binds again what a person took off', async () => {
    const task = await aTask('taken-off');
    const id = await anItem({ name: 'taken-off' });
    await resolve(task.id, { configurationItemId: id });
    await app.call('DELETE', `/api/v1/work-items/${task.workItem}/configuration-items/${id}`, {
      as: app.token('Operator'),
    });
    await dataSource.query('UPDATE binding_tasks SET checkAt = createdAt WHERE id = ?', [task.id]);
    await turn();
    expect((await workItem(task.workItem)).configurationItems).toEqual([]);
    const [row] = await dataSource.query<object[]>('SELECT status, checkAt FROM binding_tasks WHERE id = ?', [task.id]);
    expect(row).toEqual({ status: 'resolved', checkAt: null });
  });

  it('finds tasks by status, reason, value and work item, the newest first, page by page', async () => {
    await anItem({ name: 'pair' });
    await anItem({ name: 'pair' });
    const two = await aTask('pair');
    const lost = [await aTask('Find.Me'), await aTask('find.me')];
    const idsOf = async (query: string): Promise<string[]> => (await tasks(query)).map(({ id }) => id);
    expect(await idsOf('value=FIND.ME.')).toEqual([lost[1]!.id, lost[0]!.id]);
    expect(await idsOf('reason=ambiguous&status=open')).toContain(two.id);
    expect(await idsOf('reason=ambiguous&status=open')).not.toContain(lost[0]!.id);
    expect(await idsOf('reason=ambiguous,unmatched&value=find.me')).toHaveLength(2);
    expect(await idsOf(`workItem=${two.workItem.toLowerCase()}`)).toEqual([two.id]);
    expect((await app.get('/api/v1/binding-tasks?workItem=1')).status).toBe(400);
    expect((await app.get('/api/v1/binding-tasks?status=none')).status).toBe(400);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const at: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = await app.get<{ items: Task[]; nextCursor: string | null }>(
        `/api/v1/binding-tasks?reason=unmatched&limit=2${at}`,
      );
      seen.push(...page.body.items.map(({ id }) => id));
      cursor = page.body.nextCursor;
    }
    expect(seen).toEqual(await idsOf('reason=unmatched&limit=200'));
    expect([...seen].sort().reverse()).toEqual(seen);
  });
});
