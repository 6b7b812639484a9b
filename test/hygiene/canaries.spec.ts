import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { PeriodicTask } from '../../src/common/periodic-task';
import { DatabaseGate } from '../../src/alerts/ingest/database-gate';
import { SpoolDrain } from '../../src/alerts/spool/spool-drain.service';
import { AuthRejections } from '../../src/auth';
import { Metrics } from '../../src/common/operations/metrics';
import { ENGINES } from '../support/database';
import { AUDIENCE, TestApp } from '../support/test-app';
import { canaryAlert, canaryNames, CANARIES, found, SECRET_TEXTS } from './canaries';

const WEBHOOK = '/api/v1/webhooks/azure-monitor';
const IMPORT = '/api/v1/configuration-items/import';
const MACHINE = '/subscriptions/5ab5c210-0000-4000-8000-00000000000a/resourceGroups/rg/providers/Microsoft.Compute';

/** What people look after keeps the addresses of those who answer for it. */
const SECRETS = canaryNames().filter((name) => name !== 'email' && name !== 'name');

describe.each(ENGINES)('what must not be kept, on %s', (engine) => {
  let app: TestApp;
  let spool: string;

  beforeAll(async () => {
    spool = mkdtempSync(join(tmpdir(), 'secure-export-hygiene-'));
    app = await TestApp.start({ engine, env: { LOG_LEVEL: 'debug', SPOOL_DIR: spool } });
  });
  afterAll(async () => {
    await app.stop();
    rmSync(spool, { recursive: true, force: true });
  });

  /** Every column of every table, as it is stored. */
  async function tables(): Promise<string> {
    await app.app.get(AuthRejections).flush();
    const { manager } = app.app.get(DataSource);
    const list = engine === 'sqlite' ? `SELECT name FROM sqlite_master WHERE type = 'table'` : 'SHOW TABLES';
    const names = (await manager.query<Record<string, string>[]>(list)).map((row) => String(Object.values(row)[0]));
    expect(names).toEqual(expect.arrayContaining(['deliveries', 'alerts', 'work_items', 'audit_events']));
    const parts = [];
    for (const name of names) parts.push(JSON.stringify(await manager.query(`SELECT * FROM ${name}`)));
    return parts.join('\n');
  }

  async function everything(): Promise<Record<string, string>> {
    return {
      tables: await tables(),
      logLines: JSON.stringify(app.logLines),
      metrics: await app.app.get(Metrics).render(),
    };
  }

  async function expectNone(names = canaryNames()): Promise<void> {
    for (const [place, text] of Object.entries(await everything()))
      expect({ place, found: found(text, names) }).toEqual({ place, found: [] });
  }

  it('is looked for by a search that finds it', () => {
    expect(found(JSON.stringify(canaryAlert()))).toEqual(canaryNames());
  });

  it('is in no table, no log line and no metric after an alert, its repeat and one that is refused', async () => {
    const accepted = await app.post<{ outcome: string; workItems: { number: string }[] }>(canaryAlert());
    expect(accepted).toMatchObject({ status: 200, body: { outcome: 'created' } });
    expect((await app.post(canaryAlert())).body).toMatchObject({ outcome: 'duplicate' });
    const refused = [
      canaryAlert({ alertId: 7, firedDateTime: SECRET_TEXTS[3] }),
      { schemaId: SECRET_TEXTS[4], data: canaryAlert() },
      [canaryAlert()],
      SECRET_TEXTS.join('\n'),
    ];
    for (const body of refused) expect((await app.post(JSON.stringify(body))).status).toBe(400);
    await expectNone();

    const number = String(accepted.body.workItems[0]?.number);
    const answers = [
      ...['', '/timeline', '/explain', '/alerts'].map((path) => `/api/v1/work-items/${number}${path}`),
      ...['alerts', 'work-items', 'configuration-items', 'binding-tasks', 'admin/deliveries'].map(
        (path) => `/api/v1/${path}`,
      ),
    ];
    for (const url of answers) {
      const answer = await app.get(url, 'Admin');
      expect({ url, status: answer.status, found: found(JSON.stringify(answer.body)) }).toEqual({
        url,
        status: 200,
        found: [],
      });
    }
    for (const accept of ['text/csv', 'application/x-ndjson']) {
      const answer = await app.call('GET', '/api/v1/work-items', { as: app.token('Viewer'), headers: { accept } });
      const text = JSON.stringify(answer.body);
      expect(text).toContain(number);
      expect(found(text)).toEqual([]);
    }
  });

  it('is in no spool file', async () => {
    stopped(app.app.get(SpoolDrain));
    const gate = app.app.get(DatabaseGate);
    gate.close(new Error(`Duplicate entry '${CANARIES.email} ${SECRET_TEXTS[3] ?? ''}' for key`));
    try {
      expect((await app.post(canaryAlert({ alertId: '/spooled' }))).body).toMatchObject({ outcome: 'spooled' });
      await app.post(canaryAlert({ alertId: 7 }));
    } finally {
      gate.open();
    }
    const files = readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.spool'));
    expect(files).not.toEqual([]);
    const text = files.map((name) => readFileSync(join(spool, name), 'utf8')).join('');
    expect(text).toContain('/spooled');
    expect(found(text)).toEqual([]);
    await expectNone();
  });

  it('is not kept of a token that is refused, nor of an address, nor of headers', async () => {
    const bad = [
      app.issuer.mint({ audience: CANARIES.jwt, roles: [CANARIES.email] }),
      app.issuer.mint({ audience: CANARIES.email, appId: CANARIES.jwt }),
      app.issuer.mint({ audience: AUDIENCE, header: { kid: CANARIES.jwt.slice(0, 200) } }),
      app.issuer.mint({ audience: AUDIENCE, claims: { oid: CANARIES.email, azp: CANARIES.jwt } }),
      app.issuer.mint({ audience: AUDIENCE, appId: `x ${CANARIES.email}`, roles: [CANARIES.jwt] }),
      CANARIES.jwt,
      CANARIES.bearer,
    ];
    for (const as of bad) expect((await app.call('POST', WEBHOOK, { as, body: {} })).status).toBeGreaterThan(400);
    const query = `?access_token=${CANARIES.jwt}&sig=${CANARIES.signature}&q=${encodeURIComponent(CANARIES.email)}`;
    const headers = {
      'x-request-id': CANARIES.jwt.slice(0, 100),
      cookie: `session=${CANARIES.bearer}`,
      'if-match': `"${CANARIES.password}"`,
      'user-agent': CANARIES.email,
      'x-forwarded-for': CANARIES.address,
    };
    for (const path of ['/api/v1/work-items', `/api/v1/${CANARIES.jwt}`, `/api/v1/alerts/${CANARIES.email}`]) {
      const answers = [
        await app.call('GET', path + query, { as: app.token('Viewer'), headers }),
        await app.call('GET', path + query, { headers }),
        await app.call('PATCH', path + query, { as: app.token('Operator'), headers, body: {} }),
      ];
      for (const answer of answers) {
        expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
        expect(found(JSON.stringify(answer.body.instance ?? ''))).toEqual([]);
      }
    }
    await expectNone();
  });

  it('is not in what an import or a person says of configuration items, but for who answers for them', async () => {
    const tags = {
      contact: CANARIES.email,
      'db-password': CANARIES.password,
      apiKey: CANARIES.apiKey,
      ...Object.fromEntries(SECRET_TEXTS.map((text, index) => [`text${index}`, text])),
    };
    const own = {
      resourceId: `${MACHINE}/virtualMachines/own`,
      owner: CANARIES.email,
      location: SECRET_TEXTS[3],
      tags,
    };
    const graph = { id: `${MACHINE}/virtualMachines/arg`, name: 'arg', tags, properties: { adminPassword: 'x', tags } };
    const imported = await app.call('POST', IMPORT, { as: app.token('Operator'), body: [own, graph] });
    expect(imported).toMatchObject({ status: 200, body: { created: 2, failedCount: 0 } });
    const csv = `name,className,tag:password,tag:url,${CANARIES.password}\nby-csv,cmdb_ci_server,${CANARIES.password},${SECRET_TEXTS[1] ?? ''},x\n`;
    const byCsv = await app.call('POST', IMPORT, {
      as: app.token('Operator'),
      body: csv,
      headers: { 'content-type': 'text/csv' },
    });
    expect(byCsv).toMatchObject({ status: 200, body: { created: 1 } });
    const made = await app.call<{ id: string }>('POST', '/api/v1/configuration-items', {
      as: app.token('Operator'),
      body: { name: 'by hand', className: 'cmdb_ci_server', tags, owner: CANARIES.email },
    });
    expect(made.status).toBe(201);
    const changed = await app.call('PATCH', `/api/v1/configuration-items/${made.body.id}`, {
      as: app.token('Operator'),
      body: { tags: { ...tags, more: SECRET_TEXTS[4] } },
      headers: { 'if-match': '*' },
    });
    expect(changed).toMatchObject({ status: 200, body: { owner: CANARIES.email } });
    await expectNone(SECRETS);
    expect(found(JSON.stringify(app.logLines))).toEqual([]);
  });

  it('stays in what people write, and there alone', async () => {
    const as = app.token('Operator');
    const { body } = await app.call<{ number: string }>('POST', '/api/v1/work-items', { as, body: { title: 'x' } });
    const text = SECRET_TEXTS[5];
    const comment = { text, kind: 'work_note' };
    await app.call('POST', `/api/v1/work-items/${body.number}/comments`, { as, body: comment });
    const timeline = await app.get<{ items: unknown[] }>(`/api/v1/work-items/${body.number}/timeline`);
    expect(JSON.stringify(timeline.body)).toContain(text);
    expect(found(JSON.stringify(app.logLines))).toEqual([]);
    expect(found(await app.app.get(Metrics).render())).toEqual([]);
  });
});

/** So that what is spooled stays there until the test has read it. */
function stopped(drain: object): void {
  (drain as { task: PeriodicTask }).task.stop();
}
