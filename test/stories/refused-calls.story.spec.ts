import { AuthRejections } from '../../src/auth';
import { AuthMetrics } from '../../src/auth/auth-metrics';
import { EntraStrategy } from '../../src/auth/token/entra.strategy';
import { AZURE_MONITOR_APP_ID } from '../../src/common/config';
import { ENGINES } from '../support/database';
import { sample } from '../support/samples';
import { AUDIENCE, TestApp, type Answer } from '../support/test-app';
import { TestClock } from '../support/test-clock';

const WEBHOOK = '/api/v1/webhooks/azure-monitor';
const REJECTIONS = '/api/v1/admin/auth-rejections?limit=200';
const PER_MINUTE = 5;
const [ATTACKER, NEIGHBOUR, PROXY] = ['198.51.100.7', '198.51.100.8', '10.0.0.7'];

interface Call {
  token?: string;
  from?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

describe.each(ENGINES)('a flood of refused calls, on %s', (engine) => {
  let app: TestApp;
  let clock: TestClock;

  beforeEach(async () => {
    clock = new TestClock();
    app = await start();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await app.stop();
  });

  const start = (env: NodeJS.ProcessEnv = {}): Promise<TestApp> =>
    TestApp.start({ engine, clock, env: { REFUSED_CALLS_PER_MINUTE: String(PER_MINUTE), ...env } });

  async function call({ token, from = ATTACKER, headers = {}, body = {} }: Call): Promise<Answer> {
    const answer = await app.app.inject({
      method: 'POST',
      url: WEBHOOK,
      remoteAddress: from,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      payload: body as object,
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  }

  async function statuses(count: number, of: Call): Promise<number[]> {
    const answers: number[] = [];
    for (let index = 0; index < count; index += 1) answers.push((await call(of)).status);
    return answers;
  }

  const forged = (): string => `${app.azureToken().slice(0, -8)}AAAAAAAA`;
  const goodCall = (from: string): Promise<Answer> =>
    call({ token: app.azureToken(), from, body: sample('unknown-service-fired', { alertId: `/good/${from}` }) });

  it.each([
    ['forged tokens', forged],
    ['no token', () => undefined],
    ['tokens of another application', () => app.issuer.mint({ audience: AUDIENCE, roles: [] })],
    ['tokens of people', () => app.token('Viewer')],
  ])('with %s ends in 429, and keeps no good call of the same address out', async (_, token) => {
    const answers = await statuses(PER_MINUTE + 20, { token: token() });
    expect(new Set(answers.slice(0, PER_MINUTE))).toEqual(new Set([answers[0]]));
    expect([401, 403]).toContain(answers[0]);
    expect(new Set(answers.slice(PER_MINUTE))).toEqual(new Set([429]));

    expect(await goodCall(ATTACKER)).toMatchObject({ status: 200, body: { outcome: 'created' } });
    expect((await call({ token: token(), from: NEIGHBOUR })).status).toBe(answers[0]);
  });

  it('with keys that nobody published ends in 429, though their tokens are not refused one by one', async () => {
    const token = app.issuer.mint({
      audience: AUDIENCE,
      appId: AZURE_MONITOR_APP_ID,
      roles: ['ActionGroupsSecureWebhook'],
      header: { kid: 'made-up' },
    });
    const answers = await statuses(PER_MINUTE + 20, { token });
    expect(answers[0]).toBe(401);
    expect(new Set(answers.slice(1, PER_MINUTE))).toEqual(new Set([503]));
    expect(new Set(answers.slice(PER_MINUTE))).toEqual(new Set([429]));
    expect(await goodCall(ATTACKER)).toMatchObject({ status: 200, body: { outcome: 'created' } });

    await app.app.get(AuthRejections).flush();
    const { body } = await app.get<{ items: { reason: string }[] }>(REJECTIONS, 'Admin');
    expect(body.items.map(({ reason }) => reason)).toEqual(['unknown_key']);
  });

  it('is answered with a problem document that says when to come back', async () => {
    await statuses(PER_MINUTE, {});
    const answer = await call({});
    expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_refused_calls', status: 429 } });
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(answer.headers['retry-after']).toBe('12');
  });

  it('is forgiven with time', async () => {
    await statuses(PER_MINUTE + 1, {});
    clock.advance(12_000);
    expect(await statuses(2, {})).toEqual([401, 429]);
    clock.advance(3_600_000);
    expect(await statuses(PER_MINUTE + 1, {})).toEqual([...Array<number>(PER_MINUTE).fill(401), 429]);
  });

  it('leaves no more rows than its allowance, counts the rest, and logs a line a minute', async () => {
    const count = 50;
    await statuses(count, { token: forged() });
    clock.advance(60_000);
    await statuses(count, { token: forged() });
    await app.app.get(AuthRejections).flush();

    const { body } = await app.get<{ items: { remoteAddress: string; reason: string }[] }>(REJECTIONS, 'Admin');
    expect(body.items).toHaveLength(2 * PER_MINUTE);
    expect(body.items[0]).toMatchObject({ remoteAddress: ATTACKER, reason: 'bad_signature' });
    expect(app.app.get(AuthMetrics)).toMatchObject({ limited: 2 * (count - PER_MINUTE), rejectionsDropped: 0 });
    const lines = app.logLines.filter(({ level, address }) => level === 'warn' && address === ATTACKER);
    expect(lines.map(({ calls }) => calls)).toEqual([1, count - PER_MINUTE]);
    expect(app.logLines.filter(({ msg, status }) => msg === 'request' && status === 429)).toEqual([]);
  });

  it('costs no look at a signature where the claims are enough to refuse', async () => {
    expect((await goodCall(NEIGHBOUR)).status).toBe(200);
    await statuses(PER_MINUTE, {});
    const verify = jest.spyOn(EntraStrategy.prototype, 'jwtVerify');
    for (const token of [
      app.issuer.mint({ audience: 'api://another', roles: ['ActionGroupsSecureWebhook'] }),
      app.issuer.mint({ audience: AUDIENCE, claims: { exp: 1 } }),
      app.token('Admin'),
    ])
      expect((await call({ token })).status).toBe(429);
    expect(verify.mock.calls.length).toBe(0);
    expect((await call({ token: forged() })).status).toBe(429);
    expect(verify.mock.calls.length).toBe(1);
  });

  it.each([
    ['forged tokens', forged],
    ['no token', () => undefined],
  ])('with %s waits, while a caller whose token is known goes first', async (_, token) => {
    const known = app.azureToken();
    expect((await call({ token: known, body: sample('unknown-service-fired') })).status).toBe(200);
    await statuses(PER_MINUTE, {});
    const verify = jest.spyOn(EntraStrategy.prototype, 'jwtVerify').mock;
    const refuse = jest.spyOn(app.app.get(AuthRejections), 'refuse').mock;
    const flood = Array.from({ length: 200 }, () => call({ token: token() }));
    const good = await call({ token: known, body: sample('unknown-service-fired') });
    expect(good).toMatchObject({ status: 200, body: { outcome: 'duplicate' } });
    expect(new Set((await Promise.all(flood)).map(({ status }) => status))).toEqual(new Set([429]));

    const turn = verify.invocationCallOrder[verify.calls.findIndex(([, verified]) => verified === known)] as number;
    expect(refuse.calls.length).toBe(200);
    expect(refuse.invocationCallOrder.filter((order) => order < turn).length).toBeLessThan(20);
  });

  it('that is too large to wait is told to come back, and still keeps no known caller out', async () => {
    const known = app.azureToken();
    expect((await call({ token: known, body: sample('unknown-service-fired') })).status).toBe(200);
    await statuses(PER_MINUTE, {});
    const token = forged();
    const flood = Array.from({ length: 1_500 }, () => call({ token }));
    expect((await call({ token: known, body: sample('unknown-service-fired') })).status).toBe(200);
    const busy = (await Promise.all(flood)).filter(({ status }) => status !== 429);
    expect(busy.length).toBeGreaterThan(0);
    for (const { status, headers, body } of busy)
      expect({ status, code: body.code, retry: headers['retry-after'] }).toEqual({
        status: 503,
        code: 'verification_busy',
        retry: '5',
      });
    expect(app.app.get(AuthMetrics).unavailable).toBe(busy.length);
    const fresh = app.issuer.mint({
      audience: AUDIENCE,
      appId: AZURE_MONITOR_APP_ID,
      roles: ['ActionGroupsSecureWebhook'],
      claims: { uti: 'fresh' },
    });
    expect((await call({ token: fresh, body: sample('unknown-service-fired') })).status).toBe(200);
  });

  it('is answered 429 throughout if it has to be refused anyway, however large it is', async () => {
    await statuses(PER_MINUTE, {});
    const flood = await Promise.all(Array.from({ length: 1_500 }, () => call({})));
    expect(new Set(flood.map(({ status }) => status))).toEqual(new Set([429]));
  });

  it('counts all of an IPv6 /64 together', async () => {
    const answers: number[] = [];
    for (let host = 1; host <= PER_MINUTE + 1; host += 1)
      answers.push((await call({ from: `2001:db8:0:1::${host.toString(16)}` })).status);
    expect(answers).toEqual([...Array<number>(PER_MINUTE).fill(401), 429]);
    expect((await call({ from: '2001:db8:0:2::1' })).status).toBe(401);
  });

  it('takes nothing from callers whose alerts are outside their scopes: each is refused in full, and kept', async () => {
    const appId = '99999999-0000-4000-8000-000000000007';
    const scopes = ['/subscriptions/11111111-0000-4000-8000-000000000001'];
    await app.call('POST', '/api/v1/admin/allowed-apps', {
      as: app.token('Admin'),
      body: { appId, name: 'relay', scopes },
    });
    await statuses(PER_MINUTE + 1, { from: ATTACKER });
    const token = app.issuer.mint({ audience: AUDIENCE, appId, roles: ['ActionGroupsSecureWebhook'] });
    for (let index = 0; index < PER_MINUTE + 2; index += 1) {
      const body = sample('platform-metric-static-cpu-fired', { alertId: `/outside/${index}` });
      expect(await call({ token, body })).toMatchObject({ status: 403, body: { code: 'scope_violation' } });
    }
    const kept = await app.get<{ items: unknown[] }>('/api/v1/admin/deliveries?status=rejected', 'Admin');
    expect(kept.body.items).toHaveLength(PER_MINUTE + 2);
  });

  it('goes by the address of the socket, whatever X-Forwarded-For says', async () => {
    const answers: number[] = [];
    for (let index = 0; index <= PER_MINUTE; index += 1)
      answers.push((await call({ headers: { 'x-forwarded-for': `203.0.113.${index}` } })).status);
    expect(answers.at(-1)).toBe(429);
    const { body } = await app.get<{ items: { remoteAddress: string }[] }>(REJECTIONS, 'Admin');
    expect(new Set(body.items.map(({ remoteAddress }) => remoteAddress))).toEqual(new Set([ATTACKER]));
  });

  it('goes by what a proxy says that is trusted, and by no more than that', async () => {
    await app.stop();
    app = await start({ TRUST_PROXY: `${PROXY}, 10.1.0.0/16` });
    const behind = (forwarded: string, from = PROXY): Promise<number[]> =>
      statuses(1, { from, headers: { 'x-forwarded-for': forwarded } });

    for (let index = 0; index < PER_MINUTE; index += 1)
      expect(await behind(`203.0.113.${index}, ${ATTACKER}`)).toEqual([401]);
    expect(await behind(`203.0.113.99, ${ATTACKER}`)).toEqual([429]);
    expect(await behind(`${ATTACKER}, 10.1.2.3`)).toEqual([429]);
    expect(await behind(`${ATTACKER}:50123`)).toEqual([429]);
    expect(await behind(NEIGHBOUR)).toEqual([401]);
    expect(await behind(ATTACKER, '192.0.2.1')).toEqual([401]);
    const { body } = await app.get<{ items: { remoteAddress: string }[] }>(REJECTIONS, 'Admin');
    expect(new Set(body.items.map(({ remoteAddress }) => remoteAddress))).toEqual(
      new Set([ATTACKER, NEIGHBOUR, '192.0.2.1']),
    );
  });

  it('has no limit where none is wanted', async () => {
    await app.stop();
    app = await start({ REFUSED_CALLS_PER_MINUTE: '0' });
    expect(new Set(await statuses(100, {}))).toEqual(new Set([401]));
  });
});
