import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { newId } from '../../src/common/ids';
import { ENGINES } from '../support/database';
import { SAMPLES, sample } from '../support/samples';
import { AUDIENCE, TestApp, type Answer } from '../support/test-app';

const PATH = '/api/v1/admin/routing-rules/preview';
const CPU = 'platform-metric-static-cpu-fired';
const TWO_COMPUTERS = 'log-analytics-two-computers-fired';
const MACHINE = '/subscriptions/11111111-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Compute';

interface WorkItem extends Record<string, unknown> {
  title: string;
  configurationItems: Record<string, unknown>[];
}

interface Item extends Record<string, unknown> {
  deliveryId: string | null;
  outcome: string;
  skipped: { rule: Record<string, unknown>; reason: string }[];
  rule: Record<string, unknown> | null;
  workItems: WorkItem[];
  differs: string[];
}

describe.each(ENGINES)('trying routing rules out, on %s', (engine) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
  });
  afterAll(() => app.stop());

  const ask = (body: unknown, role = 'Manager'): Promise<Answer> =>
    app.call('POST', PATH, { as: app.token(role), body });
  const preview = async (body: unknown): Promise<Item[]> => {
    const answer = await ask(body);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body.items as Item[];
  };
  const first = async (body: unknown): Promise<Item> => (await preview(body))[0] as Item;
  const pathsOf = ({ body }: Answer): string[] => (body.errors as { path: string }[]).map(({ path }) => path);
  const post = async (name: string, essentials: Record<string, unknown> = {}): Promise<string> =>
    String((await app.post(sample(name, essentials))).body.deliveryId);

  it('shows the work item that an alert would open, with the item that the CMDB would make for it', async () => {
    const item = await first({ deliveries: [sample(CPU)] });
    expect(item).toMatchObject({
      deliveryId: null,
      receivedAt: null,
      condition: 'fired',
      alertRule: 'WCUS-R2-Gen2',
      severity: 'Sev3',
      monitoringService: 'Platform',
      error: null,
      outcome: 'work_item',
      rule: { name: 'Everything else', position: 1000, version: 1 },
      differs: [],
    });
    expect(item.workItems).toMatchObject([
      {
        type: 'incident',
        impact: 2,
        urgency: 3,
        priority: 4,
        priorityReason: 'impact 2 × urgency 3',
        reopenWindowMinutes: 60,
        autoResolve: true,
        configurationItems: [
          { name: 'wcus-r2-gen2', className: 'cmdb_ci_vm_instance', method: 'arm_id', confidence: 100, isNew: true },
        ],
      },
    ]);
  });

  it('says why each rule before the one that matches was passed over, and which fields the rules in force give otherwise', async () => {
    const rules = [
      { name: 'rest', match: {}, actions: {} },
      { name: 'off', position: 5, enabled: false, match: {}, actions: {} },
      { name: 'metrics', position: 7, match: { monitoringService: ['platform'] }, actions: metricActions() },
      { name: 'worst', position: 6, match: { severity: ['Sev0'] }, actions: {} },
    ];
    const item = await first({ rules, deliveries: [sample(CPU)] });
    expect(item.skipped).toEqual([
      { rule: { id: null, name: 'off', position: 5 }, reason: 'it is not enabled' },
      { rule: { id: null, name: 'worst', position: 6 }, reason: 'severity Sev3 is none of Sev0' },
    ]);
    expect(item.rule).toEqual({ id: null, name: 'metrics', version: null, position: 7 });
    expect(item.workItems).toMatchObject([
      {
        title: 'hot: wcus-r2-gen2',
        assignmentGroup: 'ops',
        impact: 1,
        urgency: 3,
        priority: 3,
        rule: item.rule as object,
      },
    ]);
    expect(item.differs).toEqual(['title', 'assignmentGroup', 'impact', 'priority', 'priorityReason', 'autoResolve']);
  });

  it('names so many of the rules that were passed over, says how many more, and shows long values in one line', async () => {
    const nobody = { match: { severity: ['Sev0'] }, actions: {} };
    const rules = Array.from({ length: 60 }, (_, index) => ({ name: `rule ${index}`, ...nobody }));
    const long = { alertRule: `a\n${'b'.repeat(600)}`, severity: `Sev3\n${'x'.repeat(600)}` };
    const item = await first({ rules, deliveries: [sample(CPU, long)] });
    expect(item.skipped.map(({ rule }) => rule.name)).toEqual(rules.slice(0, 50).map(({ name }) => name));
    expect(item.skippedMore).toBe(10);
    expect([item.alertRule, item.severity]).toEqual([`a ${'b'.repeat(497)}…`, `Sev3 ${'x'.repeat(494)}…`]);
    expect(await first({ deliveries: [sample(CPU)] })).toMatchObject({ skippedMore: 0 });
    expect(await first({ deliveries: [{}] })).toMatchObject({ skippedMore: 0 });
  });

  it('finds no difference in rules that do the same', async () => {
    const rules = [{ name: 'the same under another name', match: {}, actions: { type: 'incident' } }];
    expect(await first({ rules, deliveries: [sample(CPU)] })).toMatchObject({ outcome: 'work_item', differs: [] });
  });

  it('shows what is only kept, and what opens a work item for each configuration item', async () => {
    const recordOnly = [{ name: 'noise', match: {}, actions: { recordOnly: true } }];
    expect(await first({ rules: recordOnly, deliveries: [sample(CPU)] })).toMatchObject({
      outcome: 'record_only',
      workItems: [],
      differs: ['outcome', 'workItems'],
    });
    const each = [
      { name: 'db only', position: 1, match: { ciClass: ['cmdb_ci_db_instance'] }, actions: {} },
      { name: 'each', position: 2, match: {}, actions: { perConfigurationItem: true, title: '{{ci.name}} is down' } },
    ];
    const targets = ['vm1', 'vm2'].map((name) => `${MACHINE}/virtualMachines/${name}`);
    const item = await first({
      rules: each,
      deliveries: [sample(CPU, { alertTargetIDs: targets, configurationItems: [] })],
    });
    expect(item).toMatchObject({ outcome: 'work_item_per_configuration_item', differs: ['outcome', 'workItems'] });
    expect(item.workItems.map(({ title }) => title)).toEqual(['vm1 is down', 'vm2 is down']);
    expect(item.workItems.map(({ configurationItems }) => configurationItems.length)).toEqual([1, 1]);
  });

  it('opens nothing for an alert that resolves', async () => {
    const item = await first({ deliveries: [sample('platform-metric-static-cpu-resolved')] });
    expect(item).toMatchObject({ condition: 'resolved', outcome: 'none', rule: null, skipped: [], workItems: [] });
  });

  it('goes on after a delivery that is no alert', async () => {
    const broken = sample(CPU, { alertId: '', severity: 4 });
    const items = await preview({
      deliveries: [sample('legacy/activity-log-administrative-fired'), broken, 7, null, sample(CPU)],
    });
    expect(items.map(({ error }) => (error as { code: string } | null)?.code)).toEqual([
      'not_common_schema',
      'invalid_payload',
      'not_common_schema',
      'not_common_schema',
      undefined,
    ]);
    expect((items[1]?.error as { detail: string }).detail).toMatch(
      /data\.essentials\.alertId.*data\.essentials\.severity/s,
    );
    expect(items[0]).toMatchObject({ outcome: 'none', condition: null, workItems: [], rule: null });
  });

  it('takes stored deliveries: the newest ones, or those that are named', async () => {
    const ids = [await post(CPU), await post(CPU), await post(TWO_COMPUTERS)];
    await app.post(sample('legacy/activity-log-administrative-fired'));
    expect((await preview({ last: 3 })).map(({ deliveryId }) => deliveryId)).toEqual(ids.toReversed());
    expect((await preview({})).slice(0, 3).map(({ deliveryId }) => deliveryId)).toEqual(ids.toReversed());
    const unknown = newId();
    const named = await preview({ deliveryIds: [ids[2], unknown, ids[0]?.toUpperCase()] });
    expect(named).toMatchObject([
      { deliveryId: ids[2], error: null, alertRule: expect.any(String), receivedAt: expect.any(String) },
      { deliveryId: unknown, error: { code: 'not_found' } },
      { deliveryId: ids[0], workItems: [{ configurationItems: [{ name: 'wcus-r2-gen2', isNew: false }] }] },
    ]);
  });

  it('says of stored deliveries what was refused, and what is no longer kept', async () => {
    const cleared = await post(CPU);
    const outside = await post(CPU);
    const dataSource = app.app.get<DataSource>(getDataSourceToken());
    await dataSource.query("UPDATE deliveries SET body = '' WHERE id = ?", [cleared]);
    await dataSource.query("UPDATE deliveries SET status = 'rejected', code = 'scope_violation' WHERE id = ?", [
      outside,
    ]);
    const items = await preview({ deliveryIds: [cleared, outside] });
    expect(items).toMatchObject([{ error: { code: 'not_kept' } }, { error: { code: 'scope_violation' } }]);
  });

  it('leaves out of a stored delivery what its caller may not name', async () => {
    const appId = newId();
    const scopes = ['/subscriptions/11111111-0000-4000-8000-000000000001'];
    await app.call('POST', '/api/v1/admin/allowed-apps', {
      ...{ as: app.token('Admin'), body: { appId, name: 'theirs', scopes } },
    });
    const as = app.issuer.mint({ audience: AUDIENCE, appId, roles: ['ActionGroupsSecureWebhook'] });
    const elsewhere = `/subscriptions/${newId()}/resourceGroups/rg/providers/a.b/c/d`;
    const targets = [`${MACHINE}/virtualMachines/vm7`];
    const body = sample(CPU, { alertId: newId(), alertTargetIDs: targets, configurationItems: [elsewhere] });
    const answer = await app.call('POST', '/api/v1/webhooks/azure-monitor', { as, body });
    const item = await first({ deliveryIds: [answer.body.deliveryId] });
    expect(item.workItems.map(({ configurationItems }) => configurationItems.map(({ name }) => name))).toEqual([
      ['vm7'],
    ]);
  });

  it('foretells what each kind of alert then does', async () => {
    const fresh = await TestApp.start({ engine });
    let created = 0;
    for (const name of SAMPLES) {
      const answer = await fresh.call<{ items: Item[] }>('POST', PATH, {
        as: fresh.token('Manager'),
        body: { deliveries: [sample(name)] },
      });
      const foreseen = answer.body.items[0] as Item;
      const { body } = await fresh.post<{ outcome: string; workItems: { number: string }[] }>(sample(name));
      if (body.outcome !== 'created') continue;
      created += 1;
      const { body: workItem } = await fresh.get(`/api/v1/work-items/${body.workItems[0]?.number}`);
      expect(workItem).toMatchObject(shownBy(foreseen.workItems[0] as WorkItem));
    }
    expect(created).toBeGreaterThan(30);
    await fresh.stop();
  });

  it('writes nothing', async () => {
    const fresh = await TestApp.start({ engine });
    const before = await rowsOf(fresh);
    const rules = [{ name: 'each', match: {}, actions: { perConfigurationItem: true } }];
    for (const name of SAMPLES) {
      const answer = await fresh.call('POST', PATH, {
        as: fresh.token('Manager'),
        body: { rules, deliveries: [sample(name)] },
      });
      expect([name, answer.status, (answer.body.items as Item[])[0]?.error]).toEqual([name, 200, null]);
    }
    expect(await rowsOf(fresh)).toEqual(before);
    await fresh.stop();
  });

  it.each([
    [{ last: 5, deliveryIds: [newId()] }, ['last']],
    [{ deliveries: [{}], deliveryIds: [newId()], last: 1 }, ['deliveryIds', 'last']],
    [{ last: 0 }, ['last']],
    [{ last: 201 }, ['last']],
    [{ last: null }, ['last']],
    [{ deliveryIds: ['x'] }, ['deliveryIds']],
    [{ deliveryIds: [] }, ['deliveryIds']],
    [{ deliveries: [] }, ['deliveries']],
    [{ deliveries: {} }, ['deliveries']],
    [{ deliveries: Array.from({ length: 51 }, () => ({})) }, ['deliveries']],
    [{ rules: [[]] }, ['rules']],
    [{ rules: [{ name: 'a', match: {}, actions: { title: '{{nothing}}' } }] }, ['rules.0.actions.title']],
    [{ rules: [{ name: ' ', match: { scope: ['/x'] }, actions: {} }] }, ['rules.0.name', 'rules.0.match.scope']],
    [{ rules: [{ name: 'a', match: {}, actions: {}, id: 'r' }] }, ['rules.0.id']],
    [{ first: 3 }, ['first']],
  ])('refuses %j, and names what is wrong', async (body, paths) => {
    const answer = await ask(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect([...new Set(pathsOf(answer))].sort()).toEqual([...paths].sort());
  });

  it.each(['[]', 'null', '"x"', undefined])('does not fail on the body %s', async (body) => {
    expect([200, 400]).toContain((await ask(body)).status);
  });

  it('is for managers', async () => {
    for (const role of ['Viewer', 'Operator']) expect(await ask({}, role)).toMatchObject({ status: 403 });
    expect(await ask({}, 'Admin')).toMatchObject({ status: 200 });
    expect(await app.call('POST', PATH, { body: {} })).toMatchObject({ status: 401 });
    expect(await app.call('POST', PATH, { as: app.azureToken(), body: {} })).toMatchObject({ status: 403 });
  });
});

function metricActions(): object {
  return { title: 'hot: {{target.name}}', assignmentGroup: 'ops', impact: 1, autoResolve: false };
}

/** The part of a foreseen work item that a work item shows. */
function shownBy({
  configurationItems,
  rule: _,
  reopenWindowMinutes: __,
  autoResolve: ___,
  ...fields
}: WorkItem): object {
  return { ...fields, configurationItems: configurationItems.map(({ name, className }) => ({ name, className })) };
}

/** How many rows each table has. */
async function rowsOf(app: TestApp): Promise<Record<string, number>> {
  const dataSource = app.app.get<DataSource>(getDataSourceToken());
  const counts: Record<string, number> = {};
  for (const { tableName } of dataSource.entityMetadatas) {
    const [row] = await dataSource.query<{ count: number | string }[]>(`SELECT COUNT(*) AS count FROM ${tableName}`);
    counts[tableName] = Number(row?.count);
  }
  return counts;
}
