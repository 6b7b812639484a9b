import { ENGINES } from '../support/database';
import { LEGACY_SAMPLES, SAMPLES, sample } from '../support/samples';
import { TestApp } from '../support/test-app';

interface Result {
  deliveryId: string;
  outcome: string;
  alertId: string;
  workItems: { number: string; type: string; state: string }[];
}

describe.each(ENGINES)('from an alert to a work item and back, on %s', (engine) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
  });
  afterAll(() => app.stop());

  it('opens an incident, joins a repeat of the rule, and resolves it when the condition ends', async () => {
    const fired = await app.post<Result>(sample('platform-metric-static-cpu-fired'));
    expect(fired.status).toBe(200);
    expect(fired.body).toMatchObject({ outcome: 'created', workItems: [{ type: 'incident', state: 'new' }] });
    const number = fired.body.workItems[0]?.number as string;

    const repeated = await app.post<Result>(sample('platform-metric-static-cpu-fired'));
    expect(repeated.body).toMatchObject({ outcome: 'duplicate', alertId: fired.body.alertId, workItems: [{ number }] });

    const resolved = await app.post<Result>(sample('platform-metric-static-cpu-resolved'));
    expect(resolved.body).toMatchObject({ outcome: 'resolved', workItems: [{ number, state: 'resolved' }] });

    const { body: workItem, headers } = await app.get(`/api/v1/work-items/${number}`);
    expect(workItem).toMatchObject({
      number,
      state: 'resolved',
      alertCount: 1,
      openedAt: '2019-03-22T13:58:24.371Z',
      resolvedAt: '2019-03-22T14:03:16.224Z',
      resolutionCode: 'resolved_by_monitoring',
      priority: 4,
      configurationItems: [{ name: 'wcus-r2-gen2', role: 'primary', binding: { method: 'arm_id', confidence: 100 } }],
      allowedTransitions: [],
    });
    expect(headers.etag).toBe(`"${String(workItem.version)}"`);

    const timeline = await app.get<{ items: { kind: string }[] }>(`/api/v1/work-items/${number}/timeline`);
    expect(timeline.body.items.map(({ kind }) => kind)).toEqual(['opened', 'configuration_item_bound', 'resolved']);
    const alerts = await app.get<{ items: Record<string, unknown>[] }>(`/api/v1/work-items/${number}/alerts`);
    expect(alerts.body.items).toMatchObject([{ condition: 'resolved', occurrences: 1, workItem: number }]);
    expect(alerts.body.items[0]?.deliveries).toHaveLength(3);
  });

  it('joins the two episodes of one rule on one machine to one work item within the reopen window only', async () => {
    const outcomes: string[] = [];
    for (const name of ['episode-1-fired', 'episode-1-resolved', 'episode-2-fired', 'episode-2-resolved']) {
      const { body } = await app.post<Result>(sample(`platform-metric-multi-resource-cpu-${name}`));
      outcomes.push(`${body.outcome} ${body.workItems[0]?.number}`);
    }
    const [first, second] = outcomes
      .filter((outcome) => outcome.startsWith('created'))
      .map((outcome) => outcome.slice(8));
    expect(outcomes).toEqual([`created ${first}`, `resolved ${first}`, `created ${second}`, `resolved ${second}`]);
    expect((await app.get(`/api/v1/work-items/${second}`)).body.previousWorkItem).toBe(first);
  });

  it.each(SAMPLES)('takes %s', async (name) => {
    const { status, body } = await app.post<Result>(sample(name));
    expect(status).toBe(200);
    expect(['created', 'updated', 'reopened', 'resolved', 'recorded', 'duplicate', 'stale']).toContain(body.outcome);
    const alert = await app.get(`/api/v1/alerts/${body.alertId}`);
    expect(alert.status).toBe(200);
  });

  it.each(LEGACY_SAMPLES)('refuses %s, keeps it, and says what to switch on', async (name) => {
    const { status, body } = await app.post(sample(name));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'not_common_schema', status: 400 });
    expect(body.detail).toMatch(/common alert schema/i);
    const kept = await app.get(`/api/v1/admin/deliveries/${String(body.deliveryId)}`, 'Admin');
    expect(kept.body).toMatchObject({ status: 'rejected', code: 'not_common_schema' });
    expect(kept.body.payload).toBeDefined();
  });

  it('names every faulty field of a payload that breaks the schema', async () => {
    const { status, body } = await app.post(
      sample('platform-metric-static-cpu-fired', { alertId: '', severity: 4, alertTargetIDs: ['/subscriptions/a', 7] }),
    );
    expect(status).toBe(400);
    expect(body.code).toBe('invalid_payload');
    expect((body.errors as { path: string }[]).map(({ path }) => path).sort()).toEqual([
      'data.essentials.alertId',
      'data.essentials.alertTargetIDs[1]',
      'data.essentials.severity',
    ]);
  });
});
