import fc from 'fast-check';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { publicJwk, type LocalIssuer } from '../../demo/issuer';
import { AuthRejectionEntity } from '../../src/auth/rejections/auth-rejection.entity';
import { AuthRejections } from '../../src/auth/rejections/auth-rejections';
import { AuthApp, azureMonitor, RESOURCE, startIssuer } from './support';
import { freshDatabase, type TestDatabase } from '../support/database';
import { TOKEN_CASES, type TokenCase } from './token-cases';

const FORBIDDEN = ['app_not_allowed', 'role_missing', 'user_token'];
const SKEW_SECONDS = 60;

describe.each([
  { check: 'with the early check', withoutTokenCheck: false },
  { check: 'by the guard alone', withoutTokenCheck: true },
])('a token, $check', ({ withoutTokenCheck }) => {
  let issuer: LocalIssuer;
  let database: TestDatabase;
  let app: AuthApp;

  beforeAll(async () => {
    [issuer, database] = await Promise.all([startIssuer(), freshDatabase('sqlite')]);
    app = await AuthApp.start({ issuer, databaseUrl: database.url, withoutTokenCheck });
  });
  afterAll(async () => {
    await app.close();
    await issuer.close();
    await database.drop();
  });

  it('is tried in at least 80 ways', () => {
    expect(TOKEN_CASES.length).toBeGreaterThanOrEqual(80);
    expect(new Set(TOKEN_CASES.map(({ name }) => name)).size).toBe(TOKEN_CASES.length);
  });

  it.each(TOKEN_CASES.map((of) => ({ ...of, outcome: of.refused ?? 'accepted' })))('$name: $outcome', async (of) => {
    const headers = [of.authorization(issuer)].flat();
    const requestId = `case-${TOKEN_CASES.findIndex(({ name }) => name === of.name)}`;
    const answer = await send(app, of, { headers, requestId });

    if (of.refused === null) {
      expect(answer).toMatchObject({ status: of.route === 'webhook' ? 201 : 200 });
      await expect(oracle(issuer, headers[0] as string)).resolves.toBeDefined();
    } else {
      const forbidden = FORBIDDEN.includes(of.refused);
      expect(answer).toMatchObject({ status: forbidden ? 403 : 401, body: { requestId } });
      expect(answer.body.code).toBe(forbidden ? 'forbidden' : 'invalid_token');
      expect(await rejectionOf(app, requestId)).toMatchObject({ reason: of.refused });
    }
  });

  it('is never accepted where jose refuses it, whatever its header and claims are', async () => {
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(RESOURCE.clientId, 'RS256', 'app', [], [RESOURCE.clientId]),
    );
    const member = (...names: string[]): fc.Arbitrary<Record<string, unknown>> =>
      fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 2 });
    const claims = member('aud', 'exp', 'nbf', 'iat', 'sub', 'oid', 'idtyp', 'jti', 'scp', 'acr');
    const header = member('crit', 'typ', 'alg', 'cty', 'b64', 'zip', 'x5t');
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(claims, header, async (oddClaims, oddHeader) => {
        const authorization = `Bearer ${issuer.mint(azureMonitor({ claims: oddClaims, header: oddHeader }))}`;
        const { status } = await app.callWith('/probe/webhook', ['Authorization', authorization], { json: {} });
        expect([201, 401, 403]).toContain(status);
        if (status !== 201) return;
        accepted += 1;
        await expect(oracle(issuer, authorization)).resolves.toBeDefined();
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(10);
  });
});

function send(app: AuthApp, of: TokenCase, call: { headers: string[]; requestId: string }) {
  const path = `/probe/${of.route}${of.query ?? ''}`;
  const rawHeaders = ['X-Request-Id', call.requestId, ...call.headers.flatMap((value) => ['Authorization', value])];
  return app.callWith(path, rawHeaders, of.route === 'webhook' ? { json: of.body ?? {} } : {});
}

/** Never accept what jose refuses: same keys, issuer, audience, algorithm and tolerance. */
function oracle(issuer: LocalIssuer, authorization: string) {
  const keys = createLocalJWKSet({ keys: issuer.keys.map(publicJwk) });
  return jwtVerify(authorization.slice('bearer '.length).trimStart(), keys, {
    issuer: [issuer.issuerOf(1), issuer.issuerOf(2)],
    audience: [RESOURCE.identifierUri, RESOURCE.clientId],
    algorithms: ['RS256'],
    clockTolerance: SKEW_SECONDS,
  });
}

async function rejectionOf(app: AuthApp, requestId: string): Promise<AuthRejectionEntity | null> {
  await app.nest.get(AuthRejections).flush();
  return app.dataSource.manager.findOneBy(AuthRejectionEntity, { requestId });
}
