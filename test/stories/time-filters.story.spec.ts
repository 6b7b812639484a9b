import { TestApp } from '../support/test-app';

const FILTERS = [
  ['/api/v1/admin/auth-rejections', 'since'],
  ['/api/v1/admin/audit-events', 'since'],
  ['/api/v1/admin/audit-events', 'until'],
  ['/api/v1/work-items', 'openedAfter'],
  ['/api/v1/work-items', 'openedBefore'],
] as const;
const NO_TIMES = ['1', 'yesterday', '2026-02-30', '200000-01-01T00:00:00Z', '%2B200000-01-01', '2026-W01', ''];

describe.each(FILTERS)('the time filter of %s: %s', (path, name) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it.each(['2026-01-31', '2026-01-31T12:00:00Z', '2026-01-31T12:00', '2026-01-31T12:00:00.1234567%2B02:00'])(
    'takes %s',
    async (time) => {
      expect(await app.get(`${path}?${name}=${time}`, 'Admin')).toMatchObject({ status: 200 });
    },
  );

  it.each([...NO_TIMES, `2026-01-31&${name}=2026-02-01`])('refuses %j and names itself', async (time) => {
    const { status, body } = await app.get(`${path}?${name}=${time}`, 'Admin');
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: name }] },
    });
  });
});
