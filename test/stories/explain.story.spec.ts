import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { newId } from '../../src/common/ids';
import { ENGINES } from '../support/database';
import { SAMPLES, sample } from '../support/samples';
import { AUDIENCE, TestApp } from '../support/test-app';

const CPU = 'platform-metric-static-cpu-fired';
const STEPS = ['delivery', 'identity', 'placement', 'routing', 'binding', 'priority', 'assignment', 'state'];

interface Result {
  deliveryId: string;
  alertId: string;
  workItems: { number: string }[];
}

interface Step {
  step: string;
  at: string | null;
  summary: string;
  detail: Record<string, unknown> | null;
}

const SUBSCRIPTION = '/subscriptions/11111111-0000-4000-8000-000000000001';

describe.each(ENGINES)('explaining a work item, on %s', (engine) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
  });
  afterAll(() => app.stop());

  const stepsOf = async (number: string, role = 'Admin'): Promise<Record<string, Step>> => {
    const path = `/api/v1/work-items/${number}/explain`;
    const { status, body } = await app.get<{ workItem: string; steps: Step[] }>(path, role);
    expect({ status, workItem: body.workItem }).toEqual({ status: 200, workItem: number });
    expect(body.steps.map(({ step }) => step)).toEqual(STEPS);
    return Object.fromEntries(body.steps.map((step) => [step.step, step]));
  };
  const call = async (
    method: 'POST' | 'PATCH' | 'DELETE' | 'PUT',
    url: string,
    init: { role: string; name?: string; body?: unknown },
  ): Promise<Record<string, unknown>> => {
    const as = app.token(init.role);
    const answer = await app.call(method, url, { as, body: init.body, headers: { 'if-match': '*' } });
    expect([200, 201, 204]).toContain(answer.status);
    return answer.body;
  };
  /** The sample as the alert of a rule of its own. */
  const post = async (name: string, essentials: Record<string, unknown> = {}): Promise<Result & { number: string }> => {
    const { body } = await app.post<Result>(sample(name, essentials));
    return { ...body, number: String(body.workItems[0]?.number) };
  };
  const ofItsOwn = (): Record<string, unknown> => ({
    alertId: `/subscriptions/x/alerts/${newId()}`,
    originAlertId: newId(),
  });

  it('leads from the delivery to who works on it', async () => {
    const { number, deliveryId, alertId } = await post(CPU);
    await post(CPU);
    const steps = await stepsOf(number);
    expect(steps.delivery?.detail).toEqual({
      deliveryId,
      receivedAt: expect.any(String),
      callerAppId: '461e8683-5575-4561-ac7f-899cc907d62a',
      requestId: expect.any(String),
      deliveries: 2,
    });
    expect(steps.identity?.detail).toMatchObject({
      family: 'metric',
      signature: expect.stringMatching(/^v1-/),
      signatureParts: [{ source: 'data.essentials.originAlertId' }],
      alerts: [alertId],
      alertsInAll: 1,
    });
    expect(steps.placement).toMatchObject({
      at: '2019-03-22T13:58:24.371Z',
      summary: 'A new work item: no work item has this signature',
      detail: { previousWorkItem: null, occurrences: 1, reopenCount: 0, lastJoined: null, lastReopened: null },
    });
    expect(steps.routing?.summary).toBe('Routed by "Everything else" (position 1000, version 1): type incident');
    expect(steps.routing?.detail).toMatchObject({
      set: { type: 'incident', assignmentGroup: null, reopenWindowMinutes: 60, autoResolve: true },
      today: {
        note: expect.stringContaining('today'),
        rule: { name: 'Everything else' },
        skipped: expect.arrayContaining([
          {
            rule: { id: expect.any(String), name: expect.any(String), position: 10 },
            reason: 'monitoringService Platform is none of Activity Log - Recommendation',
          },
        ]),
      },
    });
    expect(steps.binding?.detail).toMatchObject({
      configurationItems: [
        {
          ...{ name: 'wcus-r2-gen2', role: 'primary', method: 'arm_id', confidence: 100, boundBy: 'system' },
          source: 'data.essentials.alertTargetIDs[0]',
        },
      ],
      openTasks: [],
      takenOff: [],
    });
    expect(steps.priority?.detail).toMatchObject({
      priority: { value: 4, from: 'table' },
      impact: { value: 2, from: 'default', reason: expect.stringContaining('no criticality is stated') },
      urgency: { value: 3, from: 'alert', reason: 'the alert that opened it has severity Sev3' },
    });
    expect(steps.assignment?.detail).toMatchObject({
      assignmentGroup: { value: null, from: 'nobody' },
      assignee: { value: null, from: 'nobody' },
    });
    expect(steps.state?.detail).toMatchObject({
      state: 'new',
      lastMove: { kind: 'opened' },
      firing: { count: 1, alerts: [alertId] },
      flappingUntil: null,
      nextTimer: null,
    });
  });

  it('shows of rules and callers what the one who asks may see', async () => {
    const { number } = await post(CPU, ofItsOwn());
    const whole = await stepsOf(number);
    const rule = { name: 'Everything else', position: 1000 };
    for (const role of ['Viewer', 'Operator']) {
      const { routing, delivery } = await stepsOf(number, role);
      expect(routing?.summary).toBe('Routed by "Everything else" (position 1000): type incident');
      expect(routing?.detail).toMatchObject({ rule, today: { rule, skipped: null } });
      expect([routing?.detail?.rule, (routing?.detail?.today as Step['detail'])?.rule]).toEqual([rule, rule]);
      expect(JSON.stringify(routing)).not.toContain('Advisor');
      expect(delivery?.detail).toMatchObject({ ...whole.delivery?.detail, callerAppId: null, requestId: null });
      expect(delivery?.summary).not.toContain('application');
    }
    const { routing, delivery } = await stepsOf(number, 'Manager');
    expect(routing).toEqual(whole.routing);
    expect(delivery?.detail).toMatchObject({ callerAppId: null, requestId: null });
  });

  it('shows no payload', async () => {
    const { number } = await post(CPU, { ...ofItsOwn(), description: 'not for everybody' });
    const { body } = await app.get(`/api/v1/work-items/${number}/explain`);
    expect(JSON.stringify(body)).not.toMatch(/not for everybody|alertContext":/);
  });

  it('names the rule that set something, and by which rules it would be passed over today', async () => {
    const rule = await call('POST', '/api/v1/admin/routing-rules', {
      role: 'Manager',
      body: {
        ...{ name: 'ops', position: 1, match: { alertRule: 'ops-*' } },
        actions: { assignmentGroup: 'ops', impact: 1, urgency: 1 },
      },
    });
    const { number } = await post(CPU, { ...ofItsOwn(), alertRule: 'ops-cpu' });
    const changes = { match: { alertRule: 'other-*' } };
    await call('PATCH', `/api/v1/admin/routing-rules/${String(rule.id)}`, { role: 'Manager', body: changes });
    const { routing, priority, assignment } = await stepsOf(number);
    const by = { from: 'routing_rule', by: 'ops' };
    expect(routing?.summary).toBe(
      'Routed by "ops" (position 1, version 1): type incident, assignmentGroup ops, impact 1, urgency 1',
    );
    expect(routing?.detail).toMatchObject({
      rule: { id: rule.id, version: 1, position: 1 },
      today: {
        skipped: expect.arrayContaining([
          expect.objectContaining({ reason: 'alertRule ops-cpu does not match other-*' }),
        ]),
      },
    });
    expect(priority?.detail).toMatchObject({
      impact: { value: 1, ...by },
      urgency: { value: 1, ...by },
      priority: { value: 1 },
    });
    expect(assignment?.detail).toMatchObject({ assignmentGroup: { value: 'ops', ...by } });
  });

  it('names the person that set something, and when', async () => {
    const { number } = await post(CPU, ofItsOwn());
    const path = `/api/v1/work-items/${number}`;
    await call('POST', `${path}/transitions`, { role: 'Operator', body: { to: 'in_progress' } });
    await call('PATCH', path, { role: 'Operator', body: { impact: 3, urgency: 1, assignmentGroup: 'dba' } });
    await call('PATCH', path, { role: 'Manager', body: { priority: 1, priorityReason: 'the board asks' } });
    const { priority, assignment, state } = await stepsOf(number);
    const person = { from: 'person', by: 'Test', at: expect.any(String) };
    expect(priority?.detail).toMatchObject({
      priority: { value: 1, reason: 'set by Test: the board asks', ...person },
      impact: { value: 3, ...person },
      urgency: { value: 1, ...person },
    });
    expect(assignment?.detail).toMatchObject({
      assignmentGroup: { value: 'dba', reason: 'set by Test', ...person },
      assignee: { value: 'Test', reason: 'Test took it up while nobody was assigned', ...person },
    });
    expect(state).toMatchObject({ summary: expect.stringMatching(/^in_progress: Taken up by Test/) });

    await call('PATCH', path, { role: 'Operator', body: { assignee: null, assignmentGroup: null } });
    expect((await stepsOf(number)).assignment?.detail).toMatchObject({
      assignmentGroup: { value: null, reason: 'cleared by Test', ...person },
      assignee: { value: null, reason: 'cleared by Test', ...person },
    });
  });

  it('names the configuration item that tells the impact, and the values that nobody knows', async () => {
    const resourceId = `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${newId()}`;
    const ci = await call('POST', '/api/v1/configuration-items', {
      role: 'Operator',
      body: { resourceId, criticality: 1 },
    });
    const keys = { ...ofItsOwn(), alertTargetIDs: [resourceId], configurationItems: ['nowhere-01'] };
    const { number } = await post(CPU, keys);
    const { binding, priority } = await stepsOf(number);
    expect(binding?.detail).toMatchObject({
      configurationItems: [{ id: ci.id, criticality: 1 }],
      openTasks: [
        { value: 'nowhere-01', reason: 'unmatched', source: 'data.essentials.configurationItems[0]', candidates: 0 },
      ],
    });
    expect(binding?.summary).toMatch(/; 1 value to be settled by a person$/);
    expect(priority?.detail).toMatchObject({ impact: { value: 1, from: 'configuration_item', by: ci.name } });

    await call('DELETE', `/api/v1/work-items/${number}/configuration-items/${String(ci.id)}`, { role: 'Operator' });
    expect((await stepsOf(number)).binding?.detail).toMatchObject({
      configurationItems: [],
      takenOff: [{ id: ci.id, name: ci.name }],
    });
  });

  it('tells what joined, what raised the urgency, what resolved it, and when it will be closed', async () => {
    const keys = ofItsOwn();
    const { number } = await post(CPU, keys);
    const again = { ...keys, alertId: `/subscriptions/x/alerts/${newId()}`, severity: 'Sev1' };
    const joined = await post(CPU, { ...again, firedDateTime: '2019-03-22T14:00:00.000Z' });
    const open = await stepsOf(number);
    expect(open.placement).toMatchObject({
      summary: expect.stringMatching(/; 1 occurrence joined since$/),
      detail: { occurrences: 2, lastJoined: { deliveryId: joined.deliveryId } },
    });
    expect(open.identity?.detail).toMatchObject({ alertsInAll: 2, alerts: [joined.alertId, expect.any(String)] });
    expect(open.priority?.detail).toMatchObject({
      urgency: { value: 1, from: 'alert', reason: expect.stringContaining(joined.deliveryId) },
    });
    expect(open.state?.detail).toMatchObject({ firing: { count: 2 } });

    for (const { alertId } of [keys, again])
      await post('platform-metric-static-cpu-resolved', { ...keys, alertId, resolvedDateTime: '2019-03-22T14:10:00Z' });
    const { state } = await stepsOf(number);
    expect(state).toMatchObject({
      summary: expect.stringMatching(
        /^resolved: Resolved: none of its alerts fires any more; 0 alerts fire; next by the clock: /,
      ),
      detail: { state: 'resolved', firing: { count: 0, alerts: [] }, nextTimer: { step: 'end_reopen_window' } },
    });
  });

  it('tells when an alert without an end of its own will count as over', async () => {
    const { number } = await post('activity-log-administrative-vm-restart-fired');
    const { state } = await stepsOf(number);
    expect(state?.detail).toMatchObject({ nextTimer: { step: 'expire_alert', at: expect.any(String) } });
  });

  it('explains the part of an alert that was cut up, and counts the deliveries of all of it', async () => {
    const rule = await call('POST', '/api/v1/admin/routing-rules', {
      role: 'Manager',
      body: { name: 'each', position: 0, match: { alertRule: 'each-*' }, actions: { perConfigurationItem: true } },
    });
    const { workItems } = await post('log-analytics-two-computers-fired', { ...ofItsOwn(), alertRule: 'each-1' });
    expect(workItems).toHaveLength(2);
    for (const { number } of workItems) {
      const { delivery, identity, routing } = await stepsOf(number);
      expect(delivery?.detail).toMatchObject({ deliveries: 1 });
      expect(identity?.summary).toMatch(/the one configuration item that this work item is for/);
      expect(routing?.detail).toMatchObject({ rule: { id: rule.id }, today: { rule: { id: rule.id } } });
    }
  });

  it('says that the ids of a caller with scopes count for itself only', async () => {
    const appId = newId();
    const essentials = { ...ofItsOwn(), alertTargetIDs: [`${SUBSCRIPTION}/resourceGroups/rg/providers/a.b/c/d`] };
    const body = { appId, name: 'theirs', scopes: [SUBSCRIPTION] };
    await call('POST', '/api/v1/admin/allowed-apps', { role: 'Admin', body });
    const as = app.issuer.mint({ audience: AUDIENCE, appId, roles: ['ActionGroupsSecureWebhook'] });
    const path = '/api/v1/webhooks/azure-monitor';
    const answer = await app.call<Result>('POST', path, { as, body: sample(CPU, essentials) });
    const { delivery, identity } = await stepsOf(String(answer.body.workItems[0]?.number));
    expect(delivery?.detail).toMatchObject({ callerAppId: appId });
    expect(identity?.detail).toMatchObject({
      signatureParts: [{ source: 'data.essentials.originAlertId' }, { source: 'callerAppId' }],
    });
  });

  it('says by which rule the part of an alert that was kept to its caller is routed today', async () => {
    const appId = newId();
    const idOf = (): string => `${SUBSCRIPTION}/resourceGroups/rg/providers/a.b/c/${newId()}`;
    const [tagged, other] = [idOf(), idOf()];
    const add = (url: string, role: string, body: object): Promise<unknown> => call('POST', url, { role, body });
    await add('/api/v1/admin/allowed-apps', 'Admin', { appId, name: 'theirs too', scopes: [SUBSCRIPTION] });
    await add('/api/v1/configuration-items', 'Operator', { resourceId: tagged, tags: { env: 'prod' } });
    for (const [position, match] of [{ ciTag: { env: 'prod' } }, {}].entries()) {
      const name = position === 0 ? 'tagged' : 'other';
      const rule = {
        name,
        position,
        match: { ...match, alertRule: 'kept-*' },
        actions: { perConfigurationItem: true },
      };
      await add('/api/v1/admin/routing-rules', 'Manager', rule);
    }
    const as = app.issuer.mint({ audience: AUDIENCE, appId, roles: ['ActionGroupsSecureWebhook'] });
    const essentials = { alertRule: 'kept-1', alertTargetIDs: [tagged, other], configurationItems: [] };
    const body = sample(CPU, { ...ofItsOwn(), ...essentials });
    const answer = await app.call<Result>('POST', '/api/v1/webhooks/azure-monitor', { as, body });
    const today = await Promise.all(
      answer.body.workItems.map(async ({ number }) => (await stepsOf(number)).routing?.detail?.today),
    );
    expect(today).toMatchObject([{ rule: { name: 'tagged' } }, { rule: { name: 'other' } }]);
  });

  it('leaves out of today what a caller with scopes may not name', async () => {
    const appId = newId();
    const elsewhere = `/subscriptions/${newId()}/resourceGroups/rg/providers/a.b/c/d`;
    const add = (url: string, role: string, body: object): Promise<unknown> => call('POST', url, { role, body });
    await add('/api/v1/admin/allowed-apps', 'Admin', { appId, name: 'curious', scopes: [SUBSCRIPTION] });
    await add('/api/v1/configuration-items', 'Operator', { resourceId: elsewhere, tags: { env: 'secret' } });
    const match = { ciTag: { env: 'secret' } };
    await add('/api/v1/admin/routing-rules', 'Manager', { name: 'not theirs', position: 0, match, actions: {} });
    const as = app.issuer.mint({ audience: AUDIENCE, appId, roles: ['ActionGroupsSecureWebhook'] });
    const targets = [`${SUBSCRIPTION}/resourceGroups/rg/providers/a.b/c/${newId()}`];
    const body = sample(CPU, { ...ofItsOwn(), alertTargetIDs: targets, configurationItems: [elsewhere] });
    const answer = await app.call<Result>('POST', '/api/v1/webhooks/azure-monitor', { as, body });
    const { routing } = await stepsOf(String(answer.body.workItems[0]?.number));
    const rule = { name: 'Everything else' };
    expect(routing?.detail).toMatchObject({ rule, today: { rule } });
  });

  it('takes as many statements for many alerts and items as for one', async () => {
    const keys = ofItsOwn();
    const { number } = await post(CPU, keys);
    const before = await statementsOf(app, () => stepsOf(number));
    expect(before).toBeGreaterThan(5);
    for (let count = 1; count <= 60; count += 1) {
      const firedDateTime = new Date(Date.UTC(2019, 2, 22, 14, 0, count)).toISOString();
      const alertTargetIDs = [`${SUBSCRIPTION}/resourceGroups/rg/providers/a.b/c/d${count}`];
      await post(CPU, { ...keys, alertId: newId(), firedDateTime, alertTargetIDs });
    }
    const steps: Record<string, Step>[] = [];
    const after = await statementsOf(app, async () => steps.push(await stepsOf(number)));
    expect(after).toBe(before);
    expect(steps[0]?.identity?.detail).toMatchObject({ alertsInAll: 61 });
    expect(steps[0]?.delivery?.detail).toMatchObject({ deliveries: 61 });
  });

  it('says of a work item that was opened by hand what does not apply to it', async () => {
    const body = { title: 'The printer is out', assignmentGroup: 'desk' };
    const number = String((await call('POST', '/api/v1/work-items', { role: 'Operator', body })).number);
    const steps = await stepsOf(number);
    for (const step of ['delivery', 'identity', 'routing'])
      expect(steps[step]).toMatchObject({ summary: 'Does not apply: Test opened the work item by hand', detail: null });
    expect(steps.placement?.summary).toBe('A new work item: Test opened it by hand');
    expect(steps.priority?.detail).toMatchObject({ urgency: { from: 'opened_by_hand' }, impact: { from: 'default' } });
    expect(steps.assignment?.detail).toMatchObject({
      assignmentGroup: { value: 'desk', from: 'opened_by_hand', by: 'Test' },
    });
    expect(steps.state?.detail).toMatchObject({ state: 'new', firing: { count: 0, alerts: [] }, nextTimer: null });
  });

  it.each(SAMPLES)('explains %s', async (name) => {
    const { workItems } = (await app.post<Result>(sample(name))).body;
    for (const { number } of workItems) {
      const { identity } = await stepsOf(number);
      expect(identity?.detail?.signatureParts).not.toEqual([]);
    }
  });

  it('is for all who may read, and for known work items', async () => {
    expect(await app.get('/api/v1/work-items/INC0099999/explain')).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await app.get('/api/v1/work-items/x/explain')).toMatchObject({ status: 404 });
    expect(await app.call('GET', '/api/v1/work-items/INC0000001/explain')).toMatchObject({ status: 401 });
    expect(await app.call('GET', '/api/v1/work-items/INC0000001/explain', { as: app.azureToken() })).toMatchObject({
      status: 403,
    });
  });
});

/** How many statements some work takes. */
async function statementsOf({ app }: TestApp, work: () => Promise<unknown>): Promise<number> {
  const logger = jest.spyOn(app.get<DataSource>(getDataSourceToken()).logger, 'logQuery');
  const counts: number[] = [];
  // What the service asks for every few seconds may come in between; it does not come every time.
  for (let run = 0; run < 3; run += 1) {
    logger.mockClear();
    await work();
    counts.push(logger.mock.calls.length);
  }
  logger.mockRestore();
  return Math.min(...counts);
}
