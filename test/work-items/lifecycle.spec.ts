import { newId } from '../../src/common/ids';
import { ENGINES } from '../support/database';
import { sample } from '../support/samples';
import { TestApp, type Answer } from '../support/test-app';

type Body = Record<string, unknown>;

const RESOLUTION = { to: 'resolved', resolutionCode: 'fixed', resolutionNotes: 'restarted the machine' };

describe.each(ENGINES)('the life of a work item, on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ engine });
  });
  afterAll(() => app.stop());

  /** An incident of a rule of its own, as an alert opens it. */
  async function anIncident(): Promise<{
    number: string;
    resolve: () => Promise<Answer>;
    fireAgain: (essentials?: Record<string, unknown>) => Promise<Answer>;
  }> {
    const id = newId();
    const essentials = { alertId: `/alerts/${id}`, originAlertId: id };
    const fired = await app.post(sample('platform-metric-static-cpu-fired', essentials));
    const [workItem] = fired.body.workItems as { number: string }[];
    return {
      number: workItem!.number,
      resolve: () => app.post(sample('platform-metric-static-cpu-resolved', essentials)),
      fireAgain: (more = {}) =>
        app.post(sample('platform-metric-static-cpu-fired', { ...essentials, alertId: `/alerts/${newId()}`, ...more })),
    };
  }

  const act = (
    method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    init: { role?: string; ifMatch?: string } = {},
  ): Promise<Answer> =>
    app.call(method, `/api/v1/work-items${path}`, {
      as: app.token(init.role ?? 'Operator'),
      body,
      headers: init.ifMatch === undefined ? {} : { 'if-match': init.ifMatch },
    });
  const move = (number: string, body: Body, init: { role?: string; ifMatch?: string } = {}): Promise<Answer> =>
    act('POST', `/${number}/transitions`, body, init);
  const workItem = async (number: string, role = 'Operator'): Promise<Body> =>
    (await app.get(`/api/v1/work-items/${number}`, role)).body;
  const timeline = async (number: string): Promise<Body[]> =>
    (await app.get(`/api/v1/work-items/${number}/timeline`)).body.items as Body[];

  it('goes from hand to hand: taken up, put on hold, resolved, reopened, closed', async () => {
    const { number, resolve } = await anIncident();
    const taken = await move(number, { to: 'in_progress' });
    expect(taken).toMatchObject({ status: 200, body: { state: 'in_progress', assignee: 'Test' } });
    expect(taken.headers.etag).toBe(`"${String(taken.body.version)}"`);
    expect(taken.body.acknowledgedAt).not.toBeNull();

    const held = await move(number, { to: 'on_hold', holdReason: 'awaiting_vendor' });
    expect(held.body).toMatchObject({ state: 'on_hold', holdReason: 'awaiting_vendor' });
    await resolve();
    expect(await workItem(number)).toMatchObject({
      state: 'resolved',
      holdReason: null,
      resolvedBy: 'system:monitoring',
    });

    const reopened = await move(number, { to: 'in_progress' });
    expect(reopened.body).toMatchObject({
      state: 'in_progress',
      reopenCount: 1,
      resolvedAt: null,
      resolutionCode: null,
    });
    expect((await move(number, RESOLUTION)).body).toMatchObject({ state: 'resolved', resolutionCode: 'fixed' });
    const closed = await move(number, { to: 'closed' }, { role: 'Manager' });
    expect(closed.body).toMatchObject({ state: 'closed', allowedTransitions: [] });
    expect(closed.body.closedAt).not.toBeNull();

    const kinds = (await timeline(number)).map(({ kind }) => kind);
    expect(kinds).toEqual([
      ...['opened', 'configuration_item_bound', 'in_progress', 'on_hold', 'resolved', 'reopened', 'resolved', 'closed'],
    ]);
    const entry = (await timeline(number)).find(({ kind }) => kind === 'on_hold');
    expect(entry).toMatchObject({
      actor: expect.stringMatching(/^user:/),
      summary: 'Put on hold by Test: awaiting_vendor',
      detail: { from: 'in_progress', to: 'on_hold', holdReason: 'awaiting_vendor', by: 'Test' },
    });
  });

  it.each([
    ['Viewer', []],
    ['Operator', ['in_progress', 'on_hold', 'resolved', 'canceled']],
    ['Manager', ['in_progress', 'on_hold', 'resolved', 'canceled']],
  ])('tells a %s where a new one may go', async (role, expected) => {
    const { number } = await anIncident();
    expect((await workItem(number, role)).allowedTransitions).toEqual(expected);
  });

  it('refuses what is illegal with from, to and what is allowed', async () => {
    const { number } = await anIncident();
    expect(await move(number, { to: 'closed' })).toMatchObject({
      status: 409,
      body: {
        code: 'illegal_transition',
        from: 'new',
        to: 'closed',
        allowed: ['in_progress', 'on_hold', 'resolved', 'canceled'],
      },
    });
  });

  it('refuses what the role does not allow', async () => {
    const { number, resolve } = await anIncident();
    expect((await move(number, { to: 'in_progress' }, { role: 'Viewer' })).status).toBe(403);
    await resolve();
    expect(await move(number, { to: 'closed' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden', from: 'resolved', to: 'closed', allowed: ['in_progress'] },
    });
  });

  it.each([
    [{ to: 'on_hold' }, ['holdReason']],
    [{ to: 'on_hold', holdReason: 'lunch' }, ['holdReason']],
    [{ to: 'resolved' }, ['resolutionCode', 'resolutionNotes', 'reason']],
    [RESOLUTION, ['reason']],
    [{ to: 'canceled' }, ['resolutionCode']],
    [{ to: 'done' }, ['to']],
    [{ to: 'in_progress', because: 'x' }, ['because']],
    [{}, ['to']],
  ])('names what is missing in %j', async (body, paths) => {
    const { number } = await anIncident();
    const answer = await move(number, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((answer.body.errors as { path: string }[]).map(({ path }) => path)).toEqual(paths);
    expect((await workItem(number)).state).toBe('new');
  });

  it('lets what a person resolved while it fires stay resolved until it fires anew', async () => {
    const { number, resolve, fireAgain } = await anIncident();
    await move(number, { ...RESOLUTION, reason: 'known noise' });
    expect((await resolve()).body).toMatchObject({ outcome: 'recorded', workItems: [{ state: 'resolved' }] });
    expect(await workItem(number)).toMatchObject({ state: 'resolved', resolutionCode: 'fixed' });
    expect((await fireAgain()).body).toMatchObject({ outcome: 'reopened', workItems: [{ number, state: 'new' }] });
  });

  it('lets nobody make one live again beside the next one of its signature', async () => {
    const id = newId();
    const alert = (episode: string, day: number): object =>
      sample('platform-metric-static-cpu-fired', {
        ...{ alertId: `/alerts/${id}/${episode}`, originAlertId: id },
        firedDateTime: `2026-01-0${day}T00:00:00Z`,
      });
    const first = await app.post(alert('a', 1));
    const [{ number: one }] = first.body.workItems as [{ number: string }];
    await move(one, { ...RESOLUTION, reason: 'noise' });
    const resolvedAt = new Date(Date.now() + 2 * 3_600_000).toISOString();
    const second = await app.post(
      sample('platform-metric-static-cpu-fired', {
        ...{ alertId: `/alerts/${id}/b`, originAlertId: id, firedDateTime: resolvedAt },
      }),
    );
    const [{ number: other }] = second.body.workItems as [{ number: string }];
    expect(other).not.toBe(one);
    expect((await workItem(one, 'Manager')).allowedTransitions).toEqual(['closed']);
    expect(await move(one, { to: 'in_progress' })).toMatchObject({
      status: 409,
      body: { code: 'superseded', workItem: other, allowed: [] },
    });
  });

  it('opens the next one after one was canceled', async () => {
    const { number, fireAgain } = await anIncident();
    expect((await move(number, { to: 'canceled', resolutionCode: 'false_positive' })).body).toMatchObject({
      state: 'canceled',
      resolutionCode: 'false_positive',
    });
    const next = await fireAgain();
    expect(next.body.outcome).toBe('created');
    const [{ number: nextNumber }] = next.body.workItems as [{ number: string }];
    expect((await workItem(nextNumber)).previousWorkItem).toBe(number);
  });

  describe('versions', () => {
    it('are required to change fields', async () => {
      const { number } = await anIncident();
      expect(await act('PATCH', `/${number}`, { title: 'x' })).toMatchObject({
        status: 428,
        body: { code: 'precondition_required' },
      });
    });

    it('that are stale are told the current one', async () => {
      const { number } = await anIncident();
      const { version } = await workItem(number);
      await move(number, { to: 'in_progress' });
      const stale = { ifMatch: `"${String(version)}"` };
      for (const answer of [
        await act('PATCH', `/${number}`, { title: 'x' }, stale),
        await move(number, RESOLUTION, stale),
      ]) {
        expect(answer).toMatchObject({
          status: 412,
          body: { code: 'version_mismatch', currentVersion: Number(version) + 1 },
        });
        expect(answer.headers.etag).toBe(`"${Number(version) + 1}"`);
      }
    });
  });

  describe('fields', () => {
    const patch = async (number: string, body: Body, role = 'Operator'): Promise<Answer> =>
      act('PATCH', `/${number}`, body, { role, ifMatch: `"${String((await workItem(number)).version)}"` });

    it('are changed with what was before and after, and alerts leave them alone', async () => {
      const { number, fireAgain } = await anIncident();
      const changed = await patch(number, {
        title: 'Disk of the shop',
        assignmentGroup: 'storage',
        urgency: 2,
        assignee: ' ',
      });
      expect(changed).toMatchObject({
        status: 200,
        body: { title: 'Disk of the shop', assignmentGroup: 'storage', urgency: 2, priority: 3, assignee: null },
      });
      expect((await timeline(number)).at(-1)).toMatchObject({
        kind: 'changed',
        detail: {
          by: 'Test',
          changes: {
            title: { after: 'Disk of the shop' },
            urgency: { before: 3, after: 2 },
            priority: { before: 4, after: 3 },
            assignmentGroup: { before: null, after: 'storage' },
          },
        },
      });
      await fireAgain();
      expect(await workItem(number)).toMatchObject({ title: 'Disk of the shop', urgency: 2, alertCount: 2 });
    });

    it('that are the same already make no new version', async () => {
      const { number } = await anIncident();
      await patch(number, { title: 'mine', assignee: 'Jo' });
      const { version } = await workItem(number);
      expect((await patch(number, { title: 'mine', assignee: 'Jo' })).body.version).toBe(version);
    });

    it('that a person sets to what they were are the alerts to change no more', async () => {
      const { number, fireAgain } = await anIncident();
      await patch(number, { urgency: 3 });
      expect((await timeline(number)).at(-1)).toMatchObject({ summary: 'Changed by Test: urgency kept at 3' });
      await fireAgain({ severity: 'Sev0' });
      expect(await workItem(number)).toMatchObject({ alertCount: 2, urgency: 3 });
    });

    it('take a reason and a Manager to have a priority of their own, and give it back', async () => {
      const { number } = await anIncident();
      const override = { priority: 1, priorityReason: 'the shop is down' };
      expect((await patch(number, override)).status).toBe(403);
      expect((await patch(number, { priority: 1 }, 'Manager')).body).toMatchObject({
        errors: [{ path: 'priorityReason' }],
      });
      const set = await patch(number, override, 'Manager');
      expect(set.body).toMatchObject({ priority: 1, priorityReason: 'set by Test: the shop is down' });
      expect((await patch(number, { impact: 3 })).body).toMatchObject({ impact: 3, priority: 1 });
      const back = await patch(number, { priority: null }, 'Manager');
      expect(back.body).toMatchObject({ priority: 5, priorityReason: 'impact 3 × urgency 3' });
    });

    it.each([
      [{}, ''],
      [{ title: ' ' }, 'title'],
      [{ title: null }, 'title'],
      [{ title: 'x'.repeat(256) }, 'title'],
      [{ title: 'two\nlines' }, 'title'],
      [{ title: 'turned \u202eround' }, 'title'],
      [{ impact: 4 }, 'impact'],
      [{ urgency: '1' }, 'urgency'],
      [{ state: 'closed' }, 'state'],
      [{ priorityReason: 'x' }, 'priorityReason'],
    ])('refuse %j', async (body, path) => {
      const { number } = await anIncident();
      const answer = await patch(number, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: expect.any(Array) } });
      expect((answer.body.errors as Body[])[0]?.path).toBe(path);
    });

    it('of what is closed or canceled stay as they are', async () => {
      const { number } = await anIncident();
      await move(number, { to: 'canceled', resolutionCode: 'duplicate' });
      expect(await patch(number, { title: 'x' })).toMatchObject({ status: 409, body: { code: 'work_item_final' } });
    });
  });

  describe('comments', () => {
    it('stand in the timeline, of closed work items too, and are no change of the work item', async () => {
      const { number } = await anIncident();
      await move(number, { to: 'canceled', resolutionCode: 'duplicate' });
      const { version } = await workItem(number);
      const text = 'First line\nsecond line';
      const added = await act('POST', `/${number}/comments`, { text, kind: 'work_note' });
      expect(added).toMatchObject({ status: 201, body: { kind: 'work_note', detail: { text, by: 'Test' } } });
      expect((await timeline(number)).at(-1)).toMatchObject({ summary: 'First line second line', detail: { text } });
      expect((await workItem(number)).version).toBe(version);
    });

    it.each([{ text: 'x' }, { text: ' ', kind: 'comment' }, { text: 'x', kind: 'note' }])('refuse %j', async (body) => {
      const { number } = await anIncident();
      expect((await act('POST', `/${number}/comments`, body)).status).toBe(400);
    });
  });

  describe('by hand', () => {
    it('a work item is opened with its configuration items and what they say of its impact', async () => {
      const name = `shop-${newId()}`;
      const ci = await app.call('POST', '/api/v1/configuration-items', {
        as: app.token('Operator'),
        body: { name, className: 'cmdb_ci_server', criticality: 1 },
      });
      const opened = await act('POST', '', {
        title: 'The shop is slow',
        type: 'event',
        configurationItemIds: [ci.body.id],
      });
      expect(opened).toMatchObject({
        status: 201,
        body: {
          ...{ type: 'event', state: 'new', source: 'manual', impact: 1, urgency: 3, priority: 3, version: 1 },
          ...{ signature: null, alertCount: 0 },
          configurationItems: [{ name, role: 'primary', binding: { method: 'manual', confidence: 100 } }],
        },
      });
      expect(opened.headers).toMatchObject({
        etag: '"1"',
        location: `/api/v1/work-items/${String(opened.body.number)}`,
      });
      expect(opened.body.number).toMatch(/^EVT\d{7,}$/);
      expect(await timeline(String(opened.body.number))).toMatchObject([
        { kind: 'opened', summary: `Opened by Test for ${name}` },
      ]);
    });

    it('names a configuration item that is none', async () => {
      const answer = await act('POST', '', { title: 'x', configurationItemIds: [newId()] });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'configurationItemIds[0]' }] } });
    });

    it.each([
      [{}, 'title'],
      [{ title: 'x', type: null }, 'type'],
      [{ title: 'x', type: 'problem' }, 'type'],
      [{ title: 'x', impact: null }, 'impact'],
      [{ title: 'x', configurationItemIds: null }, 'configurationItemIds'],
    ])('refuses %j', async (body, path) => {
      const answer = await act('POST', '', body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect((answer.body.errors as Body[])[0]?.path).toBe(path);
    });

    it('items are bound and taken off, and alerts do not change that', async () => {
      const { number, fireAgain } = await anIncident();
      const ci = await app.call('POST', '/api/v1/configuration-items', {
        as: app.token('Operator'),
        body: { name: `db-${newId()}`, className: 'cmdb_ci_server', criticality: 1 },
      });
      const [own] = (await workItem(number)).configurationItems as [{ id: string }];
      const bound = await act('PUT', `/${number}/configuration-items/${String(ci.body.id)}`, { role: 'primary' });
      expect(bound).toMatchObject({
        status: 200,
        body: { impact: 1, configurationItems: [{ id: ci.body.id }, { id: own.id }] },
      });
      expect((await act('DELETE', `/${number}/configuration-items/${own.id}`)).status).toBe(204);
      await fireAgain();
      const after = await workItem(number);
      expect(after).toMatchObject({ alertCount: 2, configurationItems: [{ id: ci.body.id, role: 'primary' }] });
      expect(after.configurationItems).toHaveLength(1);
      expect((await act('PUT', `/${number}/configuration-items/${newId()}`)).status).toBe(404);
      expect((await act('DELETE', `/${number}/configuration-items/${newId()}`)).status).toBe(404);
    });
  });

  it('an item that is bound already keeps its role, unless a role is given', async () => {
    const ids: string[] = [];
    for (const name of ['one', 'other']) {
      const body = { name: `${name}-${newId()}`, className: 'cmdb_ci_server' };
      const ci = await app.call('POST', '/api/v1/configuration-items', { as: app.token('Operator'), body });
      ids.push(String(ci.body.id));
    }
    const { body } = await act('POST', '', { title: 'x', configurationItemIds: ids });
    const bind = async (id: string | undefined, binding: Body): Promise<unknown> => {
      const bound = await act('PUT', `/${String(body.number)}/configuration-items/${String(id)}`, binding);
      return (bound.body.configurationItems as Body[]).map((ci) => [ids.indexOf(String(ci.id)), ci.role]);
    };
    const before = [
      [0, 'primary'],
      [1, 'affected'],
    ];
    expect(await bind(ids[0], {})).toEqual(before);
    expect(await bind(ids[1], {})).toEqual(before);
    expect(await bind(ids[1], { role: 'primary' })).toEqual([
      [1, 'primary'],
      [0, 'affected'],
    ]);
  });

  describe('many at once', () => {
    it('are moved each for itself, with the reason for each that was not', async () => {
      const [one, other] = [await anIncident(), await anIncident()];
      await other.resolve();
      const numbers = [one.number, other.number, 'INC9999999', one.number.toLowerCase(), 'nonsense'];
      const answer = await act('POST', '/bulk/transitions', { numbers, to: 'on_hold', holdReason: 'awaiting_change' });
      expect(answer).toMatchObject({
        status: 200,
        body: {
          succeeded: 2,
          failed: 3,
          results: [
            { number: one.number, state: 'on_hold', error: null },
            {
              number: other.number,
              state: 'resolved',
              error: { status: 409, code: 'illegal_transition', from: 'resolved' },
            },
            { number: 'INC9999999', state: null, error: { status: 404, code: 'not_found' } },
            { number: one.number.toLowerCase(), state: 'on_hold', error: null },
            { number: 'nonsense', error: { status: 404 } },
          ],
        },
      });
      const entries = (await timeline(one.number)).filter(({ kind }) => kind === 'on_hold');
      expect(entries).toHaveLength(1);
    });

    it('are assigned', async () => {
      const [one, other] = [await anIncident(), await anIncident()];
      const body = { numbers: [one.number, other.number], assignmentGroup: 'dba', assignee: 'Jo' };
      expect((await act('POST', '/bulk/assignments', body)).body).toMatchObject({ succeeded: 2, failed: 0 });
      expect(await workItem(other.number)).toMatchObject({ assignmentGroup: 'dba', assignee: 'Jo' });
    });

    it.each([
      ['/bulk/transitions', { numbers: [], to: 'in_progress' }],
      ['/bulk/transitions', { to: 'in_progress' }],
      ['/bulk/transitions', { numbers: Array.from({ length: 201 }, () => 'INC0000001'), to: 'in_progress' }],
      ['/bulk/assignments', { numbers: ['INC0000001'] }],
    ])('refuse at %s what can not be meant', async (path, body) => {
      expect((await act('POST', path, body)).status).toBe(400);
    });
  });
});
