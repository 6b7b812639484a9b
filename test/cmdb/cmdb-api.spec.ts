import 'reflect-metadata';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { ConfigurationItemDto } from '../../src/cmdb/items/configuration-item.dto';
import { aCmdbService, anItem, aTarget, vmId } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { type Answer, TestApp } from '../support/test-app';

const ITEMS = '/configuration-items';

describe.each(ENGINES)('the CMDB over HTTP on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    dataSource = app.app.get<DataSource>(getDataSourceToken());
  });
  afterAll(() => app.stop());

  function call(role: string, path: string, body?: object): Promise<Answer> {
    const method = body === undefined ? 'GET' : 'POST';
    return app.call(method, `/api/v1${path}`, { as: app.token(role), body });
  }

  function create(item: object): Promise<Answer> {
    return call('Operator', ITEMS, item);
  }

  async function listed(query: string): Promise<ConfigurationItemDto[]> {
    const { status, body } = await call('Viewer', `${ITEMS}?${query}`);
    expect(status).toBe(200);
    return body.items as ConfigurationItemDto[];
  }

  it('creates an item from its resource id alone', async () => {
    const { status, headers, body } = await create({ resourceId: vmId('Web01', 'Web-RG'), criticality: 2 });
    expect(status).toBe(201);
    expect(headers).toMatchObject({ etag: '"1"', location: `/api/v1/configuration-items/${body.id as string}` });
    expect(body).toEqual({
      id: expect.any(String) as string,
      name: 'Web01',
      className: 'cmdb_ci_vm_instance',
      resourceId: vmId('Web01', 'Web-RG'),
      resourceType: 'microsoft.compute/virtualmachines',
      subscriptionId: 's1',
      resourceGroup: 'Web-RG',
      location: null,
      environment: null,
      criticality: 2,
      owner: null,
      supportGroup: null,
      status: 'operational',
      stub: false,
      tags: {},
      aliases: [],
      fieldSources: { criticality: 'person' },
      firstSeenAt: null,
      lastSeenAt: null,
      mergedIntoId: null,
      version: 1,
      createdAt: expect.any(String) as string,
      updatedAt: expect.any(String) as string,
    });
    const read = await call('Viewer', `${ITEMS}/${body.id as string}`);
    expect([read.status, read.headers.etag, read.body]).toEqual([200, '"1"', body]);
  });

  it('creates an item that Azure does not know', async () => {
    const { body } = await create({ name: 'Printer', className: 'cmdb_ci_printer', aliases: ['printer.corp.example'] });
    expect(body).toMatchObject({ name: 'Printer', className: 'cmdb_ci_printer', resourceId: null });
  });

  it('refuses a second item with the same resource id, however it is written, and names the first', async () => {
    const first = await create({ resourceId: vmId('only-once') });
    const second = await create({ resourceId: `${vmId('ONLY-ONCE').toUpperCase()}/` });
    expect([second.status, second.body.code]).toEqual([409, 'already_exists']);
    expect(second.body.configurationItemId).toBe(first.body.id);
  });

  it('turns the stub of an alert into the item, with the same id', async () => {
    const bound = await dataSource.transaction((tx) =>
      aCmdbService(dataSource).bindAlerts(tx, [{ key: 'a', references: [aTarget(vmId('Was-Stub'))] }]),
    );
    expect(await listed('stub=true')).toMatchObject([{ name: 'Was-Stub', stub: true }]);
    const { status, body } = await create({ resourceId: vmId('was-stub'), criticality: 1 });
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: bound.get('a')!.bindings[0]!.ciId, stub: false, criticality: 1, version: 2 });
    expect(body.resourceId).toBe(vmId('Was-Stub'));
    expect(await listed('stub=true')).toEqual([]);
  });

  it.each([
    [{}, 'name'],
    [{ resourceId: 'vm1' }, 'resourceId'],
  ])('refuses %j for its %s', async (item, path) => {
    const { status, body } = await create(item);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors).toMatchObject([{ path }]);
  });

  it.each([
    ['subscriptionId', { name: 'x', subscriptionId: '\u0130'.repeat(200) }],
    ['resourceType', { name: 'x', resourceType: '\u0130'.repeat(200) }],
    ['resourceGroup', { name: 'x', resourceGroup: 'a\ufe0f'.repeat(200) }],
    ['name', { name: 'a\ufe0f'.repeat(200) }],
    ['className', { name: 'x', className: 'a\ufe0f'.repeat(100) }],
    ['location', { name: 'x', location: 'a\ufe0f'.repeat(100) }],
    ['environment', { name: 'x', environment: 'a\ufe0f'.repeat(100) }],
    ['supportGroup', { name: 'x', supportGroup: 'a\ufe0f'.repeat(200) }],
    ['resourceId', { resourceId: `/subscriptions/${'\u0130'.repeat(200)}` }],
  ])('refuses a %s that does not fit its column', async (path, item) => {
    const { status, body } = await create(item);
    expect([status, body.code, body.errors]).toMatchObject([400, 'invalid_request', [{ path }]]);
  });

  it('takes what just fits', async () => {
    const item = { name: '\u{1f600}'.repeat(255), className: 'c'.repeat(100), subscriptionId: '\u0130'.repeat(127) };
    expect((await create({ ...item, supportGroup: '\u{1f600}'.repeat(255) })).status).toBe(201);
  });

  it.each([[{ name: 'x', criticality: 4 }], [{ name: 'x', tags: { a: 1 } }], [{ name: 'x', status: 'broken' }]])(
    'refuses %j',
    async (item) => {
      expect((await create(item)).status).toBe(400);
    },
  );

  it('lets nobody below an operator create', async () => {
    expect((await call('Viewer', ITEMS, { name: 'x' })).status).toBe(403);
  });

  it('writes down who created what', async () => {
    const { body } = await create({ name: 'audited' });
    const rows: unknown = await dataSource.query('SELECT action, actorName FROM audit_events WHERE subjectId = ?', [
      body.id,
    ]);
    expect(rows).toEqual([{ action: 'configuration_item.created', actorName: 'Test' }]);
  });

  it('filters by everything that the API names', async () => {
    const resourceId = `/subscriptions/Filter-Sub/resourceGroups/rg/providers/Microsoft.Sql/servers/50%_sql`;
    const { body } = await create({ resourceId, aliases: ['Sql.Corp.Example'], status: 'maintenance' });
    const queries = [
      `resourceId=${encodeURIComponent(resourceId.toUpperCase())}`,
      'subscriptionId=FILTER-SUB',
      'resourceType=Microsoft.Sql/servers,microsoft.none/x',
      'className=cmdb_ci_db_server',
      'status=maintenance,retired',
      'stub=false&q=50%25_SQL',
      'q=filter-sub/',
      'q=sql.corp',
    ];
    for (const query of queries) expect((await listed(query)).map((item) => item.id)).toEqual([body.id]);
    for (const query of ['q=50x', 'resourceId=nonsense', 'status=retired']) expect(await listed(query)).toEqual([]);
  });

  it.each(['stub=maybe', 'status=broken', 'limit=0', 'cursor=xyz'])('refuses the filter %s', async (query) => {
    expect((await call('Viewer', `${ITEMS}?${query}`)).status).toBe(400);
  });

  it('pages through all items once', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await call('Viewer', `${ITEMS}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...(page.body.items as ConfigurationItemDto[]).map((item) => item.id));
      cursor = page.body.nextCursor as string | null;
    }
    expect(seen).toEqual((await listed('limit=200')).map((item) => item.id));
  });

  it.each(['nonsense', '01900000-0000-7000-8000-000000000000'])('has no item and no task %s', async (id) => {
    for (const path of [ITEMS, '/binding-tasks']) {
      const { status, body } = await call('Viewer', `${path}/${id}`);
      expect([status, body.code]).toEqual([404, 'not_found']);
    }
  });

  it('lists the open questions with what they may mean', async () => {
    const twins = [await create({ name: 'twin' }), await create({ name: 'twin' })].map(({ body }) => body.id);
    const cmdb = aCmdbService(dataSource);
    await dataSource.transaction(async (tx) => {
      const bound = await cmdb.bindAlerts(tx, [{ key: 'a', references: [anItem('Twin')] }]);
      await cmdb.attach(tx, [{ workItemId: 7, workItemNumber: 'INC0000007', binding: bound.get('a')! }]);
    });
    const { body } = await call('Viewer', '/binding-tasks?status=open');
    const [task] = body.items as [Record<string, unknown>];
    expect(task).toEqual({
      id: expect.any(String) as string,
      status: 'open',
      reason: 'ambiguous',
      value: 'Twin',
      source: 'data.essentials.configurationItems[0]',
      candidates: twins.map((id) => ({
        id,
        name: 'twin',
        className: 'cmdb_ci',
        resourceId: null,
        status: 'operational',
      })),
      workItem: 'INC0000007',
      createdAt: '2026-03-01T10:00:00.000Z',
      ...{ resolvedAt: null, resolvedBy: null, answer: null },
    });
    expect((await call('Viewer', `/binding-tasks/${task.id as string}`)).body).toEqual(task);
    expect((await call('Viewer', '/binding-tasks?status=resolved')).body.items).toEqual([]);
  });

  it('finds a new item by its alias from the next alert on', async () => {
    await create({ name: 'late', aliases: ['LATE.corp.example', '10.9.8.7'] });
    const bound = await dataSource.transaction((tx) =>
      aCmdbService(dataSource).bindAlerts(tx, [{ key: 'a', references: [anItem('10.9.8.7')] }]),
    );
    expect(bound.get('a')!.bindings).toMatchObject([{ name: 'late', method: 'alias' }]);
  });
});
