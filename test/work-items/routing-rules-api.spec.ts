import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Transactions } from '../../src/common/transactions';
import { RoutingRules } from '../../src/work-items/routing/routing-rules-cache';
import { ENGINES } from '../support/database';
import { TestApp, type Answer } from '../support/test-app';
import { GROUP } from './routing-builders';

const PATH = '/api/v1/admin/routing-rules';
const NOBODY = '99999999-0000-4000-8000-000000000001';
const RULE = { name: 'db team', match: { alertRule: 'db-*' }, actions: { assignmentGroup: 'dba' } };

const TOO_MANY = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`key${index}`, 'x']));

interface Init {
  body?: unknown;
  ifMatch?: string;
  role?: string;
}

describe.each(ENGINES)('routing rules over HTTP on %s', (engine) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
  });
  afterAll(() => app.stop());

  const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, init: Init = {}): Promise<Answer> =>
    app.call(method, `${PATH}${path}`, {
      as: app.token(init.role ?? 'Manager'),
      body: init.body,
      headers: init.ifMatch === undefined ? {} : { 'if-match': init.ifMatch },
    });
  const add = async (rule: object = {}): Promise<string> => {
    const answer = await call('POST', '', { body: { ...RULE, ...rule } });
    expect(answer).toMatchObject({ status: 201 });
    return String(answer.body.id);
  };
  const items = (answer: Answer): Record<string, unknown>[] => answer.body.items as Record<string, unknown>[];
  const trailOf = async (id: string): Promise<Record<string, unknown>[]> =>
    items(await app.get(`/api/v1/admin/audit-events?subjectId=${id}`, 'Admin'));
  const inForce = (id: string, on = app): boolean =>
    on.app
      .get(RoutingRules)
      .current()
      .some((rule) => rule.id === id);

  it('hold the defaults in a new database, in order, and are in force', async () => {
    const fresh = await TestApp.start({ engine });
    const rules = items(await fresh.get(PATH, 'Manager'));
    const service = (...names: string[]): object => ({ monitoringService: names });
    expect(rules.map(({ position, match, actions }) => [position, match, actions])).toEqual([
      [10, service('Activity Log - Recommendation'), { type: 'event', category: 'recommendation' }],
      [20, service('Activity Log - Autoscale'), { type: 'event', category: 'autoscale' }],
      [25, service('Activity Log - Policy'), { type: 'event', category: 'policy' }],
      [30, service('Activity Log - Security'), { type: 'incident', category: 'security' }],
      [40, service('ServiceHealth'), { type: 'incident', category: 'service health' }],
      [50, service('Resource Health', 'ResourceHealth'), { type: 'incident', category: 'resource health' }],
      [60, service('Azure Backup'), { category: 'backup' }],
      [70, service('CostAlerts'), { category: 'cost' }],
      [1000, {}, { type: 'incident' }],
    ]);
    expect(rules.every(({ enabled, version }) => enabled === true && version === 1)).toBe(true);
    expect(rules.at(-1)).toMatchObject({ id: '00000000-0000-7000-8000-000000001000', name: 'Everything else' });
    expect(fresh.app.get(RoutingRules).current()).toMatchObject(rules);
    await fresh.stop();
  });

  it.each(['Viewer', 'Operator'])('are not for %s', async (role) => {
    const id = await add();
    expect(await call('GET', '', { role })).toMatchObject({ status: 403 });
    expect(await call('GET', `/${id}`, { role })).toMatchObject({ status: 403 });
    expect(await call('POST', '', { role, body: RULE })).toMatchObject({ status: 403 });
    expect(await call('PATCH', `/${id}`, { role, body: { enabled: false }, ifMatch: '*' })).toMatchObject({
      status: 403,
    });
    expect(await call('DELETE', `/${id}`, { role })).toMatchObject({ status: 403 });
  });

  it.each(['Manager', 'Admin'])('are for %s', async (role) => {
    const id = await add();
    expect(await call('GET', '', { role })).toMatchObject({ status: 200 });
    expect(await call('PATCH', `/${id}`, { role, body: { enabled: false }, ifMatch: '"1"' })).toMatchObject({
      status: 200,
    });
    expect(await call('DELETE', `/${id}`, { role })).toMatchObject({ status: 204 });
  });

  it('can be added, read, changed and removed', async () => {
    const rule = {
      position: 5,
      name: 'db team',
      enabled: false,
      match: {
        severity: ['Sev0', 'sev1'],
        monitoringService: ['Platform'],
        scope: [GROUP],
        alertRule: 'db-*',
        ciClass: ['cmdb_ci_db_instance'],
        ciTag: { env: 'prod' },
        customProperty: { team: 'dba', tier: 1 },
      },
      actions: {
        type: 'incident',
        title: '{{alert.rule}} on {{ target.name }}',
        description: 'See {{customProperties.runbook}}.',
        assignmentGroup: 'dba',
        category: 'database',
        impact: 1,
        urgency: 2,
        reopenWindowMinutes: 43_200,
        recordOnly: false,
        perConfigurationItem: false,
        autoResolve: true,
      },
    };
    const added = await call('POST', '', { body: rule });
    const path = `/${String(added.body.id)}`;
    expect(added).toMatchObject({ status: 201, headers: { location: `${PATH}${path}`, etag: '"1"' } });
    expect(added.body).toEqual({ id: expect.any(String), version: 1, ...rule });
    expect(await call('GET', path)).toMatchObject({ status: 200, headers: { etag: '"1"' }, body: added.body });

    const body = { name: 'dba', match: {}, actions: { recordOnly: true } };
    const changed = await call('PATCH', path, { body, ifMatch: '"1"' });
    expect(changed).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(changed.body).toEqual({ ...added.body, ...body, version: 2 });

    expect(await call('DELETE', path, { ifMatch: '"2"' })).toMatchObject({ status: 204 });
    expect(await call('GET', path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('are found by their ids in any letter case', async () => {
    const added = await call('POST', '', { body: { name: 'r', match: {}, actions: { recordOnly: true } } });
    const path = `/${String(added.body.id).toUpperCase()}`;
    expect(await call('GET', path)).toMatchObject({ status: 200, body: added.body });
    const changed = await call('PATCH', path, { body: { name: 'other' }, ifMatch: '"1"' });
    expect(changed).toMatchObject({ status: 200, body: { name: 'other', version: 2 } });
    expect(await call('DELETE', path, { ifMatch: '"2"' })).toMatchObject({ status: 204 });
    expect(await call('GET', path.toLowerCase())).toMatchObject({ status: 404 });
  });

  it('are tried by position, the older one first where it is the same, and before the one for everything else without one', async () => {
    const last = await add();
    const ids = [await add({ position: 3 }), await add({ position: 3 }), await add({ position: 2 })];
    const all = items(await call('GET', '?limit=200'));
    expect(all.slice(0, 3).map(({ id }) => id)).toEqual([ids[2], ids[0], ids[1]]);
    expect(all.at(-1)).toMatchObject({ name: 'Everything else' });
    expect(all.at(-2)).toMatchObject({ id: last, position: Number(all.at(-3)?.position) + 10 });

    const paged: unknown[] = [];
    let cursor: unknown = '';
    while (cursor !== null) {
      const page = await call('GET', `?limit=2${cursor === '' ? '' : `&cursor=${cursor as string}`}`);
      paged.push(...items(page));
      cursor = page.body.nextCursor;
    }
    expect(paged).toEqual(all);
    for (const id of ids) await call('DELETE', `/${id}`);
  });

  it.each(['[]', '["a","b"]', '[null,null]', '[1]', '["Infinity","x"]', '["-1e999","x"]', '[1e300,"x"]'])(
    'take or refuse the cursor %s, and never fail',
    async (text) => {
      const cursor = Buffer.from(text).toString('base64url');
      expect([200, 400]).toContain((await call('GET', `?cursor=${cursor}`)).status);
    },
  );

  it('are not changed without saying which version was read', async () => {
    const id = await add();
    const body = { enabled: false };
    expect(await call('PATCH', `/${id}`, { body })).toMatchObject({
      status: 428,
      body: { code: 'precondition_required' },
    });
    expect(await call('PATCH', `/${id}`, { body, ifMatch: '1' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_if_match' },
    });
    const stale = { status: 412, headers: { etag: '"1"' }, body: { code: 'version_mismatch', currentVersion: 1 } };
    expect(await call('PATCH', `/${id}`, { body, ifMatch: '"2"' })).toMatchObject(stale);
    expect(await call('DELETE', `/${id}`, { ifMatch: '"2"' })).toMatchObject(stale);
    expect(await call('GET', `/${id}`)).toMatchObject({ body: { enabled: true, version: 1 } });
    expect(await call('PATCH', `/${id}`, { body, ifMatch: '*' })).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await call('DELETE', `/${id}`)).toMatchObject({ status: 204 });
  });

  it('are changed by one of two people who change the same version at once', async () => {
    const id = await add();
    for (let version = 1; version <= 5; version += 1) {
      const answers = await Promise.all(
        ['one', 'other'].map((name) =>
          call('PATCH', `/${id}`, { body: { name: `${name} ${version}` }, ifMatch: `"${version}"` }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const winner = answers.find(({ status }) => status === 200);
      expect((await call('GET', `/${id}`)).body).toEqual(winner?.body);
    }
    expect(await trailOf(id)).toHaveLength(6);
  });

  it('leave a trail: who, what, before, after, by which request', async () => {
    const id = await add();
    const { headers } = await call('PATCH', `/${id}`, { body: { enabled: false }, ifMatch: '"1"' });
    await call('DELETE', `/${id}`);
    const trail = await trailOf(id);
    expect(trail.map(({ action }) => action)).toEqual([
      'routing_rule.deleted',
      'routing_rule.changed',
      'routing_rule.created',
    ]);
    expect(trail[2]).toMatchObject({ before: null, after: { ...RULE, enabled: true, version: 1 } });
    expect(trail[1]).toMatchObject({
      actor: { kind: 'user', name: 'Test' },
      subject: { type: 'routing_rule', id },
      before: { ...RULE, enabled: true, version: 1 },
      after: { ...RULE, enabled: false, version: 2 },
      requestId: headers['x-request-id'],
    });
    expect(trail[0]).toMatchObject({ before: { enabled: false }, after: null });
  });

  it('keep version and trail when a change changes nothing', async () => {
    const id = await add({ match: { severity: ['Sev0'], ciTag: { env: 'prod' } } });
    const body = { ...RULE, enabled: true, match: { ciTag: { env: 'prod' }, severity: ['Sev0'] } };
    expect(await call('PATCH', `/${id}`, { body, ifMatch: '"1"' })).toMatchObject({
      status: 200,
      headers: { etag: '"1"' },
      body: { version: 1 },
    });
    expect(await trailOf(id)).toHaveLength(1);
  });

  it.each([
    ['{}', {}],
    ['null', null],
    ['[]', []],
  ])('refuse a change of nothing: %s', async (_, body) => {
    const id = await add();
    expect(await call('PATCH', `/${id}`, { body, ifMatch: '"1"' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  it('answer 404 to a rule that is not there', async () => {
    for (const id of [NOBODY, 'nothing']) {
      expect(await call('GET', `/${id}`)).toMatchObject({ status: 404 });
      expect(await call('PATCH', `/${id}`, { body: { name: 'x' }, ifMatch: '*' })).toMatchObject({ status: 404 });
      expect(await call('DELETE', `/${id}`)).toMatchObject({ status: 404 });
    }
  });

  it.each<[string, object, string]>([
    ['no name', { name: undefined }, 'name'],
    ['a blank name', { name: ' \u00a0' }, 'name'],
    ['a name that its column does not hold', { name: 'a\ufe0f'.repeat(200) }, 'name'],
    ['a name of several lines', { name: 'db\nteam' }, 'name'],
    ['a name that hides something', { name: 'db\u200bteam' }, 'name'],
    ['a name with a line separator', { name: 'db\u2028team' }, 'name'],
    ['no match: it would be for everything', { match: undefined }, 'match'],
    ['a match of null', { match: null }, 'match'],
    ['a match that is a list', { match: [] }, 'match'],
    ['no actions', { actions: undefined }, 'actions'],
    ['a position that is none', { position: -1 }, 'position'],
    ['enabled as a text', { enabled: 'yes' }, 'enabled'],
    ['a version', { version: 3 }, 'version'],
    ['an unknown condition', { match: { severities: ['Sev0'] } }, 'match.severities'],
    ['an empty list', { match: { severity: [] } }, 'match.severity'],
    ['a text for a list', { match: { severity: 'Sev0' } }, 'match.severity'],
    ['a severity that Azure does not have', { match: { severity: ['Sev0', 'Sev5'] } }, 'match.severity'],
    ['a severity in words', { match: { severity: ['critical'] } }, 'match.severity'],
    ['a condition of null', { match: { severity: null } }, 'match.severity'],
    ['a blank value', { match: { monitoringService: ['Platform', ' '] } }, 'match.monitoringService'],
    ['101 values', { match: { ciClass: new Array(101).fill('c') } }, 'match.ciClass'],
    ['a scope that is no ARM id', { match: { scope: ['everything'] } }, 'match.scope'],
    ['a scope that climbs', { match: { scope: [`${GROUP}/..`] } }, 'match.scope'],
    ['a scope below a resource group', { match: { scope: [`${GROUP}/providers/x`] } }, 'match.scope'],
    ['a blank pattern', { match: { alertRule: ' ' } }, 'match.alertRule'],
    ['a pattern that is too long', { match: { alertRule: '*'.repeat(201) } }, 'match.alertRule'],
    ['a pattern that is no text', { match: { alertRule: ['*'] } }, 'match.alertRule'],
    ['tags without any', { match: { ciTag: {} } }, 'match.ciTag'],
    ['a tag that is no text', { match: { ciTag: { env: 1 } } }, 'match.ciTag'],
    ['a list of tags', { match: { ciTag: ['env'] } }, 'match.ciTag'],
    ['a property with parts', { match: { customProperty: { a: { b: 'c' } } } }, 'match.customProperty'],
    ['a property without a text', { match: { customProperty: { a: { toString: 1 } } } }, 'match.customProperty'],
    ['21 properties', { match: { customProperty: TOO_MANY } }, 'match.customProperty'],
    [
      'an address, which no alert keeps',
      { match: { customProperty: { owner: 'jo@corp.example' } } },
      'match.customProperty',
    ],
    ['a secret, which no alert keeps', { match: { customProperty: { apiKey: 'x' } } }, 'match.customProperty'],
    ['what stands for a secret', { match: { customProperty: { owner: '[redacted]' } } }, 'match.customProperty'],
    ['an unknown action', { actions: { assignee: 'me' } }, 'actions.assignee'],
    ['an unknown type', { actions: { type: 'problem' } }, 'actions.type'],
    ['an unknown placeholder', { actions: { title: '{{alert.name}}' } }, 'actions.title'],
    ['a placeholder that is not closed', { actions: { description: '{{alert.rule}' } }, 'actions.description'],
    ['a template of null', { actions: { assignmentGroup: null } }, 'actions.assignmentGroup'],
    ['a template that is too long', { actions: { category: 'x'.repeat(1_001) } }, 'actions.category'],
    ['an impact of 4', { actions: { impact: 4 } }, 'actions.impact'],
    ['an urgency of 1.5', { actions: { urgency: 1.5 } }, 'actions.urgency'],
    ['a window of a month and more', { actions: { reopenWindowMinutes: 43_201 } }, 'actions.reopenWindowMinutes'],
    ['a flag that is none', { actions: { recordOnly: 'true' } }, 'actions.recordOnly'],
  ])('refuse %s, and name the path', async (_, part, path) => {
    const answer = await call('POST', '', { body: { ...RULE, ...part } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    const paths = (answer.body.errors as { path: string }[]).map((error) => error.path);
    expect([...new Set(paths)]).toEqual([path]);
  });

  it('say which placeholder is not known, and which are', async () => {
    const { body } = await call('POST', '', { body: { ...RULE, actions: { title: '{{ alert.name }}' } } });
    const [fault] = body.errors as { message: string }[];
    expect(fault?.message).toMatch(/^\{\{alert\.name\}\} is not known; known are alert\.id, /);
  });

  it('say which condition could never match, why, and what to do', async () => {
    const customProperty = { team: 'dba', owner: 'jo@corp.example' };
    const { body } = await call('POST', '', { body: { ...RULE, match: { customProperty } } });
    expect((body.errors as { message: string }[]).map(({ message }) => message)).toEqual([
      'customProperty "owner" could never match: what it asks for is [redacted] in every alert that is kept; ask for another property or word',
    ]);
  });

  it('may ask for an address where it is the name of a thing', async () => {
    await add({ match: { customProperty: { resourceName: 'jo@corp.example' } } });
  });

  it.each([
    ['many', '{{nothing}}'.repeat(90), 'actions.title', 5],
    ['too many characters', '{{nothing}}'.repeat(1_000), 'actions.title', 0],
    ['what hardly counts as characters', `{{nothing}}${'\ufe0f'.repeat(1_000)}`, 'actions.title', 0],
  ])('name a handful of faults in a template of %s', async (_, title, path, faults) => {
    const { body } = await call('POST', '', { body: { ...RULE, actions: { title } } });
    const errors = body.errors as { path: string; message: string }[];
    expect(errors.map((error) => error.path)).toEqual([path]);
    expect(errors[0]?.message.match(/is not known/g) ?? []).toHaveLength(faults);
  });

  it('keep every condition, whatever it is called', async () => {
    const customProperty = { toString: 'x', valueOf: 'y', team: 'z' };
    const id = await add({ match: { customProperty } });
    expect((await call('GET', `/${id}`)).body).toMatchObject({ match: { customProperty } });
  });

  it('are in force at once here, and within 5 seconds elsewhere', async () => {
    const other = await TestApp.start({ shared: app });
    const id = await add();
    expect(inForce(id)).toBe(true);
    await within5Seconds(() => inForce(id, other));
    await call('DELETE', `/${id}`);
    expect(inForce(id)).toBe(false);
    await within5Seconds(() => !inForce(id, other));
    await other.stop();
  });

  it('go on in use while the database is away', async () => {
    const fresh = await TestApp.start({ engine });
    const rules = fresh.app.get(RoutingRules);
    const known = rules.current();
    await fresh.app.get<DataSource>(getDataSourceToken()).destroy();
    await rules.refresh();
    expect(rules.current()).toBe(known);
    await fresh.app.get<DataSource>(getDataSourceToken()).initialize();
    await rules.refresh();
    expect(rules.current()).toEqual(known);
    await fresh.stop();
  });

  it('are not guessed where they could never be read', () => {
    const unread = new RoutingRules(app.app.get(Transactions));
    expect(() => unread.current()).toThrow(/^routing_rules_unavailable: /);
  });
});

async function within5Seconds(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5_000; !condition();) {
    if (Date.now() > deadline) throw new Error('It did not come true within 5 seconds.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
