import type { FastifyRequest } from 'fastify';
import type { LocalIssuer } from '../../demo/issuer';
import { CallerCounters } from '../../src/auth/allowlist/caller-counters';
import { AuthMetrics } from '../../src/auth/auth-metrics';
import type { Refusal } from '../../src/auth/refusal';
import { AuthRejectionEntity } from '../../src/auth/rejections/auth-rejection.entity';
import { AuthRejections } from '../../src/auth/rejections/auth-rejections';
import { trimRejections } from '../../src/auth/rejections/trim';
import { Transactions } from '../../src/common/transactions';
import { ENGINES, freshDatabase, type TestDatabase } from '../support/database';
import { aUser, AuthApp, AZURE_MONITOR, azureMonitor, startIssuer, TENANT, type Answer } from './support';

const PATH = '/api/v1/admin/auth-rejections';
const VERIFIED = { verified: true };
const UNVERIFIED = { verified: false };
const aRequest = (id: string): FastifyRequest =>
  ({ raw: { rawHeaders: [] }, id, method: 'POST', url: '/', ip: '::1' }) as unknown as FastifyRequest;

describe.each(ENGINES)('refused calls on %s', (engine) => {
  let issuer: LocalIssuer;
  let database: TestDatabase;
  let app: AuthApp;

  beforeAll(async () => {
    issuer = await startIssuer();
  });
  afterAll(() => issuer.close());
  beforeEach(async () => {
    database = await freshDatabase(engine);
    app = await AuthApp.start({ issuer, databaseUrl: database.url });
  });
  afterEach(async () => {
    await app.close();
    await database.drop();
  });

  const listed = async (query = ''): Promise<Record<string, unknown>[]> =>
    (await app.call(`${PATH}${query}`, aUser(['Admin']))).body.items as Record<string, unknown>[];
  const refusedPost = (roles: string[] = ['Other']): Promise<Answer> =>
    app.call('/probe/webhook?access_token=secret', azureMonitor({ roles }), { json: {} });

  it('are kept with all that the administrator needs, and nothing that could be used again', async () => {
    const { body } = await refusedPost();
    const [entry] = await listed();
    expect(entry).toEqual({
      id: expect.any(String),
      occurredAt: expect.any(String),
      reason: 'role_missing',
      detail: 'ActionGroupsSecureWebhook is needed; the token has Other',
      requestId: body.requestId,
      method: 'POST',
      path: '/probe/webhook',
      remoteAddress: '127.0.0.1',
      appId: AZURE_MONITOR,
      oid: expect.any(String),
      tid: TENANT,
      roles: ['Other'],
      verified: true,
    });
    const [row] = await app.dataSource.query<unknown[]>('SELECT * FROM auth_rejections');
    expect(JSON.stringify(row)).not.toMatch(/eyJ|secret/);
  });

  it('say what a forged token claims, and that it is not proved', async () => {
    const token = issuer.mint(azureMonitor());
    await app.callWith('/probe/webhook', ['Authorization', `Bearer ${token.slice(0, -4)}AAAA`], { json: {} });
    expect(await listed()).toMatchObject([{ reason: 'bad_signature', appId: AZURE_MONITOR, verified: false }]);
  });

  it('say nothing about a caller without a token', async () => {
    await app.callWith('/probe/webhook', []);
    expect(await listed()).toMatchObject([{ reason: 'malformed', appId: null, oid: null, roles: [], verified: false }]);
  });

  it('do not count against a caller whose token was forged', async () => {
    const token = issuer.mint(azureMonitor());
    await app.callWith('/probe/webhook', ['Authorization', `Bearer ${token.slice(0, -4)}AAAA`], { json: {} });
    const entries = await app.call('/api/v1/admin/allowed-apps', aUser(['Admin']));
    expect(entries.body.items).toMatchObject([{ rejectedCount: 0 }]);
  });

  it('can be searched by reason, application, request and time', async () => {
    const { body } = await refusedPost();
    await app.callWith('/probe/viewer', []);
    expect(await listed('?reason=malformed')).toMatchObject([{ path: '/probe/viewer' }]);
    expect(await listed(`?appId=${AZURE_MONITOR.toUpperCase()}`)).toMatchObject([{ reason: 'role_missing' }]);
    expect(await listed(`?requestId=${String(body.requestId)}`)).toHaveLength(1);
    expect(await listed(`?since=${new Date(Date.now() - 60_000).toISOString()}`)).toHaveLength(2);
    expect(await listed(`?since=${new Date(Date.now() + 60_000).toISOString()}`)).toHaveLength(0);
    expect(await app.call(`${PATH}?reason=nonsense`, aUser(['Admin']))).toMatchObject({ status: 400 });
  });

  it('are shown in pages, the newest first', async () => {
    for (const role of ['one', 'two', 'three']) await refusedPost([role]);
    const first = await app.call(`${PATH}?limit=2`, aUser(['Admin']));
    expect(first.body.items).toMatchObject([{ roles: ['three'] }, { roles: ['two'] }]);
    const second = await app.call(`${PATH}?limit=2&cursor=${String(first.body.nextCursor)}`, aUser(['Admin']));
    expect(second.body).toMatchObject({ items: [{ roles: ['one'] }], nextCursor: null });
    expect(await app.call(`${PATH}?cursor=broken`, aUser(['Admin']))).toMatchObject({ status: 400 });
  });

  it('take an application id that grows in lower case, and go on being written', async () => {
    const token = issuer.mint(azureMonitor({ appId: '\u0130'.repeat(64) }));
    await app.callWith('/probe/webhook', ['Authorization', `Bearer ${token.slice(0, -4)}AAAA`], { json: {} });
    await refusedPost();
    expect(await listed()).toMatchObject([{ reason: 'role_missing' }, { reason: 'bad_signature' }]);
  });

  it('lose one that the database refuses, count it, and keep the others', async () => {
    const rejections = app.nest.get(AuthRejections);
    for (let call = 0; call < 20; call += 1) {
      const reason = call % 7 === 3 ? null : 'malformed';
      rejections.refuse(aRequest(`call-${call}`), { kind: 'refused', reason, detail: '' } as Refusal, VERIFIED);
    }
    await rejections.flush();
    expect(await app.dataSource.manager.count(AuthRejectionEntity)).toBe(17);
    expect(app.nest.get(AuthMetrics).rejectionsDropped).toBe(3);
    await refusedPost();
    expect(await listed('?reason=role_missing')).toHaveLength(1);
  });

  it('are kept while the database is away, and written once when it is back', async () => {
    const rejections = app.nest.get(AuthRejections);
    await refusedPost();
    await app.dataSource.destroy();
    await rejections.flush();
    await app.dataSource.initialize();
    await Promise.all([rejections.flush(), rejections.flush()]);
    expect(await listed()).toHaveLength(1);
    expect(app.nest.get(AuthMetrics).rejectionsDropped).toBe(0);
  });

  it('are written once, even if the database did not get to say that it wrote them', async () => {
    await refusedPost();
    const transactions = app.nest.get(Transactions);
    const run = transactions.run.bind(transactions);
    jest.spyOn(transactions, 'run').mockImplementationOnce(async (work) => {
      await run(work);
      throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    });
    await app.nest.get(AuthRejections).flush();
    expect(await listed()).toHaveLength(1);
    await refusedPost();
    expect(await listed()).toHaveLength(2);
  });

  it('stay bounded in a flood; what is too much is counted', async () => {
    const rejections = app.nest.get(AuthRejections);
    const refusal = { kind: 'refused', reason: 'malformed', detail: 'flood' } as const;
    for (let call = 0; call < 2_000; call += 1) rejections.refuse(aRequest('flood'), refusal, UNVERIFIED);
    await rejections.flush();
    expect(await app.dataSource.manager.count(AuthRejectionEntity)).toBe(50);
    expect(app.nest.get(AuthMetrics)).toMatchObject({ rejectionsDropped: 1_950, rejected: { malformed: 2_000 } });
  });

  it('of callers with a good token are seen through a flood without one', async () => {
    const rejections = app.nest.get(AuthRejections);
    const refusal = { kind: 'refused', reason: 'malformed', detail: 'flood' } as const;
    const flood = (verified: boolean): void => {
      for (let call = 0; call < 600; call += 1) rejections.refuse(aRequest('flood'), refusal, { verified });
    };
    flood(false);
    await refusedPost();
    expect(await listed('?reason=role_missing')).toHaveLength(1);

    await app.dataSource.destroy();
    for (let turn = 0; turn < 2; turn += 1) {
      [false, true].forEach(flood);
      await rejections.flush();
    }
    await app.dataSource.initialize();
    await rejections.flush();
    const count = (verified: boolean): Promise<number> =>
      app.dataSource.manager.countBy(AuthRejectionEntity, { verified });
    expect([await count(true), await count(false)]).toEqual([451, 100]);
    expect(app.nest.get(AuthMetrics).rejectionsDropped).toBe(5 * 600 - 450 - 100);
  });

  it('outlive a flood without a good token in the table too', async () => {
    await refusedPost(['one']);
    await refusedPost(['two']);
    for (let call = 0; call < 5; call += 1) await app.callWith('/probe/viewer', []);
    await app.nest.get(AuthRejections).flush();
    await app.nest.get(Transactions).run((tx) => trimRejections(tx, { verified: 1, unverified: 2 }));
    expect(await listed()).toMatchObject([{ verified: false }, { verified: false }, { roles: ['two'] }]);
  });

  it('are kept up to a number, the newest ones', async () => {
    for (const role of ['one', 'two', 'three', 'four']) await refusedPost([role]);
    await app.nest.get(AuthRejections).flush();
    await app.nest.get(Transactions).run((tx) => trimRejections(tx, { verified: 2, unverified: 0 }));
    expect(await listed()).toMatchObject([{ roles: ['four'] }, { roles: ['three'] }]);
    await app.nest.get(Transactions).run((tx) => trimRejections(tx, { verified: 2, unverified: 0 }));
    expect(await listed()).toHaveLength(2);
  });

  it('are written when the service stops', async () => {
    const other = await AuthApp.start({ issuer, databaseUrl: database.url });
    await other.callWith('/probe/viewer', []);
    await other.close();
    expect(await listed()).toHaveLength(1);
  });

  it('are judged before the body is read: a caller without a token never costs a JSON parse', async () => {
    const answer = await app.callWith('/probe/webhook', ['Content-Type', 'application/json', 'Content-Length', '5'], {
      method: 'POST',
      text: '{"a":',
    });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
  });

  it('count as refused and not as accepted when the payload is outside the scopes of the caller', async () => {
    const appId = '99999999-0000-4000-8000-000000000001';
    const scopes = ['/subscriptions/11111111-0000-4000-8000-000000000001'];
    await app.call('/api/v1/admin/allowed-apps', aUser(['Admin']), { json: { appId, name: 'A script', scopes } });
    const post = (target: string): Promise<Answer> =>
      app.call('/probe/webhook', azureMonitor({ appId }), { json: { target } });

    expect(await post(`${String(scopes[0])}/resourceGroups/db`)).toMatchObject({ status: 201 });
    expect(await post('/subscriptions/elsewhere')).toMatchObject({ status: 403, body: { code: 'scope_violation' } });
    expect(await listed()).toMatchObject([{ reason: 'scope_violation', appId, verified: true }]);
    await app.nest.get(CallerCounters).flush();
    const entries = await app.call('/api/v1/admin/allowed-apps', aUser(['Admin']));
    expect(entries.body.items).toMatchObject([{}, { appId, acceptedCount: 1, rejectedCount: 1 }]);
  });
});
