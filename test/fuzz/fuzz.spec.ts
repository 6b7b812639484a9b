import { LEGACY_SAMPLES, sample, SAMPLES } from '../support/samples';
import { TestApp, type TestAppOptions } from '../support/test-app';
import { caseOf, type FuzzCase, type Tokens } from './cases';
import { CANARY } from './odd-values';
import { faultOf } from './verdict';

/** Another one each night finds more: FUZZ_SEED=… repeats a run. */
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const RUNS = [
  ['sqlite', Number(process.env.FUZZ_COUNT ?? 3_000)],
  ...(process.env.TEST_DATABASE_URL ? [['server', Number(process.env.FUZZ_COUNT ?? 1_000)] as const] : []),
] as [NonNullable<TestAppOptions['engine']>, number][];

const CONCURRENCY = 16;

describe.each(RUNS)('the service on %s', (engine, count) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ engine, env: { LOG_LEVEL: 'debug', REFUSED_CALLS_PER_MINUTE: '1000000' } });
  });
  afterAll(() => app.stop());

  it(`takes ${count} mutated requests of seed ${SEED} without a fault`, async () => {
    const samples: unknown[] = [...SAMPLES, ...LEGACY_SAMPLES].map((name) => sample(name));
    const tokens: Tokens = { webhook: app.azureToken(), admin: app.token('Admin', 'Manager'), issuer: app.issuer };
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    let next = 0;

    async function ask(index: number): Promise<void> {
      const each = caseOf({ seed: SEED, index }, { tokens, samples });
      const answer = await send(each);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const fault = faultOf(each, answer);
      if (fault !== null) faults.push(`FUZZ_SEED=${SEED}, case ${index}: ${fault}`);
    }

    async function send({ request }: FuzzCase): Promise<Parameters<typeof faultOf>[1]> {
      const { method, path: url, headers, body } = request;
      const answer = await app.app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
      return { status: answer.statusCode, contentType: String(answer.headers['content-type']), body: answer.body };
    }

    const callers = Array.from({ length: CONCURRENCY }, async () => {
      while (next < count) await ask(next++);
    });
    await Promise.all(callers);

    expect(faults).toEqual([]);
    expect(app.logLines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    expect(app.logLines.filter((line) => JSON.stringify(line).includes(CANARY))).toEqual([]);
    // What is mutated out of all recognition tests nothing but the first check.
    for (const status of [200, 400, 401, 403, 404]) expect(statuses.get(status) ?? 0).toBeGreaterThan(count / 1_000);
    expect(statuses.get(200) ?? 0).toBeGreaterThan(count / 5);
  }, 180_000);
});
