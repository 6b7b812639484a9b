import fc from 'fast-check';
import type { LocalIssuer } from '../../demo/issuer';
import { AuthMetrics } from '../../src/auth/auth-metrics';
import { AuthRejectionEntity } from '../../src/auth/rejections/auth-rejection.entity';
import { AuthRejections } from '../../src/auth/rejections/auth-rejections';
import { Clock } from '../../src/common/clock';
import { freshDatabase, type TestDatabase } from '../support/database';
import { AuthApp, azureMonitor, RESOURCE, startIssuer } from './support';
import { TOKEN_CASES } from './token-cases';

describe('past the limit of refused calls of its address, a token', () => {
  let issuer: LocalIssuer;
  let database: TestDatabase;
  let limited: AuthApp;
  let unlimited: AuthApp;

  beforeAll(async () => {
    [issuer, database] = await Promise.all([startIssuer(), freshDatabase('sqlite')]);
    unlimited = await AuthApp.start({ issuer, databaseUrl: database.url });
    limited = await AuthApp.start({ issuer, databaseUrl: database.url, env: { REFUSED_CALLS_PER_MINUTE: '1' } });
    const now = new Date();
    limited.nest.get(Clock).now = () => now;
    expect(await limited.call('/probe/webhook', azureMonitor(), { json: {} })).toMatchObject({ status: 201 });
    expect(await limited.callWith('/probe/viewer', [])).toMatchObject({ status: 401 });
  });
  afterAll(async () => {
    await limited.close();
    await unlimited.close();
    await issuer.close();
    await database.drop();
  });

  it.each(TOKEN_CASES.map((of) => ({ ...of, outcome: of.refused === null ? 'accepted' : 'answered 429' })))(
    '$name: $outcome',
    async (of) => {
      const headers = [of.authorization(issuer)].flat().flatMap((value) => ['Authorization', value]);
      const json = of.route === 'webhook' ? (of.body ?? {}) : undefined;
      const answer = await limited.callWith(`/probe/${of.route}${of.query ?? ''}`, headers, { json });
      if (of.refused === null) expect([200, 201]).toContain(answer.status);
      else expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_refused_calls' } });
    },
  );

  it('is let in exactly if it would be without the limit, whatever its header and claims are', async () => {
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(RESOURCE.clientId, [RESOURCE.clientId], 'RS256', 'app', '2.0', 0, 1e12, Date.now() / 1_000),
    );
    const member = (...names: string[]): fc.Arbitrary<Record<string, unknown>> =>
      fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 2 });
    const claims = member('aud', 'exp', 'nbf', 'iat', 'iss', 'ver', 'tid', 'oid', 'sub', 'idtyp', 'scp', 'roles');
    const header = member('crit', 'typ', 'alg', 'kid');
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(claims, header, async (oddClaims, oddHeader) => {
        const token = issuer.mint(azureMonitor({ claims: oddClaims, header: oddHeader }));
        const post = async (app: AuthApp): Promise<number> =>
          (await app.callWith('/probe/webhook', ['Authorization', `Bearer ${token}`], { json: {} })).status;
        const [usual, past] = [await post(unlimited), await post(limited)];
        expect(past).toBe(usual === 201 ? 201 : 429);
        accepted += usual === 201 ? 1 : 0;
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(10);
  });

  it('is not written down, but counted', async () => {
    const { limited: before } = limited.nest.get(AuthMetrics);
    const requestId = 'past-the-limit';
    await limited.callWith('/probe/viewer', ['X-Request-Id', requestId]);
    const token = issuer.mint(azureMonitor({ roles: [] }));
    const headers = ['X-Request-Id', requestId, 'Authorization', `Bearer ${token}`];
    await limited.callWith('/probe/webhook', headers, { json: {} });
    await limited.nest.get(AuthRejections).flush();
    expect(await limited.dataSource.manager.countBy(AuthRejectionEntity, { requestId })).toBe(0);
    expect(limited.nest.get(AuthMetrics)).toMatchObject({ limited: before + 2, rejectionsDropped: 0 });
  });
});
