import { newId } from '../../src/common/ids';
import { ENGINES } from '../support/database';
import { sample, type Sample } from '../support/samples';
import { TestApp } from '../support/test-app';

interface Result {
  deliveryId: string;
  outcome: string;
  alertId: string;
  workItems: { number: string; type: string; state: string }[];
}

describe.each(ENGINES)('routing rules at work, on %s', (engine) => {
  let app: TestApp;
  let second: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ engine });
    // Two connections of one process to an SQLite file would wait for each other.
    second = engine === 'server' ? await TestApp.start({ shared: app }) : app;
  });
  afterAll(async () => {
    if (second !== app) await second.stop();
    await app.stop();
  });

  const addRule = async (rule: object): Promise<void> => {
    const body = { name: 'a rule', position: 1, ...rule };
    const answer = await app.call('POST', '/api/v1/admin/routing-rules', { as: app.token('Manager'), body });
    expect(answer.status).toBe(201);
  };
  const workItem = async (number: string): Promise<Record<string, unknown>> =>
    (await app.get(`/api/v1/work-items/${number}`)).body;

  /** A metric alert of a rule that is called so; every one has ids of its own. */
  function metricAlert(alertRule: string, essentials: Record<string, unknown> = {}): Sample {
    const id = newId();
    return sample('platform-metric-static-cpu-fired', {
      ...{ alertRule, alertId: `/alerts/${id}`, originAlertId: id },
      ...essentials,
    });
  }

  it('say what a work item is: type, title, group, category, impact, urgency', async () => {
    await addRule({
      name: 'db team',
      match: { alertRule: 'db-*', severity: ['Sev3'], customProperty: { team: 'dba' } },
      actions: {
        type: 'event',
        title: '{{alert.rule}} hits {{ci.name}} ({{customProperties.team}})',
        assignmentGroup: '{{customProperties.team}}',
        category: 'database',
        ...{ impact: 1, urgency: 2 },
      },
    });
    const payload = metricAlert('db-slow');
    payload.data.customProperties = { team: 'dba' };
    const { body } = await app.post<Result>(payload);
    expect(body.workItems[0]).toMatchObject({ type: 'event', number: expect.stringMatching(/^EVT/) });
    expect(await workItem(body.workItems[0]!.number)).toMatchObject({
      title: 'db-slow hits wcus-r2-gen2 (dba)',
      ...{ assignmentGroup: 'dba', category: 'database', impact: 1, urgency: 2, priority: 2 },
    });
    const timeline = await app.get<{ items: Record<string, unknown>[] }>(
      `/api/v1/work-items/${body.workItems[0]!.number}/timeline`,
    );
    expect(timeline.body.items[0]).toMatchObject({
      summary: 'Opened: no work item has this signature; routed by "db team"',
      detail: { routing: { rule: { name: 'db team', version: 1 }, assignmentGroup: 'dba' } },
    });
    expect((await app.post<Result>(metricAlert('db-slow'))).body.workItems[0]?.type).toBe('incident');
  });

  it('go by class and tag of the configuration item that the alert is bound to', async () => {
    const target = `/subscriptions/${newId()}/resourceGroups/rg/providers/Microsoft.Sql/servers/s1`;
    await app.call('POST', '/api/v1/configuration-items', {
      as: app.token('Operator'),
      body: { name: 's1', resourceId: target, className: 'cmdb_ci_db_instance', tags: { env: 'prod' } },
    });
    await addRule({
      match: { ciClass: ['cmdb_ci_db_instance'], ciTag: { env: 'prod' } },
      actions: { assignmentGroup: 'prod databases' },
    });
    const essentials = { alertTargetIDs: [target], configurationItems: ['s1'] };
    const { body } = await app.post<Result>(metricAlert('any', essentials));
    expect(await workItem(body.workItems[0]!.number)).toMatchObject({ assignmentGroup: 'prod databases' });
  });

  it('give a title that is found, also where an earlier occurrence brings another one', async () => {
    const [rule, origin] = [`retitled-${newId()}`, newId()];
    await addRule({ match: { alertRule: rule }, actions: { title: 'owned by {{customProperties.owner}}' } });
    const alertOf = (owner: string, firedDateTime: string): Sample => {
      const payload = metricAlert(rule, { originAlertId: origin, firedDateTime });
      payload.data.customProperties = { owner };
      return payload;
    };
    const [later, earlier] = [`later-${newId()}`, `earlier-${newId()}`];
    const { body } = await app.post<Result>(alertOf(later, '2026-01-01T02:00:00Z'));
    await app.post(alertOf(earlier, '2026-01-01T01:00:00Z'));
    const { number } = body.workItems[0]!;
    expect(await workItem(number)).toMatchObject({ title: `owned by ${earlier}` });
    const found = await app.get<{ items: { number: string }[] }>(`/api/v1/work-items?q=${earlier}`);
    expect(found.body.items).toMatchObject([{ number }]);
  });

  it('keep an alert without a work item', async () => {
    await addRule({ match: { alertRule: 'noise-*' }, actions: { recordOnly: true } });
    const { body } = await app.post<Result>(metricAlert('noise-1'));
    expect(body).toMatchObject({ outcome: 'recorded', workItems: [] });
    expect((await app.get(`/api/v1/alerts/${body.alertId}`)).body).toMatchObject({
      condition: 'fired',
      workItem: null,
    });
  });

  describe('with a work item for each configuration item', () => {
    const names = (): [string, string] => [`web-${newId()}`, `web-${newId()}`];
    async function twoMachines(): Promise<{
      machines: string[];
      alertOf: (id: string) => Sample;
      endOf: (id: string) => Sample;
    }> {
      const machines = names();
      for (const name of machines) {
        const body = { name, className: 'cmdb_ci_server' };
        await app.call('POST', '/api/v1/configuration-items', { as: app.token('Operator'), body });
      }
      const rule = `per-ci-${newId()}`;
      await addRule({
        match: { alertRule: rule },
        actions: { perConfigurationItem: true, title: '{{ci.name}} is slow' },
      });
      const essentials = (id: string): Record<string, unknown> => ({
        ...{ alertRule: rule, alertId: `/alerts/${id}`, originAlertId: id },
        ...{ configurationItems: machines, alertTargetIDs: [] },
      });
      return {
        machines,
        alertOf: (id) => sample('platform-metric-static-cpu-fired', essentials(id)),
        endOf: (id) => sample('platform-metric-static-cpu-resolved', essentials(id)),
      };
    }

    it('an alert opens one for each, and its end resolves them all', async () => {
      const { machines, alertOf, endOf } = await twoMachines();
      const id = newId();
      const fired = await app.post<Result>(alertOf(id));
      expect(fired.body).toMatchObject({ outcome: 'created', workItems: [{ state: 'new' }, { state: 'new' }] });
      const items = await Promise.all(fired.body.workItems.map(({ number }) => workItem(number)));
      expect(items.map(({ title }) => title).sort()).toEqual(machines.map((name) => `${name} is slow`).sort());
      for (const { configurationItems } of items) expect(configurationItems).toHaveLength(1);

      const repeated = await app.post<Result>(alertOf(id));
      expect(repeated.body.outcome).toBe('duplicate');
      expect(repeated.body.workItems.map(({ number }) => number).sort()).toEqual(
        fired.body.workItems.map(({ number }) => number).sort(),
      );
      for (const item of items) {
        const { body } = await app.get<{ items: { deliveries: string[] }[] }>(
          `/api/v1/work-items/${String(item.number)}/alerts`,
        );
        expect(body.items[0]?.deliveries).toEqual([fired.body.deliveryId, repeated.body.deliveryId]);
      }
      const resolved = await app.post<Result>(endOf(id));
      expect(resolved.body).toMatchObject({
        outcome: 'resolved',
        workItems: [{ state: 'resolved' }, { state: 'resolved' }],
      });
      expect((await workItem(fired.body.workItems[1]!.number)).state).toBe('resolved');
    });

    it('the next alert of the rule finds those that are open', async () => {
      const { alertOf } = await twoMachines();
      const origin = newId();
      const first = await app.post<Result>(alertOf(origin));
      const again = alertOf(origin);
      again.data.essentials.alertId = `/alerts/${newId()}`;
      const second = await app.post<Result>(again);
      expect(second.body.outcome).toBe('updated');
      expect(second.body.workItems.map(({ number }) => number).sort()).toEqual(
        first.body.workItems.map(({ number }) => number).sort(),
      );
      expect(await workItem(first.body.workItems[0]!.number)).toMatchObject({ alertCount: 2 });
    });

    it('its end finds the parts also where both come at the very same time', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { alertOf, endOf } = await twoMachines();
        const id = newId();
        const other = round % 2 === 0 ? second : app;
        const [fired] = await Promise.all([app.post<Result>(alertOf(id)), other.post<Result>(endOf(id))]);
        const states = await Promise.all(
          fired.body.workItems.map(async ({ number }) => (await workItem(number)).state),
        );
        expect(states).toEqual(['resolved', 'resolved']);
      }
    });

    describe('an alert that was cut up and fires again', () => {
      const minute = (count: number): string => new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString();
      const sameAt = (payload: Sample, times: Record<string, unknown>, items?: string[]): Sample => {
        Object.assign(payload.data.essentials, times, items === undefined ? {} : { configurationItems: items });
        return payload;
      };

      it.each([
        ['with one of its items', 1],
        ['with none', 0],
      ])('%s stays cut up, and its end resolves all', async (_, count) => {
        const { machines, alertOf, endOf } = await twoMachines();
        const id = newId();
        const first = await app.post<Result>(sameAt(alertOf(id), { firedDateTime: minute(0) }));
        const again = await app.post<Result>(
          sameAt(alertOf(id), { firedDateTime: minute(1) }, machines.slice(0, count)),
        );
        expect(again.body).toMatchObject({ outcome: 'updated' });
        await app.post(sameAt(endOf(id), { firedDateTime: minute(0), resolvedDateTime: minute(2) }));
        for (const { number } of first.body.workItems)
          expect(await workItem(number)).toMatchObject({ state: 'resolved' });
      });

      it('after its end came, with an item that is new', async () => {
        const { machines, alertOf, endOf } = await twoMachines();
        const id = newId();
        const [third] = names();
        await app.post(sameAt(alertOf(id), { firedDateTime: minute(0) }));
        await app.post(sameAt(endOf(id), { firedDateTime: minute(0), resolvedDateTime: minute(5) }));
        const late = await app.post<Result>(sameAt(alertOf(id), { firedDateTime: minute(1) }, [...machines, third]));
        expect(late.body.workItems.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved']);
      });

      it('in one batch with an occurrence that names one item only', async () => {
        const { machines, alertOf, endOf } = await twoMachines();
        const id = newId();
        const fired = await Promise.all([
          app.post<Result>(sameAt(alertOf(newId()), { firedDateTime: minute(0) })),
          app.post<Result>(sameAt(alertOf(id), { firedDateTime: minute(0) }, machines.slice(0, 1))),
          app.post<Result>(sameAt(alertOf(id), { firedDateTime: minute(1) })),
        ]);
        await app.post(sameAt(endOf(id), { firedDateTime: minute(0), resolvedDateTime: minute(2) }));
        const numbers = new Set(fired.slice(1).flatMap(({ body }) => body.workItems.map(({ number }) => number)));
        for (const number of numbers) expect(await workItem(number)).toMatchObject({ state: 'resolved' });
      });
    });

    it('an end that came before its alert resolves them at once', async () => {
      const { alertOf, endOf } = await twoMachines();
      const id = newId();
      expect((await app.post<Result>(endOf(id))).body.outcome).toBe('recorded');
      const fired = await app.post<Result>(alertOf(id));
      expect(fired.body.workItems).toMatchObject([{ state: 'resolved' }, { state: 'resolved' }]);
    });
  });
});
