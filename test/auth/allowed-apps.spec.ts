import type { LocalIssuer } from '../../demo/issuer';
import { Allowlist } from '../../src/auth/allowlist/allowlist';
import { CallerCounters } from '../../src/auth/allowlist/caller-counters';
import { AllowedAppEntity } from '../../src/auth/allowlist/allowed-app.entity';
import { ENGINES, freshDatabase, type TestDatabase } from '../support/database';
import { aUser, AuthApp, AZURE_MONITOR, azureMonitor, startIssuer, WEBHOOK_ROLE, type Answer } from './support';

const PATH = '/api/v1/admin/allowed-apps';
const APP = '99999999-0000-4000-8000-000000000001';
const NO_TIME = 'expiresAt must be an ISO 8601 time such as 2026-01-31T12:00:00Z';
const SUBSCRIPTION = '/subscriptions/11111111-0000-4000-8000-000000000001';

describe.each(ENGINES)('the allowlist on %s', (engine) => {
  let issuer: LocalIssuer;
  let database: TestDatabase;
  let app: AuthApp;
  const more: AuthApp[] = [];

  beforeAll(async () => {
    issuer = await startIssuer();
  });
  afterAll(() => issuer.close());
  beforeEach(async () => {
    database = await freshDatabase(engine);
    app = await AuthApp.start({ issuer, databaseUrl: database.url });
  });
  afterEach(async () => {
    await Promise.all([app, ...more.splice(0)].map((each) => each.close()));
    await database.drop();
  });

  const admin = (path: string, init: { method?: string; json?: unknown } = {}): Promise<Answer> =>
    app.call(path, aUser(['Admin']), init);
  const add = async (json: object): Promise<string> => {
    const answer = await admin(PATH, { json: { appId: APP, name: 'A script', ...json } });
    expect(answer.status).toBe(201);
    return String(answer.body.id);
  };
  const post = (on: AuthApp = app, appId = APP): Promise<Answer> =>
    on.call('/probe/webhook', azureMonitor({ appId }), { json: {} });
  const items = (answer: Answer): Record<string, unknown>[] => answer.body.items as Record<string, unknown>[];

  const trailOf = async (id: string): Promise<unknown[]> =>
    items(await admin(`/api/v1/admin/audit-events?subjectId=${id}`)).map(({ action }) => action);

  it('holds Azure Monitor on a new database', async () => {
    const answer = await admin(PATH);
    expect(answer.body).toMatchObject({ nextCursor: null });
    expect(items(answer)).toEqual([
      {
        ...{
          id: expect.any(String),
          appId: AZURE_MONITOR,
          name: 'Azure Monitor action groups',
          scopes: [],
          enabled: true,
        },
        ...{ expiresAt: null, notes: expect.any(String), lastSeenAt: null, acceptedCount: 0, rejectedCount: 0 },
      },
    ]);
  });

  it('does not bring back what an administrator deleted when the service starts again', async () => {
    const [entry] = items(await admin(PATH));
    expect(await admin(`${PATH}/${String(entry?.id)}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
    expect(await post(app, AZURE_MONITOR)).toMatchObject({ status: 403 });

    more.push(await AuthApp.start({ issuer, databaseUrl: database.url }));
    expect(items(await admin(PATH))).toEqual([]);
  });

  it('is filled once when several instances start together on a new database', async () => {
    const fresh = await freshDatabase(engine);
    const first = await AuthApp.start({ issuer, databaseUrl: fresh.url });
    const others = await Promise.all([1, 2].map(() => AuthApp.start({ issuer, databaseUrl: fresh.url })));
    expect(await first.dataSource.manager.count(AllowedAppEntity)).toBe(1);
    await Promise.all([first, ...others].map((each) => each.close()));
    await fresh.drop();
  });

  it('takes a change into force at once here, and within 5 seconds elsewhere', async () => {
    const other = await AuthApp.start({ issuer, databaseUrl: database.url });
    more.push(other);
    const id = await add({});
    expect(await post()).toMatchObject({ status: 201 });
    await within5Seconds(async () => (await post(other)).status === 201);

    await admin(`${PATH}/${id}`, { method: 'PATCH', json: { enabled: false } });
    expect(await post()).toMatchObject({ status: 403 });
    await within5Seconds(async () => (await post(other)).status === 403);
  });

  it.each([
    ['disabled', { enabled: false }],
    ['caller_expired', { expiresAt: '2020-01-01T00:00:00Z' }],
  ])('refuses a caller that is %s, and says so to the administrator', async (reason, entry) => {
    const id = await add({});
    expect(await admin(`${PATH}/${id}`, { method: 'PATCH', json: entry })).toMatchObject({ status: 200 });
    const { headers, status } = await post();
    expect(status).toBe(403);
    const found = await admin(`/api/v1/admin/auth-rejections?appId=${APP}`);
    expect(items(found)[0]).toMatchObject({
      reason,
      appId: APP,
      verified: true,
      roles: [WEBHOOK_ROLE],
      path: '/probe/webhook',
    });
    expect(headers).toBeDefined();
  });

  it('gives the scopes of the entry to the route', async () => {
    await add({ scopes: [SUBSCRIPTION] });
    expect((await post()).body).toMatchObject({ name: 'A script', allowedApp: { scopes: [SUBSCRIPTION] } });
  });

  it('changes only what is given, and clears by null', async () => {
    const id = await add({ notes: 'for the night shift', expiresAt: '2099-01-01T00:00:00' });
    expect(await admin(`${PATH}/${id}`)).toMatchObject({ body: { expiresAt: '2099-01-01T00:00:00.000Z' } });
    const changed = await admin(`${PATH}/${id}`, { method: 'PATCH', json: { name: 'Renamed', expiresAt: null } });
    expect(changed).toMatchObject({
      status: 200,
      body: { appId: APP, name: 'Renamed', expiresAt: null, notes: 'for the night shift', enabled: true },
    });
  });

  it('answers 409 to an application that is on it already, in whatever case', async () => {
    const json = { appId: AZURE_MONITOR.toUpperCase(), name: 'Again' };
    expect(await admin(PATH, { json })).toMatchObject({ status: 409, body: { code: 'already_allowed' } });
  });

  it.each([
    ['no appId', { appId: undefined }],
    ['an appId that is no GUID', { appId: 'azure' }],
    ['no name', { name: undefined }],
    ['a blank name', { name: ' \u00a0\t' }],
    ['notes that their column does not hold', { notes: 'a\ufe0f'.repeat(2_000) }],
    ['a name that its column does not hold', { name: 'a\ufe0f'.repeat(200) }],
    ['a scope that is no ARM id', { scopes: ['everything'] }],
    ['a scope with a path that climbs', { scopes: [`${SUBSCRIPTION}/resourceGroups/..`] }],
    ['a scope below a resource group', { scopes: [`${SUBSCRIPTION}/resourceGroups/a/providers/x`] }],
    ['scopes null', { scopes: null }],
    ['enabled as a text', { enabled: 'yes' }],
    ['expiresAt that is no time', { expiresAt: 'tomorrow' }],
  ])('refuses %s', async (_, json) => {
    expect(await admin(PATH, { json: { appId: APP, name: 'A script', ...json } })).toMatchObject({ status: 400 });
  });

  it.each([
    ['2020-01-01T00:00:00+02', '2019-12-31T22:00:00.000Z'],
    ['2020-01-01T12:00:00,5Z', '2020-01-01T12:00:00.500Z'],
    ['2020-01-01', '2020-01-01T00:00:00.000Z'],
  ])('refuses a caller that a change lets expire at %s', async (expiresAt, expected) => {
    const id = await add({});
    const changed = await admin(`${PATH}/${id}`, { method: 'PATCH', json: { expiresAt } });
    expect(changed).toMatchObject({ status: 200, body: { expiresAt: expected } });
    expect(await post()).toMatchObject({ status: 403 });
  });

  it('adds no caller that has expired already: that is a slip in the year', async () => {
    const answer = await admin(PATH, { json: { appId: APP, name: 'A script', expiresAt: '2020-01-01T00:00:00Z' } });
    const message = 'must be in the future: with 2020-01-01T00:00:00.000Z the caller would be refused from the start';
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'expiresAt', message }] } });
    expect(items(await admin(PATH))).toHaveLength(1);
  });

  it('takes nothing for an expiry that is no time: the caller would stay allowed for ever', async () => {
    const id = await add({ expiresAt: '2099-01-01T00:00:00Z' });
    const texts = ['2020-W01', '2026-200', '20200101', '20261231T1200Z', '2020-01-01T00', '2026-02-30', '0001-01-01'];
    for (const expiresAt of [...texts, '200000-01-01', '1', 'yesterday', '', 1, true, ['2020-01-01']]) {
      const answers = [
        await admin(`${PATH}/${id}`, { method: 'PATCH', json: { expiresAt } }),
        await admin(PATH, { json: { appId: SUBSCRIPTION.slice(-36), name: 'Another', expiresAt } }),
      ];
      for (const answer of answers)
        expect([expiresAt, answer]).toMatchObject([
          expiresAt,
          { status: 400, body: { code: 'invalid_request', errors: [{ path: 'expiresAt', message: NO_TIME }] } },
        ]);
    }
    expect(await admin(`${PATH}/${id}`)).toMatchObject({ body: { expiresAt: '2099-01-01T00:00:00.000Z' } });
  });

  it('answers 404 to an entry that is not there', async () => {
    expect(await admin(`${PATH}/${APP}`)).toMatchObject({ status: 404 });
    expect(await admin(`${PATH}/${APP}`, { method: 'PATCH', json: { name: 'x' } })).toMatchObject({ status: 404 });
    expect(await admin(`${PATH}/nothing`, { method: 'DELETE' })).toMatchObject({ status: 404 });
  });

  it.each([
    ['{}', { json: {} }],
    ['null', { json: null }],
    ['[]', { json: [] }],
    ['a list of changes', { json: [{ enabled: false }] }],
  ])('refuses a change of nothing: %s', async (_, init) => {
    const id = await add({});
    const answer = await admin(`${PATH}/${id}`, { method: 'PATCH', ...init });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(await trailOf(id)).toEqual(['allowed_app.created']);
  });

  it('says what a change without a body lacks', async () => {
    const id = await add({});
    const headers = ['Authorization', `Bearer ${issuer.mint(aUser(['Admin']))}`, 'Content-Length', '0'];
    const answer = await app.callWith(`${PATH}/${id}`, headers, { method: 'PATCH' });
    const detail = 'Name at least one field to change.';
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', detail } });
  });

  it.each([{ name: '   ' }, { name: null }])('refuses the new name of %j', async (json) => {
    const id = await add({});
    const answer = await admin(`${PATH}/${id}`, { method: 'PATCH', json });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.errors).toContainEqual({ path: 'name', message: expect.any(String) });
  });

  it('writes no trail of a change that changes nothing', async () => {
    const entry = {
      name: 'A script',
      scopes: [SUBSCRIPTION],
      expiresAt: '2099-01-01T00:00:00Z',
      notes: 'n',
      enabled: true,
    };
    const id = await add(entry);
    const same = { ...entry, expiresAt: '2099-01-01T01:00:00+01:00' };
    expect(await admin(`${PATH}/${id}`, { method: 'PATCH', json: same })).toMatchObject({
      status: 200,
      body: { name: 'A script' },
    });
    expect(await trailOf(id)).toEqual(['allowed_app.created']);
    await admin(`${PATH}/${id}`, { method: 'PATCH', json: { ...same, notes: null } });
    expect(await trailOf(id)).toEqual(['allowed_app.changed', 'allowed_app.created']);
  });

  it('is for administrators alone', async () => {
    expect(await app.call(PATH, aUser(['Manager']))).toMatchObject({ status: 403 });
    expect(await app.call(PATH, azureMonitor())).toMatchObject({ status: 403 });
  });

  it('is shown in pages', async () => {
    await add({});
    const first = await admin(`${PATH}?limit=1`);
    const second = await admin(`${PATH}?limit=1&cursor=${String(first.body.nextCursor)}`);
    expect([...items(first), ...items(second)].map(({ appId }) => appId)).toEqual([AZURE_MONITOR, APP]);
    expect(second.body.nextCursor).toBeNull();
  });

  it('leaves a trail: who, what, before, after, by which request', async () => {
    const id = await add({});
    const shouted = id.toUpperCase();
    await admin(`${PATH}/${shouted}`, { method: 'PATCH', json: { enabled: false } });
    await admin(`${PATH}/${shouted}`, { method: 'DELETE' });
    expect(await admin(`${PATH}/${id}`)).toMatchObject({ status: 404 });
    const trail = items(await admin(`/api/v1/admin/audit-events?subjectId=${shouted}`));
    expect(trail.map(({ action }) => action)).toEqual([
      'allowed_app.deleted',
      'allowed_app.changed',
      'allowed_app.created',
    ]);
    expect(trail[1]).toMatchObject({
      actor: { kind: 'user', name: 'Ada Admin' },
      subject: { type: 'allowed_app', id },
      before: { appId: APP, enabled: true },
      after: { appId: APP, enabled: false },
      requestId: expect.any(String),
    });
    expect(trail[0]).toMatchObject({ after: null });
    expect(items(await admin('/api/v1/admin/audit-events?action=allowed_app.changed&limit=1'))).toHaveLength(1);
    expect(items(await admin(`/api/v1/admin/audit-events?subjectId=${id}&since=2099-01-01`))).toHaveLength(0);
    expect(items(await admin(`/api/v1/admin/audit-events?subjectId=${id}&until=2099-01-01T00:00:00`))).toHaveLength(3);
  });

  it('counts accepted and refused calls; the counts of several instances add up', async () => {
    const other = await AuthApp.start({ issuer, databaseUrl: database.url });
    more.push(other);
    for (const on of [app, app, other]) await post(on, AZURE_MONITOR);
    await app.call('/probe/webhook', { appId: AZURE_MONITOR, roles: ['Other'] }, { json: {} });
    for (const on of [app, other]) await on.nest.get(CallerCounters).flush();
    const [entry] = items(await admin(PATH));
    expect(entry).toMatchObject({ acceptedCount: 3, rejectedCount: 1 });
    expect(Date.now() - Date.parse(String(entry?.lastSeenAt))).toBeLessThan(60_000);
  });

  it('writes the counts when the service stops', async () => {
    const other = await AuthApp.start({ issuer, databaseUrl: database.url });
    await post(other, AZURE_MONITOR);
    await other.close();
    expect(items(await admin(PATH))[0]).toMatchObject({ acceptedCount: 1 });
  });

  it('goes on in use while the database is away', async () => {
    await app.dataSource.destroy();
    await app.nest.get(Allowlist).refresh();
    expect(await post(app, AZURE_MONITOR)).toMatchObject({ status: 201 });
    expect(await post()).toMatchObject({ status: 403 });
    await app.dataSource.initialize();
  });

  it('answers 503 when it could never be read', async () => {
    const fresh = await freshDatabase(engine);
    jest
      .spyOn(Allowlist.prototype as unknown as { load: () => Promise<void> }, 'load')
      .mockRejectedValue(new Error('away'));
    const blind = await AuthApp.start({ issuer, databaseUrl: fresh.url });
    expect(await post(blind, AZURE_MONITOR)).toMatchObject({ status: 503, body: { code: 'allowlist_unavailable' } });
    expect(await blind.call('/probe/viewer', aUser(['Viewer']))).toMatchObject({ status: 200 });
    jest.restoreAllMocks();
    await within5Seconds(async () => (await post(blind, AZURE_MONITOR)).status === 201);
    await blind.close();
    await fresh.drop();
  });
});

async function within5Seconds(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 5_000; !(await condition());) {
    if (Date.now() > deadline) throw new Error('It did not come true within 5 seconds.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
