import { HttpStatus } from '@nestjs/common';
import type { MintOptions } from '../../demo/issuer';
import { AuthMetrics } from '../../src/auth/auth-metrics';
import { DEFAULT_TIMINGS } from '../../src/auth/keys/key-source';
import { FaultyIssuer } from '../support/faulty-issuer';
import { freshDatabase, type TestDatabase } from '../support/database';
import { AuthApp, azureMonitor, RESOURCE, TENANT, type Answer } from './support';

describe('while the authority is away', () => {
  let issuer: FaultyIssuer;
  let database: TestDatabase;
  let app: AuthApp | undefined;

  beforeEach(async () => {
    issuer = await FaultyIssuer.start({ tenantId: TENANT, resource: RESOURCE });
    database = await freshDatabase('sqlite');
  });
  afterEach(async () => {
    await app?.close();
    await issuer.close();
    await database.drop();
  });

  const start = async (): Promise<AuthApp> => (app = await AuthApp.start({ issuer, databaseUrl: database.url }));
  const post = (): Promise<{ status: number }> => (app as AuthApp).call('/probe/webhook', azureMonitor(), { json: {} });

  it('starts, and answers 503 with Retry-After to what it can not judge, never 401', async () => {
    issuer.fault = { kind: 'reset' };
    const answer = await (await start()).call('/probe/webhook', azureMonitor(), { json: {} });
    expect(answer).toMatchObject({ status: HttpStatus.SERVICE_UNAVAILABLE, body: { code: 'keys_unavailable' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(app?.nest.get(AuthMetrics)).toMatchObject({ unavailable: 1 });

    issuer.fault = null;
    expect(await untilAccepted(post)).toBe(true);
  });

  it('still answers 401 to what is definitely no token', async () => {
    issuer.fault = { kind: 'reset' };
    expect(await (await start()).callWith('/probe/webhook', [], { json: {} })).toMatchObject({ status: 401 });
  });

  it('goes on with the keys that it has, and says 503 for a key that it has not', async () => {
    await start();
    expect(await post()).toMatchObject({ status: 201 });
    issuer.fault = { kind: 'status', status: 503 };
    expect(await post()).toMatchObject({ status: 201 });
    issuer.rotateKeys();
    expect(await post()).toMatchObject({ status: 503 });
    issuer.fault = null;
    expect(await untilAccepted(post)).toBe(true);
  });

  it('follows a rollover at once, and takes tokens of the old key as long as it is published', async () => {
    await start();
    const [old] = issuer.keys;
    expect(await post()).toMatchObject({ status: 201 });
    issuer.rotateKeys();
    expect(await post()).toMatchObject({ status: 201 });
    expect(await app?.call('/probe/webhook', azureMonitor({ signingKey: old }), { json: {} })).toMatchObject({
      status: 201,
    });
  });

  describe('when a key is new, and somebody has just asked for one that nobody published', () => {
    const postAs = (options: MintOptions): Promise<Answer> =>
      (app as AuthApp).call('/probe/webhook', azureMonitor(options), { json: {} });
    let clock: jest.SpyInstance<number>;
    beforeEach(async () => {
      clock = jest.spyOn(DEFAULT_TIMINGS, 'now');
      await start();
      expect(await post()).toMatchObject({ status: 201 });
      expect(await postAs({ header: { kid: 'made-up' } })).toMatchObject({ status: 401 });
      issuer.rotateKeys();
    });
    afterEach(() => jest.restoreAllMocks());

    it('asks for a while to repeat the call, and lets it in then', async () => {
      const answer = await postAs({});
      expect(answer).toMatchObject({ status: 503, body: { code: 'keys_unavailable' } });
      const retryAfterSeconds = Number(answer.headers['retry-after']);
      expect(retryAfterSeconds).toBeGreaterThan(0);
      expect(retryAfterSeconds).toBeLessThanOrEqual(30);
      expect(app?.nest.get(AuthMetrics)).toMatchObject({ unavailable: 1 });

      clock.mockReturnValue(Date.now() + retryAfterSeconds * 1_000);
      expect(await post()).toMatchObject({ status: 201 });
    });

    it.each([
      ['another audience', { audience: 'api://another' }],
      ['no time left', { claims: { exp: 1 } }],
    ])('refuses one that would be no good with any key: %s', async (_, options) => {
      expect(await postAs(options)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    });

    it.each([
      ['another application', { appId: '99999999-0000-4000-8000-000000000009' }],
      ['no role', { roles: [] }],
      ['a person', { scope: 'user_impersonation' }],
    ])('tells nobody whether they might come in with a good one: %s', async (_, options) => {
      expect(await postAs(options)).toMatchObject({ status: 503, body: { code: 'keys_unavailable' } });
    });

    it('does the same where nothing was checked before the body was read', async () => {
      await app?.close();
      app = await AuthApp.start({ issuer, databaseUrl: database.url, withoutTokenCheck: true });
      expect(await post()).toMatchObject({ status: 201 });
      expect(await postAs({ header: { kid: 'made-up' } })).toMatchObject({ status: 401 });
      expect(await postAs({ header: { kid: 'made-up' } })).toMatchObject({ status: 503 });
      expect(await postAs({ header: { kid: 'made-up' }, audience: 'api://another' })).toMatchObject({ status: 401 });
    });
  });

  it('takes no HS256 token although the metadata lists the algorithm', async () => {
    issuer.metadataFault = {
      kind: 'changed',
      change: (document) => ({ ...document, id_token_signing_alg_values_supported: ['HS256', 'none', 'RS256'] }),
    };
    await start();
    expect(await post()).toMatchObject({ status: 201 });
    const header = { alg: 'HS256' };
    expect(await app?.call('/probe/webhook', azureMonitor({ header }), { json: {} })).toMatchObject({ status: 401 });
  });

  it('writes nothing on stdout or stderr for tokens that are rubbish', async () => {
    await start();
    const written: unknown[] = [];
    const spies = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((chunk) => written.push(chunk) > 0),
    );
    for (const rubbish of ['Bearer e30.e30.e30', 'Bearer !', 'Bearer eyJ0eXAiOiJKV1QifQ.bm90anNvbg.AAAA', ''])
      await app?.callWith('/probe/webhook', ['Authorization', rubbish], { json: {} });
    await app?.call('/probe/webhook', azureMonitor({ header: { kid: 'unknown' } }), { json: {} });
    for (const spy of spies) spy.mockRestore();
    expect(written).toEqual([]);
  });
});

async function untilAccepted(post: () => Promise<{ status: number }>): Promise<boolean> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const { status } = await post();
    if (status === 201) return true;
    expect(status).toBe(503);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
