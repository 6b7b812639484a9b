import type { LocalIssuer } from '../../demo/issuer';
import { RouteRules } from '../../src/auth/route-rules';
import { freshDatabase, type TestDatabase } from '../support/database';
import { aUser, AuthApp, AZURE_MONITOR, azureMonitor, startIssuer, TENANT, WEBHOOK_ROLE } from './support';

describe('the guard', () => {
  let issuer: LocalIssuer;
  let database: TestDatabase;
  let app: AuthApp;

  beforeAll(async () => {
    [issuer, database] = await Promise.all([startIssuer(), freshDatabase('sqlite')]);
    app = await AuthApp.start({ issuer, databaseUrl: database.url });
  });
  afterAll(async () => {
    await app.close();
    await issuer.close();
    await database.drop();
  });

  it.each([1, 2] as const)('lets Azure Monitor post with a version %i token', async (version) => {
    const answer = await app.call('/probe/webhook', azureMonitor({ version }), { json: {} });
    expect(answer).toMatchObject({
      status: 201,
      body: {
        kind: 'application',
        id: AZURE_MONITOR,
        appId: AZURE_MONITOR,
        tenantId: TENANT,
        allowedApp: { scopes: [] },
      },
    });
  });

  it('answers 401 without a token, and tells the caller only a code and the request id', async () => {
    const answer = await app.callWith('/probe/viewer', ['X-Request-Id', 'ask-for-me']);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'invalid_token', requestId: 'ask-for-me' });
    expect(JSON.stringify(answer.body)).not.toContain('malformed');
  });

  it('opens a public route to everyone', async () => {
    expect(await app.callWith('/probe/public', [])).toMatchObject({ status: 401 });
    const bare = await AuthApp.start({ issuer, databaseUrl: database.url, withoutTokenCheck: true });
    expect(await bare.callWith('/probe/public', [])).toMatchObject({ status: 200 });
    expect(await bare.callWith('/probe/viewer', [])).toMatchObject({ status: 401 });
    await bare.close();
  });

  it('decides by itself about a route whose rule was not found before the body was read', async () => {
    const lookup = jest.spyOn(app.nest.get(RouteRules), 'ruleOf').mockReturnValue(undefined);
    expect(await app.call('/probe/viewer', aUser(['Viewer']))).toMatchObject({ status: 200, body: { kind: 'user' } });
    expect(await app.call('/probe/admin', aUser(['Viewer']))).toMatchObject({ status: 403 });
    expect(await app.call('/probe/forgotten', aUser(['Admin']))).toMatchObject({ status: 403 });
    expect(await app.call('/probe/webhook', aUser(['Admin']), { json: {} })).toMatchObject({ status: 403 });
    lookup.mockReturnValue({ kind: 'role', role: 'Viewer' });
    expect(await app.call('/probe/admin', aUser(['Viewer']))).toMatchObject({ status: 403 });
    lookup.mockRestore();
  });

  it('refuses a route that no decorator opens, even to an administrator', async () => {
    expect(await app.call('/probe/forgotten', aUser(['Admin']))).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
  });

  const routes = ['viewer', 'operator', 'manager', 'admin'];
  it.each([
    ['Viewer', 1],
    ['Operator', 2],
    ['Manager', 3],
    ['Admin', 4],
    ['viewer', 0],
    [WEBHOOK_ROLE, 0],
  ])('opens to %s the first %i of the routes for Viewer, Operator, Manager and Admin', async (role, opened) => {
    for (const token of [aUser([role]), { appId: AZURE_MONITOR, roles: [role] }]) {
      const answers = await Promise.all(routes.map((route) => app.call(`/probe/${route}`, token)));
      expect(answers.map(({ status }) => status)).toEqual(routes.map((_, index) => (index < opened ? 200 : 403)));
    }
  });

  it('tells a route who calls', async () => {
    const objectId = '11112222-bbbb-4333-8ccc-4444dddd5555';
    const answer = await app.call('/probe/viewer', aUser(['Operator'], { objectId }));
    expect(answer.body).toMatchObject({
      kind: 'user',
      id: objectId,
      name: 'Ada Admin',
      allowedApp: null,
      admin: false,
    });
  });

  it('keeps people out of the webhook, whatever their roles', async () => {
    const token = aUser(['Admin', WEBHOOK_ROLE], { appId: AZURE_MONITOR });
    expect(await app.call('/probe/webhook', token, { json: {} })).toMatchObject({ status: 403 });
  });
});
