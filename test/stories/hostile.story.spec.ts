import { connect, type Socket } from 'node:net';
import { AZURE_MONITOR_APP_ID } from '../../src/common/config';
import { sample } from '../support/samples';
import { AUDIENCE, TestApp } from '../support/test-app';

const WEBHOOK = '/api/v1/webhooks/azure-monitor';
const [A, B] = ['aaaaaaaa-0000-4000-8000-00000000000a', 'bbbbbbbb-0000-4000-8000-00000000000b'];

interface Result {
  outcome: string;
  workItems: { number: string; state: string }[];
}

describe('rubbish and malice', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await app.app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.stop());

  it('keeps a caller with scopes away from the alerts of others', async () => {
    const relay = '99999999-0000-4000-8000-000000000009';
    await app.call('POST', '/api/v1/admin/allowed-apps', {
      as: app.token('Admin'),
      body: { appId: relay, name: 'relay', scopes: [`/subscriptions/${A}`] },
    });
    const asRelay = app.issuer.mint({ audience: AUDIENCE, appId: relay, roles: ['ActionGroupsSecureWebhook'] });
    const victim = {
      alertId: `/subscriptions/${B}/providers/x/alerts/1`,
      originAlertId: 'victim',
      alertTargetIDs: [machine(B)],
    };
    const opened = await app.post<Result>(sample('platform-metric-static-cpu-fired', victim));
    const number = opened.body.workItems[0]?.number as string;

    const forged = { ...victim, alertTargetIDs: [machine(A)], configurationItems: [machine(B)] };
    for (const name of ['platform-metric-static-cpu-resolved', 'platform-metric-static-cpu-fired']) {
      const answer = await app.call<Result>('POST', WEBHOOK, { as: asRelay, body: sample(name, forged) });
      expect(answer.status).toBe(200);
      expect(answer.body.workItems.map((each) => each.number)).not.toContain(number);
    }
    const { body } = await app.get(`/api/v1/work-items/${number}`);
    expect(body).toMatchObject({ state: 'new', alertCount: 1, configurationItems: [{ resourceId: machine(B) }] });
    const outside = await app.call('POST', WEBHOOK, {
      as: asRelay,
      body: sample('platform-metric-static-cpu-fired', victim),
    });
    expect(outside).toMatchObject({ status: 403, body: { code: 'scope_violation' } });
  });

  it('lets the alerts of Azure Monitor itself meet, also once it has scopes', async () => {
    const list = await app.get<{ items: { id: string; appId: string }[] }>('/api/v1/admin/allowed-apps', 'Admin');
    const azure = list.body.items.find(({ appId }) => appId === AZURE_MONITOR_APP_ID)?.id as string;
    const alert = { alertId: '/azure/own', originAlertId: 'own', alertTargetIDs: [machine(A)] };
    expect((await app.post<Result>(sample('platform-metric-static-cpu-fired', alert))).body.outcome).toBe('created');
    const scope = (scopes: string[]) =>
      app.call('PATCH', `/api/v1/admin/allowed-apps/${azure}`, { as: app.token('Admin'), body: { scopes } });
    expect((await scope([`/subscriptions/${A}`])).status).toBe(200);
    expect((await app.post<Result>(sample('platform-metric-static-cpu-resolved', alert))).body.outcome).toBe(
      'resolved',
    );
    await scope([]);
  });

  it('answers a call without a body with invalid_json, and keeps nothing', async () => {
    const answer = await app.call('POST', WEBHOOK, { as: app.azureToken() });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
    expect(answer.body.deliveryId).toBeUndefined();
  });

  it('answers a compressed body with 415', async () => {
    const answer = await app.call('POST', WEBHOOK, {
      as: app.azureToken(),
      body: {},
      headers: { 'content-encoding': 'gzip' },
    });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  it('redacts what a duplicate member hides', async () => {
    const text = JSON.stringify(
      sample('activity-log-administrative-vm-restart-fired', { alertId: '/duplicate/member' }),
    );
    const body = text.replace('"alertContext":{', '"alertContext":{"caller":"john.secret@example.com","caller":null,');
    expect(body).not.toBe(text);
    const { body: result } = await app.call('POST', WEBHOOK, { as: app.azureToken(), body });
    const kept = await app.get(`/api/v1/admin/deliveries/${String(result.deliveryId)}`, 'Admin');
    expect(JSON.stringify(kept.body)).not.toContain('john.secret');
  });

  it.each([
    ['deep', { tags: nested(100_000) }],
    ['wide', Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`f${index}`, 1]))],
  ])('answers a %s body of the REST API with 400', async (_, body) => {
    const text = typeof body.tags === 'string' ? `{"tags":${body.tags}}` : JSON.stringify(body);
    const answer = await app.call('POST', '/api/v1/configuration-items', { as: app.token('Operator'), body: text });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(JSON.stringify(answer.body).length).toBeLessThan(10_000);
  });

  it.each(['WzFlOTk5XQ', Buffer.from('[1e999,1e999]').toString('base64url')])(
    'refuses the cursor %s',
    async (cursor) => {
      for (const list of ['work-items', 'alerts', 'configuration-items', 'admin/deliveries', 'admin/audit-events']) {
        const answer = await app.get(`/api/v1/${list}?cursor=${cursor}`, 'Admin');
        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
      }
    },
  );

  it('ends a page of large alerts early, and leads on', async () => {
    const description = 'x'.repeat(900_000);
    for (let index = 0; index < 7; index += 1) {
      await app.post(
        sample('unknown-service-fired', { alertId: `/large/${index}`, description, monitoringService: 'Large' }),
      );
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await app.get<{ items: { id: string }[]; nextCursor: string | null }>(
        `/api/v1/alerts?monitoringService=Large${cursor}`,
      );
      expect(page.body.items.length).toBeLessThanOrEqual(4);
      seen.push(...page.body.items.map(({ id }) => id));
      cursor = page.body.nextCursor === null ? '' : `&cursor=${page.body.nextCursor}`;
    } while (cursor !== '');
    expect(new Set(seen).size).toBe(7);
    expect(seen).toHaveLength(7);
  });

  it.each(['/%', '/health/%ff', `/api/v1/work-items/${'x'.repeat(400)}`])(
    'answers GET %s with a problem document',
    async (url) => {
      const answer = await raw(
        `GET ${url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${app.token('Viewer')}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).toMatch(/content-type: application\/problem\+json/i);
      expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/i);
    },
  );

  it.each([
    ['what is no HTTP', 'NONSENSE\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ])('answers %s with a problem document', async (_, text, status) => {
    const answer = await raw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
  });

  it('takes a caller that hangs up for no fault of its own', async () => {
    const before = app.logLines.filter(({ level }) => level === 'error').length;
    const socket = await open();
    socket.write(
      `POST ${WEBHOOK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${app.azureToken()}\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"a"`,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(app.logLines.filter(({ level }) => level === 'error')).toHaveLength(before);
  });

  async function raw(text: string): Promise<string> {
    const socket = await open();
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  async function open(): Promise<Socket> {
    const port = Number(new URL(await app.app.getUrl()).port);
    const socket = connect({ host: '127.0.0.1', port });
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }
});

function machine(subscription: string): string {
  return `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm`;
}

/** As JSON text: a value of this depth can't be made into text. */
function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}
