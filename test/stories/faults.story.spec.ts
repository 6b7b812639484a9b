import { TestApp } from '../support/test-app';

interface Refusal {
  code: string;
  detail: string;
  errors: { path: string; message: string }[];
}

describe('what is said of a request that is not as it should be', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  const refusal = async (method: 'GET' | 'POST' | 'PATCH', url: string, body?: unknown): Promise<Refusal> => {
    const answer = await app.call<Refusal>(method, url, { as: app.token('Admin'), body });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    return answer.body;
  };

  it.each([
    ['GET', '/api/v1/work-items?limit=abc', undefined, 'limit', 'limit must be an integer number'],
    ['POST', '/api/v1/work-items', {}, 'title', 'is required: title must be a string'],
    ['POST', '/api/v1/work-items', { title: 7 }, 'title', 'title must be a string'],
    ['POST', '/api/v1/work-items', { title: 'x'.repeat(300) }, 'title', expect.stringMatching('255 characters')],
    ['POST', '/api/v1/admin/routing-rules', { match: {}, actions: {} }, 'name', 'is required: name must be a string'],
    [
      'POST',
      '/api/v1/admin/routing-rules',
      { name: 'x', match: 'all', actions: {} },
      'match',
      'match must be an object',
    ],
    [
      'POST',
      '/api/v1/admin/routing-rules',
      { name: 'x', match: { customProperty: 'Password=a' }, actions: {} },
      'match.customProperty',
      expect.stringMatching('must be an object of 1 to 20 members'),
    ],
  ] as const)('%s %s with %j tells one error of one fault', async (method, url, body, path, message) => {
    const { errors, detail } = await refusal(method, url, body);
    expect(errors).toEqual([{ path, message }]);
    expect(detail).toBe(`The request has 1 faulty field(s): ${path}.`);
  });

  it('names each field once, however much is wrong with it', async () => {
    const { errors, detail } = await refusal('POST', '/api/v1/admin/routing-rules', { name: ' \u200b'.repeat(150) });
    expect(errors.filter(({ path }) => path === 'name').length).toBeGreaterThan(1);
    expect(detail).toBe('The request has 3 faulty field(s): name, match, actions.');
  });

  it.each([[{}], [null]])('says that it is the body that has nothing to change: %j', async (body) => {
    const rule = await app.call<{ id: string }>('POST', '/api/v1/admin/routing-rules', {
      as: app.token('Admin'),
      body: { name: 'a rule', match: {}, actions: {} },
    });
    const { detail } = await refusal('PATCH', `/api/v1/admin/routing-rules/${rule.body.id}`, JSON.stringify(body));
    expect(detail).toBe('The request has 1 faulty field(s): the body.');
  });

  it.each([
    ['/api/v1/work-items?stat=new', 'stat', ['state', 'type', 'openedAfter', 'limit', 'cursor']],
    ['/api/v1/configuration-items?colour=red', 'colour', ['q', 'resourceId', 'className', 'limit']],
  ])('tells what is known where %s is not', async (url, path, known) => {
    const { errors } = await refusal('GET', url);
    expect(errors).toEqual([{ path, message: expect.stringMatching(/^is not known; known are [A-Za-z, ]+$/) }]);
    const [, names = ''] = errors[0]!.message.split('known are ');
    expect(names.split(', ')).toEqual(expect.arrayContaining(known));
    expect(new Set(names.split(', ')).size).toBe(names.split(', ').length);
  });

  it('tells it of a part of a body, too', async () => {
    const { errors } = await refusal('POST', '/api/v1/admin/routing-rules', {
      name: 'x',
      match: { severities: ['Sev0'] },
      actions: {},
    });
    expect(errors).toEqual([
      {
        path: 'match.severities',
        message:
          'is not known; known are severity, monitoringService, scope, alertRule, ciClass, ciTag, customProperty',
      },
    ]);
  });

  it.each(['{"title":"x","constructor":null,"colour":1}', '{"title":"x","constructor":{"prototype":7},"colour":1}'])(
    'tells it of %s, too',
    async (body) => {
      const { errors } = await refusal('POST', '/api/v1/work-items', body);
      expect(errors).toContainEqual({ path: 'colour', message: expect.stringMatching('known are title, ') });
    },
  );

  it('repeats no long name', async () => {
    const { errors, detail } = await refusal('POST', '/api/v1/work-items', { title: 'x', ['y'.repeat(10_000)]: 1 });
    expect(errors[0]!.path).toHaveLength(100);
    expect(detail.length).toBeLessThan(200);
  });
});
