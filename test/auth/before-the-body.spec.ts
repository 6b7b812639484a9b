import { connect, type Socket } from 'node:net';
import type { OpenAPIObject } from '@nestjs/swagger';
import { EntraStrategy } from '../../src/auth/token/entra.strategy';
import { AZURE_MONITOR_APP_ID } from '../../src/common/config';
import { openApiOf } from '../../src/openapi';
import { sample } from '../support/samples';
import { AUDIENCE, TestApp } from '../support/test-app';

const WEBHOOK = '/api/v1/webhooks/azure-monitor';
const IMPORT = '/api/v1/configuration-items/import';
const BROKEN = '{"a":';

describe('before the body of a request is read', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ env: { REFUSED_CALLS_PER_MINUTE: '0' } });
    await app.app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.stop());
  afterEach(() => jest.restoreAllMocks());

  const forged = (token: string): string => `${token.slice(0, -8)}AAAAAAAA`;

  it.each([
    ['a forged token', WEBHOOK, () => forged(app.azureToken()), 401],
    ['a token of another application', WEBHOOK, () => app.issuer.mint({ audience: AUDIENCE, roles: [] }), 403],
    ['a token of a person', WEBHOOK, () => app.token('Admin'), 403],
    ['a token without the role', IMPORT, () => app.token('Viewer'), 403],
    ['a forged token', IMPORT, () => forged(app.token('Operator')), 401],
    ['a forged token', '/api/v1/nothing', () => forged(app.token('Admin')), 401],
  ])('%s at %s is answered, though the body never ends', async (_, path, token, status) => {
    const socket = await open();
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${token()}`,
      'Content-Type: application/json',
      'Content-Length: 1000000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n{"a": "`);
    expect(await firstLine(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    socket.destroy();
  });

  it('a caller who may not use a route is told only that, at every route that takes a body', async () => {
    const routes = routesWithBody(openApiOf(app.app));
    expect(routes.length).toBeGreaterThan(10);
    for (const [method, url] of routes) {
      const withBody = (as: string | undefined, type = 'application/json') =>
        app.call(method, url, { as, body: BROKEN, headers: { 'content-type': type } });
      const answers = [
        await withBody(undefined),
        await withBody(forged(app.token('Admin'))),
        await withBody(app.token()),
        await withBody(app.token(), 'text/plain'),
      ];
      expect({ url, answers: answers.map(({ status }) => status) }).toEqual({ url, answers: [401, 401, 403, 403] });
    }
  });

  it('a body that is too large is no matter of a caller who is refused', async () => {
    const body = JSON.stringify({ padding: 'x'.repeat(1_100_000) });
    expect(await app.call('POST', WEBHOOK, { as: forged(app.azureToken()), body })).toMatchObject({ status: 401 });
    expect(await app.call('POST', WEBHOOK, { as: app.azureToken(), body })).toMatchObject({ status: 413 });
  });

  it('a token is verified, and not once more after it', async () => {
    const verify = jest.spyOn(EntraStrategy.prototype, 'jwtVerify');
    const answer = await app.post(sample('unknown-service-fired', { alertId: '/once' }));
    expect(answer.status).toBe(200);
    expect((await app.get('/api/v1/work-items')).status).toBe(200);
    expect((await app.get('/api/v1/work-items/INC0000001')).status).toBe(200);
    expect(verify.mock.calls.length).toBe(3);
  });

  it('a caller is known by name to the log, also if the body is no good', async () => {
    const headers = { 'x-request-id': 'no-json' };
    expect(await app.call('POST', WEBHOOK, { as: app.azureToken(), body: BROKEN, headers })).toMatchObject({
      status: 400,
      body: { code: 'invalid_json' },
    });
    expect(app.logLines.find(({ requestId }) => requestId === 'no-json')).toMatchObject({
      caller: `application:${AZURE_MONITOR_APP_ID}`,
    });
  });

  async function open(): Promise<Socket> {
    const port = Number(new URL(await app.app.getUrl()).port);
    const socket = connect({ host: '127.0.0.1', port });
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }
});

function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (chunk) => resolve(String(chunk)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
}

type Verb = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function routesWithBody({ paths }: OpenAPIObject): [Verb, string][] {
  return Object.entries(paths).flatMap(([path, item]) =>
    (['POST', 'PUT', 'PATCH', 'DELETE'] as const)
      .filter((verb) => item[verb.toLowerCase() as 'post']?.requestBody !== undefined)
      .map((verb): [Verb, string] => [verb, path.replace(/\{\w+\}/g, 'x')]),
  );
}
