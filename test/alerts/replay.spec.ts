import { setTimeout as sleep } from 'node:timers/promises';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { IngestQueue } from '../../src/alerts/ingest/ingest-queue';
import { IngestService, type Delivery, type IngestResult } from '../../src/alerts/ingest/ingest.service';
import { RoutingService } from '../../src/alerts/ingest/routing.service';
import { BulkReplayService } from '../../src/alerts/replay/bulk-replay.service';
import { ReplayService } from '../../src/alerts/replay/replay.service';
import { LOOKED_UP } from '../../src/common/slices';
import { newId } from '../../src/common/ids';
import { Metrics } from '../../src/common/operations/metrics';
import { insertRows } from '../../src/common/sql';
import { ENGINES } from '../support/database';
import { aDelivery } from '../support/deliveries';
import { closedGate } from '../support/gate';
import { sample } from '../support/samples';
import { AUDIENCE, TestApp, type Answer } from '../support/test-app';

const LIST = '/api/v1/admin/deliveries';
const AUDIT = '/api/v1/admin/audit-events';
const UNKNOWN = 'unknown-service-fired';
const LEGACY = 'legacy/activity-log-administrative-fired';
const BATCH = LOOKED_UP;

type Body = Record<string, unknown>;

describe.each(ENGINES)('quarantine and replay, on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeEach(async () => {
    app = await TestApp.start({ engine });
    dataSource = app.app.get<DataSource>(getDataSourceToken());
  });
  afterEach(() => app.stop());

  const replay = (id: string, body: Body = {}, on = app): Promise<Answer> =>
    on.call('POST', `${LIST}/${id}/replay`, { as: app.token('Admin'), body });
  const dismiss = (id: unknown, body: Body = {}, role: 'Admin' | 'Manager' | 'Reader' = 'Admin'): Promise<Answer> =>
    app.call('POST', `${LIST}/${String(id)}/dismiss`, { as: app.token(role), body });
  const replayMany = (body: Body): Promise<Answer> =>
    app.call('POST', `${LIST}/replay`, { as: app.token('Admin'), body });
  const delivery = async (id: unknown): Promise<Body> => (await app.get(`${LIST}/${String(id)}`, 'Admin')).body;
  const listed = async (query: string): Promise<unknown[]> => {
    const { status, body } = await app.get<{ items: Body[] }>(`${LIST}?${query}`, 'Admin');
    expect(status).toBe(200);
    return body.items.map(({ id }) => id);
  };
  const numberOf = async (table: string): Promise<number> => {
    const [row] = await dataSource.query<{ count: number | string }[]>(`SELECT COUNT(*) AS count FROM ${table}`);
    return Number(row?.count);
  };
  const audits = async (id: unknown): Promise<Body[]> => {
    const path = `/api/v1/admin/audit-events?action=delivery.replayed&subjectId=${String(id)}`;
    return (await app.get<{ items: Body[] }>(path, 'Admin')).body.items;
  };
  const alert = (essentials: Body = {}): object => sample(UNKNOWN, { alertId: `/${newId()}`, ...essentials });

  /** From now on the database itself refuses alerts of this rule, and of this severity. */
  async function poison(): Promise<() => Promise<unknown>> {
    const check =
      engine === 'sqlite'
        ? `WHEN NEW.alertRule = 'poison' OR NEW.severity = 'poison' BEGIN SELECT RAISE(ABORT, 'no poison: ''s3cret'''); END`
        : `FOR EACH ROW IF NEW.alertRule = 'poison' OR NEW.severity = 'poison' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no poison: ''s3cret'''; END IF`;
    await dataSource.query(`CREATE TRIGGER poison BEFORE INSERT ON alerts ${check}`);
    return () => dataSource.query('DROP TRIGGER poison');
  }

  /** Hands them in while a transaction of their signature is under way, so that they are the next batch. */
  async function submitAtOnce(payloads: readonly object[]): Promise<{ results: IngestResult[]; largest: number }> {
    const service = app.app.get(IngestService);
    const ingest = service.ingest.bind(service);
    const gate = closedGate();
    const sizes: number[] = [];
    const spy = jest.spyOn(service, 'ingest').mockImplementation(async (batch) => {
      sizes.push(batch.length);
      if (sizes.length === 1) await gate.opened;
      return ingest(batch);
    });
    const queue = app.app.get(IngestQueue);
    const [first, ...others] = [alert(), ...payloads].map((payload) => aDelivery(app, payload));
    const under = queue.submit(first as Delivery);
    while (sizes.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const submitted = others.map((other) => queue.submit(other));
    gate.open();
    const results = await Promise.all(submitted);
    await under;
    spy.mockRestore();
    return { results, largest: Math.max(...sizes) };
  }

  async function aParked(): Promise<{ id: string; mend: () => Promise<unknown> }> {
    const mend = await poison();
    const { status, body } = await app.post(alert({ alertRule: 'poison' }));
    expect([status, body.outcome]).toEqual([202, 'parked']);
    return { id: String(body.deliveryId), mend };
  }

  const idsOf = ({ items }: Body): unknown[] => (items as Body[]).map(({ deliveryId }) => deliveryId);

  /** In the order of their arrival. */
  async function severalRefused(count: number): Promise<unknown[]> {
    const ids: unknown[] = [];
    while (ids.length < count) ids.push((await app.post(sample(LEGACY))).body.deliveryId);
    return ids;
  }

  /** Refused, without a payload: a replay has nothing to do with them. In the order of their arrival. */
  async function manyWithoutPayload(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => newId());
    const columns = ['id', 'receivedAt', 'status', 'body'];
    const rows = ids.map((id) => [id, '2026-01-01 00:00:00.000', 'rejected', '']);
    await insertRows(dataSource.manager, 'deliveries', columns, rows);
    return ids;
  }

  it('parks alone the one of a whole batch that the database refuses', async () => {
    await poison();
    const payloads = Array.from({ length: BATCH }, (_, index) => alert(index === 100 ? { severity: 'poison' } : {}));
    const { results, largest } = await submitAtOnce(payloads);
    expect(largest).toBe(BATCH);
    expect(results.map(({ outcome }) => outcome)).toEqual(
      payloads.map((_, index) => (index === 100 ? 'parked' : 'updated')),
    );
    const id = results[100]?.deliveryId;
    expect(await listed('status=parked')).toEqual([id]);
    const reports = app.logLines.filter(({ level, deliveryId }) => level === 'error' && deliveryId === id);
    expect(reports).toHaveLength(1);
    const { attempts, error } = await delivery(id);
    expect(attempts).toMatchObject([
      { kind: 'first', outcome: 'parked', code: 'pipeline_failed', by: { kind: 'system', id: null } },
    ]);
    expect(error).toMatch(/^QueryFailedError \((ER_SIGNAL_EXCEPTION|SQLITE_CONSTRAINT_TRIGGER)\): .*no poison/);
    expect(error).not.toMatch(/s3cret|INSERT|VALUES/);
  });

  it('parks alone the one of a whole batch that our own code fails on', async () => {
    const routing = app.app.get(RoutingService);
    const route = routing.route.bind(routing);
    jest.spyOn(routing, 'route').mockImplementation((tx, accepted, state) => {
      if (accepted.some(({ alert: each }) => each.severity === 'poison')) throw new TypeError('of poison');
      return route(tx, accepted, state);
    });
    const payloads = Array.from({ length: BATCH }, (_, index) =>
      alert(index === BATCH - 1 ? { severity: 'poison' } : {}),
    );
    const { results, largest } = await submitAtOnce(payloads);
    expect(largest).toBe(BATCH);
    expect(results.map(({ outcome }) => outcome)).toEqual(
      payloads.map((_, index) => (index === BATCH - 1 ? 'parked' : 'updated')),
    );
    expect(await delivery(results[BATCH - 1]?.deliveryId)).toMatchObject({
      status: 'parked',
      error: 'TypeError: of poison',
    });
  });

  it('replays what was parked once the fault is mended, as the delivery that it was', async () => {
    const { id, mend } = await aParked();
    await mend();
    const before = { status: 'parked', outcome: null, code: 'pipeline_failed', workItem: null };
    const rows = await Promise.all(
      ['work_items', 'alerts', 'deliveries', 'delivery_attempts', 'audit_events'].map(numberOf),
    );
    const dry = await replay(id, { dryRun: true });
    expect(dry).toMatchObject({
      status: 200,
      body: {
        dryRun: true,
        outcome: 'created',
        workItems: [{ number: null, type: 'incident', state: 'new' }],
        before,
        after: { status: 'processed', outcome: 'created', code: null, workItem: '(new)' },
        differs: ['status', 'outcome', 'code', 'workItem'],
        foreseen: { outcome: 'work_item', rule: { name: 'Everything else' } },
      },
    });
    expect(
      await Promise.all(['work_items', 'alerts', 'deliveries', 'delivery_attempts', 'audit_events'].map(numberOf)),
    ).toEqual(rows);

    const { receivedAt } = await delivery(id);
    const done = await replay(id);
    expect(done).toMatchObject({ status: 200, body: { outcome: 'created', before, after: { status: 'processed' } } });
    const [workItem] = done.body.workItems as Body[];
    expect((await app.get(`/api/v1/work-items/${String(workItem?.number)}`)).body).toMatchObject({ state: 'new' });
    expect(await delivery(id)).toMatchObject({
      ...{ receivedAt, status: 'processed', outcome: 'created', code: null, alertId: done.body.alertId, error: null },
      attempts: [
        { kind: 'first', outcome: 'parked', code: 'pipeline_failed', error: expect.stringContaining('no poison') },
        { kind: 'replay', outcome: 'created', code: null, error: null, by: { kind: 'user', name: 'Test' } },
      ],
    });
    expect(await audits(id)).toMatchObject([{ actor: { kind: 'user' }, before, after: { status: 'processed' } }]);
    expect(await numberOf('deliveries')).toBe(rows[2]);
  });

  it('changes nothing the second time, and is done once by two instances at once', async () => {
    const { id, mend } = await aParked();
    await mend();
    const other = await TestApp.start({ shared: app });
    const answers = await Promise.all([replay(id), replay(id, {}, other), replay(id), replay(id, {}, other)]);
    await other.stop();
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.map(({ body }) => body.outcome).sort()).toEqual(['created', 'duplicate', 'duplicate', 'duplicate']);
    expect([await numberOf('work_items'), await numberOf('alerts'), await numberOf('deliveries')]).toEqual([1, 1, 1]);
    expect([(await audits(id)).length, await numberOf('delivery_attempts')]).toEqual([1, 2]);
    const standing = { status: 'processed', outcome: 'created' };
    expect((await replay(id)).body).toMatchObject({
      outcome: 'duplicate',
      before: standing,
      after: standing,
      differs: [],
    });
    expect((await replay(id, { dryRun: true })).body).toMatchObject({ outcome: 'duplicate', differs: [] });
  });

  it('knows it for a repeat if its sender has repeated it in the meantime', async () => {
    const mend = await poison();
    const payload = alert({ alertRule: 'poison' });
    const id = String((await app.post(payload)).body.deliveryId);
    await mend();
    const again = await app.post(payload);
    expect(again.body).toMatchObject({ outcome: 'created' });
    expect((await replay(id)).body).toMatchObject({ outcome: 'duplicate', after: { status: 'duplicate' } });
    expect(await delivery(id)).toMatchObject({ status: 'duplicate', duplicateOf: again.body.deliveryId });
    expect([await numberOf('work_items'), await numberOf('deliveries')]).toEqual([1, 2]);
  });

  it('leaves parked what still fails, with one more attempt', async () => {
    const { id } = await aParked();
    const expected = {
      outcome: 'parked',
      code: 'pipeline_failed',
      error: expect.stringContaining('no poison'),
      differs: [],
    };
    expect((await replay(id)).body).toMatchObject(expected);
    expect(await delivery(id)).toMatchObject({
      status: 'parked',
      attempts: [{ kind: 'first' }, { kind: 'replay', outcome: 'parked', error: expect.stringContaining('no poison') }],
    });
    expect(await audits(id)).toHaveLength(1);
    expect([await numberOf('work_items'), await numberOf('alerts')]).toEqual([0, 0]);
  });

  it('answers for what is no common alert as the webhook did, and keeps it refused', async () => {
    const refused = await app.post(sample(LEGACY));
    const broken = await app.post(sample(UNKNOWN, { alertId: '', severity: 4 }));
    for (const { body } of [refused, broken]) {
      const [dry, done] = [
        await replay(String(body.deliveryId), { dryRun: true }),
        await replay(String(body.deliveryId)),
      ];
      for (const answer of [dry, done])
        expect(answer).toMatchObject({ status: 200, body: { outcome: 'rejected', code: body.code, differs: [] } });
      expect(await delivery(body.deliveryId)).toMatchObject({
        status: 'rejected',
        code: body.code,
        errors: done.body.errors,
      });
    }
    const { attempts } = await delivery(broken.body.deliveryId);
    expect(attempts).toMatchObject([
      { kind: 'first', outcome: 'rejected' },
      { kind: 'replay', outcome: 'rejected' },
    ]);
  });

  it('takes the scopes that its caller has now, and none whose caller is gone', async () => {
    const appId = newId();
    const own = '/subscriptions/11111111-0000-4000-8000-000000000001';
    const entry = await app.call('POST', '/api/v1/admin/allowed-apps', {
      ...{ as: app.token('Admin'), body: { appId, name: 'theirs', scopes: [`${own}/resourceGroups/other`] } },
    });
    const as = app.issuer.mint({ audience: AUDIENCE, appId, roles: ['ActionGroupsSecureWebhook'] });
    const targets = [`${own}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm7`];
    const body = sample('platform-metric-static-cpu-fired', { alertTargetIDs: targets });
    expect(await app.call('POST', '/api/v1/webhooks/azure-monitor', { as, body })).toMatchObject({ status: 403 });
    const [id] = (await listed('code=scope_violation')) as string[];
    const path = `/api/v1/admin/allowed-apps/${String(entry.body.id)}`;
    expect((await replay(String(id))).body).toMatchObject({ outcome: 'rejected', code: 'scope_violation' });

    await app.call('PATCH', path, { as: app.token('Admin'), body: { scopes: [own] } });
    expect((await replay(String(id), { dryRun: true })).body).toMatchObject({
      outcome: 'created',
      differs: expect.arrayContaining(['status']),
    });
    await app.call('DELETE', path, { as: app.token('Admin') });
    expect((await replay(String(id))).body).toMatchObject({ outcome: 'rejected', code: 'app_not_allowed' });
    await app.call('POST', '/api/v1/admin/allowed-apps', {
      ...{ as: app.token('Admin'), body: { appId, name: 'theirs', scopes: [own] } },
    });
    expect((await replay(String(id))).body).toMatchObject({ outcome: 'created' });
    expect(await delivery(id)).toMatchObject({ status: 'processed', code: null, errors: null });
  });

  it('lets nobody in whom the guard would turn away by now', async () => {
    const appId = newId();
    const admin = { as: app.token('Admin') };
    const entry = await app.call('POST', '/api/v1/admin/allowed-apps', { ...admin, body: { appId, name: 'theirs' } });
    const change = (body: Body): Promise<Answer> =>
      app.call('PATCH', `/api/v1/admin/allowed-apps/${String(entry.body.id)}`, { ...admin, body });
    const as = app.issuer.mint({ audience: AUDIENCE, appId, roles: ['ActionGroupsSecureWebhook'] });
    const post = (): Promise<Answer> =>
      app.call('POST', '/api/v1/webhooks/azure-monitor', { as, body: alert({ alertRule: 'poison' }) });
    const mend = await poison();
    const id = String((await post()).body.deliveryId);
    await mend();

    const reasons = [
      [{ enabled: false }, 'disabled'],
      [{ enabled: true, expiresAt: '2026-01-01T00:00:00Z' }, 'caller_expired'],
    ] as const;
    for (const [changes, code] of reasons) {
      await change(changes);
      expect((await post()).status).toBe(403);
      const refused = { outcome: 'rejected', code, errors: [{ path: 'callerAppId', message: expect.any(String) }] };
      expect((await replay(id, { dryRun: true })).body).toMatchObject(refused);
      expect((await replay(id)).body).toMatchObject(refused);
      expect(await delivery(id)).toMatchObject({ status: 'parked', code });
    }
    expect(await numberOf('work_items')).toBe(0);
    await change({ expiresAt: null });
    expect((await replay(id)).body).toMatchObject({ outcome: 'created' });
  });

  it('replays many by a filter, in the order of arrival, past those that fail, page by page', async () => {
    const mend = await poison();
    const ids: unknown[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.push((await app.post(alert({ alertRule: 'poison' }))).body.deliveryId);
      ids.push((await app.post(sample(LEGACY, {}))).body.deliveryId);
    }
    await mend();
    await dataSource.query(`UPDATE deliveries SET body = '', payloadRemovedAt = receivedAt WHERE id = ?`, [ids[3]]);
    const dry = await replayMany({ filter: {}, dryRun: true });
    expect(dry.body).toMatchObject({ counts: { created: 5, rejected: 4, skipped: 1 }, nextCursor: null, remaining: 0 });
    expect(await numberOf('work_items')).toBe(0);

    const seen: Body[] = [];
    let cursor: unknown;
    for (let left = 10; left > 0;) {
      const page = await replayMany({
        filter: { status: ['parked', 'rejected'] },
        limit: 3,
        ...(cursor ? { cursor } : {}),
      });
      expect(page.status).toBe(200);
      const items = page.body.items as Body[];
      seen.push(...items);
      left -= items.length;
      expect(page.body.remaining).toBe(left);
      cursor = page.body.nextCursor;
      expect(cursor === null).toBe(left === 0);
    }
    expect(seen.map(({ deliveryId }) => deliveryId)).toEqual(ids);
    expect(seen.map(({ outcome }) => outcome)).toEqual(
      ids.map((_, index) => [index === 0 ? 'created' : 'updated', index === 3 ? 'skipped' : 'rejected'][index % 2]),
    );
    expect(await numberOf('work_items')).toBe(1);
    expect((await replayMany({ filter: { status: ['parked'] } })).body).toMatchObject({ items: [], counts: {} });
    expect((await replayMany({ filter: { code: 'nothing' } })).body).toMatchObject({ items: [], remaining: 0 });
  });

  it('answers what it has when the service is stopped, and goes on from there later', async () => {
    const ids = await severalRefused(3);
    const replays = app.app.get(ReplayService);
    const one = replays.replay.bind(replays);
    const bulk = app.app.get(BulkReplayService);
    const spy = jest.spyOn(replays, 'replay').mockImplementation((...args) => {
      if (spy.mock.calls.length === 2) bulk.onModuleDestroy();
      return one(...args);
    });
    const { status, body } = await replayMany({ filter: {} });
    expect([status, idsOf(body)]).toEqual([200, ids.slice(0, 2)]);
    expect(body).toMatchObject({ counts: { rejected: 2 }, remaining: 1 });
    const next = await replayMany({ filter: {}, cursor: body.nextCursor });
    expect([idsOf(next.body), next.body.nextCursor]).toEqual([ids.slice(2), null]);
  });

  it.each([
    ['the database is away', 'ECONNREFUSED'],
    ['a lock is not given', 'ER_LOCK_WAIT_TIMEOUT'],
  ])('keeps the report of those before the one at which %s', async (_, code) => {
    const ids = await severalRefused(4);
    const failure = Object.assign(new Error('s3cret'), { code });
    const replays = app.app.get(ReplayService);
    const one = replays.replay.bind(replays);
    const spy = jest.spyOn(replays, 'replay').mockImplementation((id, by, how) => {
      return id === ids[2] ? Promise.reject(failure) : one(id, by, how);
    });
    const { status, body } = await replayMany({ filter: {} });
    expect([status, idsOf(body)]).toEqual([200, ids.slice(0, 2)]);
    expect(body).toMatchObject({ counts: { rejected: 2 }, remaining: 2 });
    expect(app.logLines).toContainEqual(expect.objectContaining({ level: 'warn', deliveryId: ids[2] }));

    const again = await replayMany({ filter: {}, cursor: body.nextCursor });
    expect(again.status).toBe(503);
    spy.mockRestore();
    const mended = await replayMany({ filter: {}, cursor: body.nextCursor });
    expect(idsOf(mended.body)).toEqual(ids.slice(2));
  });

  it.each([false, true])(
    'goes on past what it fails on each time, be it the first one (dry run: %s)',
    async (dryRun) => {
      const ids = await severalRefused(3);
      const failure = Object.assign(new Error("no such table: 's3cret'"), { code: 'ER_NO_SUCH_TABLE' });
      const replays = app.app.get(ReplayService);
      const one = replays.replay.bind(replays);
      const foretell = replays.foretell.bind(replays);
      const isFirst = (id: string): boolean => id === ids[0];
      jest.spyOn(replays, 'replay').mockImplementation((id, by, how) => {
        return isFirst(id) ? Promise.reject(failure) : one(id, by, how);
      });
      jest.spyOn(replays, 'foretell').mockImplementation((id, how) => {
        return isFirst(id) ? Promise.reject(failure) : foretell(id, how);
      });
      const { status, body } = await replayMany({ filter: {}, dryRun });
      expect([status, idsOf(body)]).toEqual([200, ids]);
      expect(body).toMatchObject({ counts: { skipped: 1, rejected: 2 }, nextCursor: null, remaining: 0 });
      const [first] = body.items as Body[];
      expect(first).toMatchObject({ outcome: 'skipped', code: 'internal_error', before: { status: 'rejected' } });
      expect(first?.error).toMatch(/ER_NO_SUCH_TABLE/);
      expect(JSON.stringify(body)).not.toContain('s3cret');
      expect(app.logLines).toContainEqual(expect.objectContaining({ level: 'error', deliveryId: ids[0] }));
    },
  );

  it('reports what it replayed even if the rest can not be counted any more', async () => {
    const ids = await severalRefused(4);
    const query = dataSource.query.bind(dataSource);
    jest.spyOn(dataSource, 'query').mockImplementation((text, ...rest) => {
      const isCount = text.startsWith('SELECT COUNT(*)');
      return isCount ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' })) : query(text, ...rest);
    });
    const { status, body } = await replayMany({ filter: {}, limit: 2 });
    expect([status, idsOf(body), body.remaining]).toEqual([200, ids.slice(0, 2), 1]);
    expect(body.nextCursor).not.toBeNull();
  });

  it('counts what is left no further than is of use', async () => {
    const ids = await manyWithoutPayload(10_005);
    const one = await replayMany({ filter: {}, dryRun: true, limit: 1 });
    expect([idsOf(one.body), one.body.remaining]).toEqual([ids.slice(0, 1), 10_001]);
    const some = await replayMany({ filter: { status: ['rejected'] }, limit: 10, cursor: one.body.nextCursor });
    expect([idsOf(some.body), some.body.remaining]).toEqual([ids.slice(1, 11), 9_994]);
  });

  it('names no more values in a statement than a server looks up one by one', async () => {
    const ids = await manyWithoutPayload(2 * LOOKED_UP + 1);
    const logger = jest.spyOn(dataSource.logger, 'logQuery');
    const { body } = await replayMany({ filter: {}, dryRun: true, limit: 1_000 });
    const named = logger.mock.calls.map(([text]) => /\bIN \(([?, ]+)\)/i.exec(text)?.[1]?.split(',').length ?? 0);
    expect(Math.max(...named)).toBe(LOOKED_UP);
    expect(idsOf(body)).toEqual(ids);
  });

  it('begins at the first one with a cursor of null, which is what the last page answers', async () => {
    const ids = await severalRefused(2);
    const last = await replayMany({ filter: {}, dryRun: true });
    expect(last.body.nextCursor).toBeNull();
    const { status, body } = await replayMany({ filter: {}, dryRun: true, cursor: last.body.nextCursor });
    expect([status, idsOf(body)]).toEqual([200, ids]);
  });

  it('says that there is nothing to read again', async () => {
    const { body } = await app.post(sample(LEGACY));
    const id = String(body.deliveryId);
    await dataSource.query(`UPDATE deliveries SET body = '', payloadRemovedAt = receivedAt WHERE id = ?`, [id]);
    for (const dryRun of [true, false])
      expect(await replay(id, { dryRun })).toMatchObject({ status: 409, body: { code: 'payload_removed' } });
    expect(await delivery(id)).toMatchObject({ payload: null, payloadRemovedAt: expect.any(String) });
    expect(await replay(newId())).toMatchObject({ status: 404 });
    expect(await replay('x')).toMatchObject({ status: 404 });
  });

  it('lists by each filter and by several, page by page', async () => {
    const { id: parked, mend } = await aParked();
    await mend();
    const legacy = String((await app.post(sample(LEGACY))).body.deliveryId);
    const created = await app.post(alert());
    const id = String(created.body.deliveryId);
    expect(await listed('')).toEqual([id, legacy, parked]);
    expect(await listed('status=parked,rejected')).toEqual([legacy, parked]);
    expect(await listed('status=parked&status=processed')).toEqual([id, parked]);
    expect(await listed('code=pipeline_failed')).toEqual([parked]);
    expect(await listed('status=rejected,parked&code=not_common_schema')).toEqual([legacy]);
    expect(await listed('outcome=created')).toEqual([id]);
    expect(await listed(`alertId=${String(created.body.alertId).toUpperCase()}`)).toEqual([id]);
    expect(await listed(`callerAppId=${newId()}`)).toEqual([]);
    const at = String((await delivery(legacy)).receivedAt);
    expect(await listed(`receivedAfter=${at}`)).toEqual([id, legacy]);
    expect(await listed(`receivedBefore=${at}`)).toEqual([parked]);
    const page = await app.get(`${LIST}?status=parked,rejected,processed&limit=2`, 'Admin');
    expect(await listed(`status=parked,rejected,processed&cursor=${String(page.body.nextCursor)}`)).toEqual([parked]);
    const forged = Buffer.from('["2026-01-01", 7]').toString('base64url');
    for (const bad of ['status=x', 'outcome=x', 'callerAppId=x', 'receivedAfter=x', `cursor=${forged}`])
      expect(await app.get(`${LIST}?${bad}`, 'Admin')).toMatchObject({ status: 400 });
  });

  it('shows one attempt of what went well at once', async () => {
    const { body } = await app.post(alert());
    expect(await delivery(body.deliveryId)).toMatchObject({
      ...{ error: null, payloadRemovedAt: null },
      attempts: [{ kind: 'first', outcome: 'created', code: null, error: null, by: { kind: 'system' } }],
    });
  });

  it.each([
    [{ filter: { status: ['processed'] } }],
    [{ filter: { receivedAfter: 'x' } }],
    [{ filter: { x: 1 } }],
    [{}],
    [{ filter: {}, limit: 1_001 }],
    [{ filter: {}, limit: 0 }],
    [{ filter: {}, limit: null }],
    [{ filter: {}, dryRun: 'yes' }],
    [{ filter: {}, dryRun: null }],
    [{ filter: { status: [] } }],
    [{ filter: { status: null } }],
    [{ filter: { code: null } }],
    [{ filter: { callerAppId: null } }],
    [{ filter: { receivedAfter: null } }],
    [{ filter: { receivedBefore: null } }],
    [{ filter: {}, cursor: 'x' }],
    [{ filter: null }],
    [{ filter: 7 }],
    [{ filter: [] }],
  ])('refuses %j', async (body) => {
    expect(await replayMany(body)).toMatchObject({ status: 400 });
  });

  it('gives up what can never be processed, says who and why, and takes it up again by a replay', async () => {
    const { id, mend } = await aParked();
    const reason = 'the sender is gone\n\u202e, its key was ?sig=s3cret&x';
    const given = await dismiss(id, { reason });
    const why = expect.stringMatching(/^the sender is gone , its key was [^\n]*$/) as string;
    expect(given).toMatchObject({
      status: 200,
      body: {
        ...{ id, status: 'rejected', code: 'dismissed', errors: null, error: why },
        attempts: [
          { kind: 'first', outcome: 'parked', code: 'pipeline_failed' },
          { kind: 'dismissal', outcome: 'rejected', code: 'dismissed', error: why, by: { kind: 'user' } },
        ],
      },
    });
    expect(JSON.stringify(given.body)).not.toContain('s3cret');
    expect(given.body.payload).toMatchObject({ data: { essentials: { alertRule: 'poison' } } });
    expect(await listed('status=parked')).toEqual([]);
    expect(await listed('code=dismissed')).toEqual([id]);

    const again = await dismiss(id.toUpperCase(), { reason: 'another' });
    expect([again.status, again.body]).toEqual([200, given.body]);
    const events = (await app.get<{ items: Body[] }>(`${AUDIT}?subjectId=${id}`, 'Admin')).body.items;
    expect(events).toMatchObject([
      {
        action: 'delivery.dismissed',
        before: { status: 'parked', code: 'pipeline_failed' },
        after: { status: 'rejected', code: 'dismissed', reason: why },
      },
    ]);

    const dismissed = { status: 'rejected', code: 'dismissed' };
    expect((await replay(id)).body).toMatchObject({ outcome: 'parked', after: dismissed, differs: [] });
    expect(await delivery(id)).toMatchObject({
      ...dismissed,
      attempts: [{}, {}, { kind: 'replay', outcome: 'parked' }],
    });
    await mend();
    expect((await replayMany({ filter: {} })).body).toMatchObject({ items: [], remaining: 0 });
    const { body } = await replayMany({ filter: { code: 'dismissed' } });
    expect(body.items).toMatchObject([{ deliveryId: id, outcome: 'created', before: { code: 'dismissed' } }]);
    expect(await dismiss(id)).toMatchObject({ status: 409, body: { code: 'not_parked', status: 409 } });
    expect(await delivery(id)).toMatchObject({ status: 'processed', code: null });
  });

  it('shows in the metrics how many wait for people, and for how long', async () => {
    const metrics = (): Promise<string> => app.app.get(Metrics).render();
    expect(await metrics()).toContain('\nsecure_export_deliveries_parked 0\n');
    const { id } = await aParked();
    await app.post(alert({ alertRule: 'poison' }));
    await dataSource.query(`UPDATE deliveries SET receivedAt = ? WHERE id = ?`, ['2026-01-01 00:00:00.000', id]);
    const text = await metrics();
    expect(text).toContain('\nsecure_export_deliveries_parked 2\n');
    const [, age] = /^secure_export_deliveries_parked_oldest_age_seconds (.*)$/m.exec(text) ?? [];
    const expected = (Date.now() - Date.UTC(2026, 0, 1)) / 1_000;
    expect(Math.abs(Number(age) - expected)).toBeLessThan(30);
    await dismiss(id);
    expect(await metrics()).toContain('\nsecure_export_deliveries_parked 1\n');
  });

  it('leaves given up what a replay refuses', async () => {
    const { id } = await aParked();
    await dismiss(id);
    await dataSource.query(`UPDATE deliveries SET body = '{"schemaId": "other"}' WHERE id = ?`, [id]);
    const { body } = await replayMany({ filter: { code: 'dismissed' } });
    expect(body.items).toMatchObject([
      { outcome: 'rejected', code: 'not_common_schema', after: { code: 'dismissed' } },
    ]);
    expect(await delivery(id)).toMatchObject({ status: 'rejected', code: 'dismissed' });
    expect((await replayMany({ filter: {} })).body.items).toEqual([]);
  });

  it('leaves given up what is given up while a replay of it fails', async () => {
    const { id } = await aParked();
    const ingest = app.app.get(IngestService);
    const takeStored = ingest.takeStored.bind(ingest);
    let dismissal: Promise<Answer> | undefined;
    jest.spyOn(ingest, 'takeStored').mockImplementation(async (...args) => {
      dismissal ??= dismiss(id);
      await sleep(300); // until it waits for the row
      return takeStored(...args);
    });
    const { body } = await replay(id);
    expect((await dismissal)?.status).toBe(200);
    expect(body).toMatchObject({ outcome: 'parked', after: { status: 'rejected', code: 'dismissed' } });
    expect(await delivery(id)).toMatchObject({ status: 'rejected', code: 'dismissed' });
  });

  it('takes nothing along that is given up after it was listed', async () => {
    const mend = await poison();
    const post = async (): Promise<unknown> => (await app.post(alert({ alertRule: 'poison' }))).body.deliveryId;
    const ids = [await post(), await post()];
    await mend();
    const replays = app.app.get(ReplayService);
    const one = replays.replay.bind(replays);
    jest.spyOn(replays, 'replay').mockImplementation(async (...args) => {
      if (args[0] === ids[0]) await dismiss(ids[1]);
      return one(...args);
    });
    const { body } = await replayMany({ filter: {} });
    expect(body.items).toMatchObject([
      { outcome: 'created' },
      { deliveryId: ids[1], outcome: 'skipped', code: 'dismissed', after: { status: 'rejected', code: 'dismissed' } },
    ]);
    expect(await delivery(ids[1])).toMatchObject({ status: 'rejected', code: 'dismissed' });
  });

  it('gives up nothing else, for nobody else', async () => {
    const [refused] = await severalRefused(1);
    expect(await dismiss(refused)).toMatchObject({ status: 409, body: { code: 'not_parked', deliveryId: refused } });
    for (const unknown of [newId(), 'x', '%00']) expect(await dismiss(unknown)).toMatchObject({ status: 404 });
    const { id } = await aParked();
    for (const reason of [1, {}, 'x'.repeat(501)]) expect(await dismiss(id, { reason })).toMatchObject({ status: 400 });
    for (const role of ['Manager', 'Reader'] as const)
      expect(await dismiss(id, {}, role)).toMatchObject({ status: 403 });
    expect(await delivery(id)).toMatchObject({ status: 'parked', attempts: [{ kind: 'first' }] });
    const bare = await app.call('POST', `${LIST}/${id}/dismiss`, { as: app.token('Admin') });
    expect([bare.status, bare.body.code]).toEqual([200, 'dismissed']);
  });

  it('is done once where it is given up and replayed at the same time', async () => {
    const { id, mend } = await aParked();
    await mend();
    const [given, replayed] = await Promise.all([dismiss(id), replay(id)]);
    expect(replayed).toMatchObject({ status: 200, body: { outcome: 'created' } });
    expect([200, 409]).toContain(given.status);
    expect(await delivery(id)).toMatchObject({ status: 'processed' });
    expect(await numberOf('work_items')).toBe(1);
  });

  it('is for administrators, and takes no body for no dry run', async () => {
    const { id, mend } = await aParked();
    await mend();
    for (const path of [`${LIST}/${id}/replay`, `${LIST}/replay`])
      expect(await app.call('POST', path, { as: app.token('Manager'), body: {} })).toMatchObject({ status: 403 });
    for (const dryRun of [1, null]) expect(await replay(id, { dryRun })).toMatchObject({ status: 400 });
    expect(await delivery(id)).toMatchObject({ status: 'parked', attempts: [{ kind: 'first' }] });
    const bare = await app.call('POST', `${LIST}/${id}/replay`, { as: app.token('Admin') });
    expect([200, 400]).toContain(bare.status);
  });
});
