import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

const WEBHOOK = '/api/v1/webhooks/azure-monitor';

describe('the edge of the service', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ env: { BODY_LIMIT_BYTES: '65536' } });
  });
  afterAll(() => app.stop());

  it.each([
    ['no token', {}, 401, 'invalid_token'],
    ['a text that is no token', { authorization: 'Bearer nonsense' }, 401, 'invalid_token'],
  ])('answers %s with a problem document', async (_, headers, status, code) => {
    const answer = await app.call('POST', WEBHOOK, { body: sample('platform-metric-heartbeat-fired'), headers });
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(answer.body.requestId).toBe(answer.headers['x-request-id']);
  });

  it.each([`${WEBHOOK}/`, `/${WEBHOOK}`, WEBHOOK.replace('/v1/', '//v1/')])('takes alerts at %s, too', async (url) => {
    const body = sample('platform-metric-heartbeat-fired', { alertId: url });
    expect(await app.call('POST', url, { as: app.azureToken(), body })).toMatchObject({ status: 200 });
    expect(await app.call('POST', url, { body })).toMatchObject({ status: 401 });
    expect(await app.call('POST', url, { as: app.token('Admin'), body })).toMatchObject({ status: 403 });
  });

  it('answers a body that is no JSON with invalid_json', async () => {
    const answer = await app.call('POST', WEBHOOK, { as: app.azureToken(), body: '{"schemaId": ' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
  });

  it('takes an alert with a byte order mark before it, as .NET writes one', async () => {
    const text = JSON.stringify(
      sample('platform-metric-heartbeat-fired', { alertId: '/byte-order-mark', originAlertId: 'bom' }),
    );
    const answer = await app.call('POST', WEBHOOK, { as: app.azureToken(), body: `\ufeff${text}` });
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'created' } });
  });

  it.each([
    ['a byte order mark alone', '\ufeff'],
    ['two of them', '\ufeff\ufeff{}'],
    ['one after the value', '{}\ufeff'],
  ])('answers %s with invalid_json', async (_, body) => {
    const answer = await app.call('POST', WEBHOOK, { as: app.azureToken(), body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
  });

  it('answers an empty body with invalid_json', async () => {
    const answer = await app.call('POST', WEBHOOK, { as: app.azureToken(), body: '' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_json', detail: 'The body is empty.' } });
  });

  it('takes a JSON content type without a body for no body where none is needed', async () => {
    const as = app.token('Admin');
    const item = await app.call<{ id: string }>('POST', '/api/v1/configuration-items', { as, body: { name: 'vm1' } });
    const { body: work } = await app.call<{ number: string }>('POST', '/api/v1/work-items', {
      as,
      body: { title: 'x' },
    });
    const { body: alert } = await app.post<{ deliveryId: string }>(
      sample('platform-metric-heartbeat-fired', { alertId: '/empty' }),
    );
    const binding = `/api/v1/work-items/${work.number}/configuration-items/${item.body.id}`;
    for (const [method, url, status] of [
      ['PUT', binding, 200],
      ['DELETE', binding, 204],
      // A dry run whose body got lost would be a real one.
      ['POST', `/api/v1/admin/deliveries/${alert.deliveryId}/replay`, 400],
      ['DELETE', `/api/v1/configuration-items/${item.body.id}`, 200],
    ] as const) {
      const answer = await app.call(method, url, { as, body: '', headers: { 'if-match': '*' } });
      expect([method, url, answer.status]).toEqual([method, url, status]);
    }
    expect(await app.call('POST', '/api/v1/work-items', { as, body: '' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'title', message: expect.stringMatching('is required') }] },
    });
  });

  it('answers another content type with unsupported_media_type', async () => {
    const answer = await app.call('POST', WEBHOOK, {
      as: app.azureToken(),
      body: 'a=b',
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  it('answers a body past the limit with body_too_large', async () => {
    const answer = await app.call('POST', WEBHOOK, { as: app.azureToken(), body: { padding: 'x'.repeat(70_000) } });
    expect(answer).toMatchObject({
      status: 413,
      headers: { connection: 'close' },
      body: { code: 'body_too_large', detail: 'The body is larger than 65536 bytes (BODY_LIMIT_BYTES).' },
    });
  });

  it.each([
    ['null'],
    ['[]'],
    ['"text"'],
    ['7'],
    ['{}'],
    ['{"__proto__":{"schemaId":"azureMonitorCommonAlertSchema"}}'],
  ])('answers the JSON %s with not_common_schema', async (body) => {
    const answer = await app.call('POST', WEBHOOK, { as: app.azureToken(), body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'not_common_schema' } });
  });

  it('survives a payload that is nested twenty thousand levels deep', async () => {
    const text = JSON.stringify(sample('platform-metric-heartbeat-fired', { alertId: '/deep' }));
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    const answer = await app.call('POST', WEBHOOK, {
      as: app.azureToken(),
      body: text.replace('"alertContext":{', `"alertContext":{"deep":${deep},`),
    });
    expect([200, 202, 400]).toContain(answer.status);
    expect((await app.get('/api/v1/work-items')).status).toBe(200);
  });

  it('answers an alert with what became of it, also if nonsense follows it on its connection', async () => {
    await app.app.listen(0, '127.0.0.1');
    const body = JSON.stringify(sample('platform-metric-heartbeat-fired', { alertId: '/nonsense-behind' }));
    const head = [
      `POST ${WEBHOOK} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${app.azureToken()}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const socket = connect(Number(new URL(await app.app.getUrl()).port), '127.0.0.1');
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}NONSENSE\r\n\r\n`);
    const received = await text(socket);
    expect(received).toMatch(/^HTTP\/1.1 200 [^]*"deliveryId"/);
    expect(received.match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  it('keeps the request id of the caller, unless it could forge a line', async () => {
    const kept = await app.call('GET', '/health/live', { headers: { 'x-request-id': 'abc-1' } });
    expect(kept.headers['x-request-id']).toBe('abc-1');
    const forged = await app.call('GET', '/health/live', { headers: { 'x-request-id': 'abc def' } });
    expect(forged.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers an unknown address with 404, for those who may call at all', async () => {
    expect(await app.get('/api/v1/nothing')).toMatchObject({
      status: 404,
      body: { code: 'not_found', instance: '/api/v1/nothing' },
    });
    expect((await app.call('GET', '/api/v1/nothing')).status).toBe(401);
  });

  it.each([
    ['PUT', '/api/v1/work-items', 'GET, HEAD, POST'],
    ['DELETE', '/api/v1/work-items?state=new', 'GET, HEAD, POST'],
    ['PATCH', '/api/v1/work-items', 'GET, HEAD, POST'],
    ['DELETE', '/api/v1/work-items/INC0000001', 'GET, HEAD, PATCH'],
    ['PUT', '/api/v1/work-items/stats', 'GET, HEAD, PATCH'],
    ['GET', WEBHOOK, 'POST'],
  ] as const)('answers %s %s with 405 and what is allowed, once the token is good', async (method, url, allow) => {
    const answer = await app.call(method, url, { as: app.token('Viewer'), ...(method === 'GET' ? {} : { body: {} }) });
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed', title: 'Method Not Allowed' } });
    expect(answer.headers.allow).toBe(allow);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(await app.call(method, url)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
  });

  it('answers what no method serves with 404, whatever it begins like', async () => {
    for (const url of ['/api/v1/work-items/INC0000001/nothing', '/api/v1', '/api/v1/work-items-2', '/%2e%2e', '/']) {
      expect(await app.call('PUT', url, { as: app.token('Admin') })).toMatchObject({ status: 404 });
    }
  });

  it('answers an unknown number with 404', async () => {
    for (const number of ['INC9999999', 'EVT0000001', 'nonsense', '%00', `INC${'9'.repeat(40)}`]) {
      expect(await app.get(`/api/v1/work-items/${number}`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  });

  it('names every faulty parameter of a list', async () => {
    const { status, body } = await app.get('/api/v1/work-items?state=live&limit=0&colour=red&openedAfter=yesterday');
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(new Set((body.errors as { path: string }[]).map(({ path }) => path))).toEqual(
      new Set(['state', 'limit', 'colour', 'openedAfter']),
    );
  });

  it.each(['/api/v1/work-items', '/api/v1/alerts', '/api/v1/admin/deliveries'])(
    'refuses a cursor of another list on %s',
    async (url) => {
      const answer = await app.get(`${url}?cursor=bm9uc2Vuc2U`, 'Admin');
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    },
  );

  it('pages through a list without losing or repeating a row', async () => {
    for (let index = 0; index < 7; index += 1) {
      await app.post(
        sample('unknown-service-fired', {
          alertId: `/page/${index}`,
          alertRule: `rule ${index}`,
          firedDateTime: '2026-01-01T00:00:00Z',
        }),
      );
    }
    for (const sort of ['-openedAt', 'openedAt', 'priority', '-updatedAt']) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: { body: { items: { number: string }[]; nextCursor: string | null } } = await app.get(
          `/api/v1/work-items?limit=3&monitoringService=SomeFutureService&sort=${sort}${cursor === null ? '' : `&cursor=${cursor}`}`,
        );
        seen.push(...page.body.items.map(({ number }) => number));
        cursor = page.body.nextCursor;
      } while (cursor !== null);
      expect(new Set(seen).size).toBe(7);
      expect(seen).toHaveLength(7);
    }
  });

  it('logs one line a request, with the caller and without a token or a query', async () => {
    const token = app.token('Viewer');
    await app.call('GET', '/api/v1/work-items?q=secret', { as: token, headers: { 'x-request-id': 'log-line' } });
    const lines = app.logLines.filter(({ requestId }) => requestId === 'log-line');
    expect(lines).toMatchObject([
      {
        level: 'info',
        msg: 'request',
        method: 'GET',
        path: '/api/v1/work-items',
        status: 200,
        caller: expect.stringMatching(/^user:/),
      },
    ]);
    expect(JSON.stringify(app.logLines)).not.toContain(token);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('tells what is alive and ready without a token', async () => {
    expect(await app.call('GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await app.call('GET', '/health/ready')).toMatchObject({
      status: 200,
      body: {
        ready: true,
        checks: { database: { status: 'up' }, migrations: { status: 'up' }, keys: { status: 'up' } },
      },
    });
  });

  it('shows the API description with the webhook and its samples, and a way to authorize', async () => {
    expect((await app.call('GET', '/docs')).status).toBe(200);
    const { body } = await app.call<{
      paths: Record<string, Record<string, { requestBody?: { content: Record<string, { examples?: object }> } }>>;
      components: { securitySchemes: object };
    }>('GET', '/docs-json');
    expect(
      Object.keys(body.paths[WEBHOOK]?.post?.requestBody?.content['application/json']?.examples ?? {}).length,
    ).toBeGreaterThanOrEqual(10);
    expect(body.components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
  });
});
