import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditWriter } from '../../src/audit/audit-writer';
import type { ImportResultDto } from '../../src/cmdb/import/import.dto';
import { ImportService } from '../../src/cmdb/import/import.service';
import { Clock } from '../../src/common/clock';
import type { Schedule } from '../../src/common/schedule/schedule';
import { Transactions } from '../../src/common/transactions';
import { ENGINES } from '../support/database';
import { type Answer, TestApp } from '../support/test-app';
import { aCmdbService, aTarget, vmId } from './cmdb-builders';

const IMPORT = '/api/v1/configuration-items/import';
const FIXTURES = join(__dirname, '../fixtures/resource-graph');
const NOTHING = { created: 0, updated: 0, unchanged: 0, moved: 0, relations: 0, implied: 0, failedCount: 0 };

type Row = Record<string, unknown>;
type Result = Pick<ImportResultDto, keyof ImportResultDto>;

/** A machine as Resource Graph answers it. */
function aVm(
  name: string,
  { group = 'rg', subscription = 's1', ...rest }: Row & { group?: string; subscription?: string } = {},
): Row {
  return { id: vmId(name, group, subscription), name, type: 'microsoft.compute/virtualmachines', ...rest };
}

function nicId(name: string, subscription = 's1'): string {
  return `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces/${name}`;
}

function withNics(...ids: string[]): Row {
  return { networkProfile: { networkInterfaces: ids.map((id) => ({ id })) } };
}

describe.each(ENGINES)('the import on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    dataSource = app.app.get<DataSource>(getDataSourceToken());
  });
  afterAll(() => app.stop());

  function send(
    body: unknown,
    { type = 'application/json', query = '', role = 'Operator', headers = {} } = {},
  ): Promise<Answer> {
    return app.call('POST', IMPORT + query, {
      as: app.token(role),
      body,
      headers: { 'content-type': type, ...headers },
    });
  }

  async function done(...args: Parameters<typeof send>): Promise<Result> {
    const { status, body } = await send(...args);
    expect([status, body]).toEqual([200, body]);
    return body as unknown as Result;
  }

  async function itemOf(resourceId: string): Promise<Row> {
    const { body } = await app.get(`/api/v1/configuration-items?resourceId=${encodeURIComponent(resourceId)}`);
    return (body.items as Row[])[0] ?? {};
  }

  /** `type → last segment of the target`, `?` where the CMDB lacks it; `!` where a person set it. */
  async function relationsOf(resourceId: string): Promise<string[]> {
    const { id } = await itemOf(resourceId);
    const rows = await dataSource.query<
      { type: string; targetResourceId: string; targetId: string | null; setBy: string }[]
    >('SELECT type, targetResourceId, targetId, setBy FROM ci_relations WHERE sourceId = ?', [id]);
    const shown = rows.map(({ type, targetResourceId, targetId, setBy }) => {
      const name = targetResourceId.split('/').at(-1) ?? '';
      return `${type} ${name}${targetId === null ? '?' : ''}${setBy === 'person' ? '!' : ''}`;
    });
    return shown.sort();
  }

  async function wholeDatabase(): Promise<unknown> {
    const tables = ['configuration_items', 'ci_keys', 'ci_relations', 'binding_tasks', 'audit_events', 'leases'];
    const rows: unknown[] = [];
    for (const table of tables) rows.push(await dataSource.query(`SELECT * FROM ${table} ORDER BY 1, 2`));
    return JSON.stringify(rows);
  }

  it('takes what `az graph query` answers, with all that the properties tell, and nothing new the second time', async () => {
    const file = readFileSync(join(FIXTURES, 'vm.json'), 'utf8');
    const subscription = '/subscriptions/11111111-2222-3333-4444-555555555555';
    const dry = await done(file, { query: '?dryRun=true' });
    const first = await done(file);
    // Implied: the subscription, two resource groups, the SQL server.
    expect(first).toMatchObject({ ...NOTHING, created: 4, implied: 4, relations: 13, ignored: [], complete: true });
    expect({ ...dry, dryRun: false }).toEqual(first);
    const web = `${subscription}/resourceGroups/shop-prod/providers/Microsoft.Compute/virtualMachines/shop-web-01`;
    expect(await itemOf(web)).toMatchObject({
      ...{
        name: 'shop-web-01',
        environment: 'prod',
        owner: 'shop@example.com',
        criticality: 1,
        location: 'westeurope',
      },
      ...{ stub: false, version: 1, fieldSources: { criticality: 'import', name: 'import' } },
    });
    expect(await relationsOf(web)).toEqual([
      'depends_on shop-web-01-data?',
      'depends_on shop-web-01-nic',
      'depends_on shop-web-01-os?',
      'member_of SHOP-WEB?',
    ]);
    expect(await relationsOf(subscription)).toEqual(['contains network', 'contains shop-prod']);
    const network = `${subscription}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub`;
    expect(await relationsOf(network)).toEqual(['contains web?']);
    const sql = `${subscription}/resourceGroups/shop-prod/providers/Microsoft.Sql/servers/shop-sql`;
    expect(await relationsOf(sql)).toEqual(['contains orders']);
    const before = await itemOf(web);
    expect(await done(file)).toMatchObject({ ...NOTHING, unchanged: 4 });
    const { lastSeenAt, ...after } = await itemOf(web);
    expect({ ...after, lastSeenAt: before.lastSeenAt }).toEqual(before);
    expect(lastSeenAt).not.toBe(before.lastSeenAt);
  });

  it('takes the table form of the REST API', async () => {
    const file = readFileSync(join(FIXTURES, 'table.json'), 'utf8');
    expect(await done(file)).toMatchObject({ ...NOTHING, created: 2, implied: 2, relations: 3 });
    expect(
      (await itemOf('/subscriptions/t1/resourceGroups/rg/providers/microsoft.web/serverfarms/plan')).environment,
    ).toBe('test');
  });

  it('takes a CSV file of the portal, with a byte order mark and CRLF', async () => {
    const file = readFileSync(join(FIXTURES, 'portal.csv'), 'utf8');
    expect(await done(file, { type: 'text/csv; charset=utf-8' })).toMatchObject({
      ...NOTHING,
      created: 2,
      implied: 2,
      relations: 4,
    });
    expect(await relationsOf('/subscriptions/p1/resourceGroups/rg/providers/microsoft.web/sites/portal-app')).toEqual([
      'runs_on portal-plan',
    ]);
  });

  it('takes items in our own form, and finds those without a resource id by name and class', async () => {
    const lines = [
      'name,className,criticality,tag:site,aliases,Favourite colour',
      'printer-1,cmdb_ci_printer,2,Berlin,10.0.0.9;print.corp.example,red',
    ];
    const file = lines.join('\n');
    expect(await done(file, { type: 'text/csv' })).toMatchObject({ created: 1, ignored: ['Favourite colour'] });
    expect(await done(file, { type: 'text/csv' })).toMatchObject({ created: 0, unchanged: 1 });
    const { body } = await app.get('/api/v1/configuration-items?q=print.corp');
    expect(body.items).toMatchObject([
      { name: 'printer-1', criticality: 2, tags: { site: 'Berlin' }, aliases: ['10.0.0.9', 'print.corp.example'] },
    ]);
    expect(await done([{ name: 'Printer-1', className: 'cmdb_ci_printer', owner: 'me' }])).toMatchObject({
      updated: 1,
    });
  });

  it('keeps the good lines, and names what is wrong with the others by line and field', async () => {
    const lines = [
      JSON.stringify({ name: 'good-1', criticality: 3 }),
      '{"name": ',
      JSON.stringify({ name: 'bad', criticality: 7, tags: { a: 1 } }),
      '',
      JSON.stringify({ id: '/nothing', name: 'x' }),
      JSON.stringify({ name: 'y'.repeat(1_100_000) }),
      JSON.stringify({ resourceId: vmId('good-2'), relations: [{ type: 'eats', targetResourceId: 'x' }] }),
      JSON.stringify({ name: 'good-3' }),
    ];
    const result = await done(lines.join('\n'), { type: 'application/x-ndjson' });
    expect(result).toMatchObject({ created: 2, failedCount: 5, complete: true });
    expect(result.failed.map(({ line, errors }) => [line, errors.map(({ path }) => path)])).toEqual([
      [2, ['']],
      [3, ['criticality', 'tags']],
      [5, ['id']],
      [6, ['']],
      [7, ['relations.0.type', 'relations.0.targetResourceId']],
    ]);
  });

  it("replaces an import's aliases, never a person's, and gives no item more than it may have", async () => {
    const { body } = await app.call('POST', '/api/v1/configuration-items', {
      as: app.token('Operator'),
      body: { resourceId: vmId('named-often'), aliases: ['person.corp'] },
    });
    const listing = (...aliases: string[]): Row => ({ resourceId: vmId('named-often'), aliases });
    await done([listing('one.corp', 'two.corp')]);
    expect(await done([listing('two.corp')])).toMatchObject({ updated: 1 });
    expect((await itemOf(vmId('named-often'))).aliases).toEqual(['person.corp', 'two.corp']);
    expect(await done([listing('two.corp')])).toMatchObject({ unchanged: 1 });
    const many = Array.from({ length: 100 }, (_, index) => `many-${index}.corp`);
    expect(await done([listing(...many), aVm('beside')])).toMatchObject({
      ...{ created: 1, updated: 0, failedCount: 1 },
      failed: [{ line: 1, errors: [{ path: 'aliases' }] }],
    });
    expect((await itemOf(vmId('named-often'))).aliases).toEqual(['person.corp', 'two.corp']);
    const moved = { ...listing(...many), resourceId: vmId('moved-often'), previousResourceId: vmId('named-often') };
    expect(await done([moved, aVm('named-often')])).toMatchObject({ created: 1, moved: 1, failedCount: 1 });
    expect(await itemOf(vmId('moved-often'))).toMatchObject({ id: body.id, aliases: ['person.corp', 'two.corp'] });
  });

  it('writes nothing at all in a dry run', async () => {
    await done([aVm('dry-known')]);
    const before = await wholeDatabase();
    const file = [
      aVm('dry-known', { location: 'x' }),
      aVm('dry-new', { properties: withNics(nicId('dry-nic')) }),
      { name: 'dry' },
      {},
    ];
    const dry = await done(file, { query: '?dryRun=true' });
    expect(await wholeDatabase()).toBe(before);
    expect(dry).toMatchObject({ created: 2, updated: 1, failedCount: 1, dryRun: true, relations: 2 });
    expect({ ...(await done(file)), dryRun: true }).toEqual(dry);
    expect(await wholeDatabase()).not.toBe(before);
  });

  it('keeps what a person has set, takes over the rest, and leaves retired what a person retired', async () => {
    const { body } = await app.call('POST', '/api/v1/configuration-items', {
      as: app.token('Operator'),
      body: { resourceId: vmId('mine'), environment: 'staging', status: 'retired' },
    });
    const vm = aVm('mine', { location: 'northeurope', tags: { env: 'prod', owner: 'import' } });
    expect(await done([vm])).toMatchObject({ updated: 1 });
    expect(await itemOf(vmId('mine'))).toMatchObject({
      ...{
        id: body.id,
        environment: 'staging',
        status: 'retired',
        owner: 'import',
        location: 'northeurope',
        version: 2,
      },
    });
  });

  it('sees what holds a resource with it: a group and a subscription in use are not stale', async () => {
    const group = '/subscriptions/in-use/resourceGroups/rg';
    const file = [
      aVm('holds-on', { subscription: 'in-use' }),
      { id: `${group}/providers/Microsoft.Sql/servers/s/databases/d` },
    ];
    expect(await done(file)).toMatchObject({ created: 2, implied: 3 });
    await dataSource.query(`UPDATE configuration_items SET lastSeenAt = '2020-01-01' WHERE subscriptionId = 'in-use'`);
    const stale = async (): Promise<unknown> => {
      const { body } = await app.get('/api/v1/configuration-items?notSeenForDays=30&subscriptionId=in-use');
      return (body.items as Row[]).map(({ name }) => name).sort();
    };
    expect(await stale()).toEqual(['d', 'holds-on', 'in-use', 'rg', 's']);
    const { version } = await itemOf(group);
    expect(await done(file)).toMatchObject({ ...NOTHING, unchanged: 2 });
    expect(await stale()).toEqual([]);
    expect((await itemOf(group)).version).toBe(version);
  });

  it('turns the stub of an alert into the item, which keeps its id and its work items', async () => {
    const cmdb = aCmdbService(dataSource);
    const ciId = await dataSource.transaction(async (tx) => {
      const bound = await cmdb.bindAlerts(tx, [{ key: 'a', references: [aTarget(vmId('was-stub'))] }]);
      await cmdb.attach(tx, [{ workItemId: 77, workItemNumber: 'INC0000077', binding: bound.get('a')! }]);
      return bound.get('a')!.bindings[0]!.ciId;
    });
    expect(await done([aVm('Was-Stub')])).toMatchObject({ created: 0, updated: 1 });
    expect(await itemOf(vmId('was-stub'))).toMatchObject({ id: ciId, stub: false });
    expect((await cmdb.bindingsOf([77])).get(77)).toMatchObject([{ id: ciId }]);
  });

  it('sees by the unique id that a machine has moved, merges the stub of its new place, and is not moved back', async () => {
    const properties = { vmId: '77777777-1111-4111-8111-111111111111' };
    const [old, now] = [aVm('mover', { properties }), aVm('mover', { group: 'new-rg', properties })];
    await done([old]);
    const { id } = await itemOf(old.id as string);
    await dataSource.transaction((tx) =>
      aCmdbService(dataSource).bindAlerts(tx, [{ key: 'a', references: [aTarget(now.id as string)] }]),
    );
    const stub = await itemOf(now.id as string);
    expect(await done([now])).toMatchObject({ ...NOTHING, moved: 1, implied: 1, relations: 2 });
    expect(await itemOf(now.id as string)).toMatchObject({
      id,
      resourceGroup: 'new-rg',
      aliases: [old.id],
      version: 2,
    });
    expect((await app.get(`/api/v1/configuration-items/${stub.id as string}`)).body).toMatchObject({
      mergedIntoId: id,
      status: 'retired',
    });
    expect(await relationsOf('/subscriptions/s1/resourceGroups/rg')).not.toContain('contains mover');
    expect(await relationsOf('/subscriptions/s1/resourceGroups/new-rg')).toEqual(['contains mover']);
    expect(await done([old])).toMatchObject({ ...NOTHING, unchanged: 1 });
    expect(await itemOf(old.id as string)).toEqual({});
    const other = aVm('mover', { properties: { vmId: '77777777-2222-4111-8111-111111111111' } });
    expect(await done([other])).toMatchObject({ created: 1, moved: 0 });
  });

  it('takes no alias that a person gave for the resource id that an item had before', async () => {
    const group = '/subscriptions/s1/resourceGroups/shop-rg';
    const cluster = `${group}/providers/Microsoft.ContainerService/managedClusters/shop-aks`;
    const { body: service } = await app.call('POST', '/api/v1/configuration-items', {
      as: app.token('Operator'),
      body: { name: 'Shop service', className: 'cmdb_ci_service', aliases: [cluster, group] },
    });
    const row = { id: cluster, name: 'shop-aks', location: 'westeurope', tags: { env: 'prod' } };
    expect(await done([row])).toMatchObject({ created: 1, updated: 0, moved: 0, implied: 1, relations: 2 });
    expect((await app.get(`/api/v1/configuration-items/${service.id as string}`)).body).toEqual(service);
    expect(await itemOf(cluster)).toMatchObject({ name: 'shop-aks', location: 'westeurope' });
    expect(await relationsOf(group)).toEqual(['contains shop-aks']);
    expect(await done([row])).toMatchObject({ ...NOTHING, unchanged: 1 });
  });

  describe('of two resources', () => {
    const machine = (name: string, group: string, unique: string): Row => ({
      id: `/subscriptions/two/resourceGroups/${group}/providers/Microsoft.HybridCompute/machines/${name}`,
      ...{ name, tags: { owner: `${name} in ${group}` }, properties: { vmId: unique } },
    });
    const shop = (group: string): string =>
      `/subscriptions/two/resourceGroups/${group}/providers/Microsoft.Web/sites/shop`;

    async function expectItems(rows: Row[]): Promise<string[]> {
      const items = await Promise.all(rows.map(({ id }) => itemOf(id as string)));
      expect(items).toMatchObject(rows.map(({ name, tags }) => ({ name, ...(tags as object) })));
      expect(new Set(items.map(({ id }) => id)).size).toBe(rows.length);
      return items.map(({ id }) => id as string);
    }

    it('that are clones of one image makes two items, in one chunk and in two', async () => {
      const clones = [machine('clone-1', 'a', 'same-1'), machine('clone-2', 'a', 'same-1')];
      expect(await done(clones)).toMatchObject({ created: 2, moved: 0 });
      await expectItems(clones);
      expect(await done(clones.toReversed())).toMatchObject({ ...NOTHING, unchanged: 2 });
      const between = Array.from({ length: 1_000 }, (_, index) => ({ name: `between-${index}` }));
      const others = [machine('clone-3', 'a', 'same-2'), machine('clone-4', 'a', 'same-2')];
      const file = [others[0], ...between, others[1]];
      const dry = await done(file, { query: '?dryRun=true' });
      expect({ ...(await done(file)), dryRun: true }).toEqual(dry);
      expect(dry).toMatchObject({ created: 1_002, moved: 0 });
      await expectItems(others);
    });

    it.each([
      ['first', false],
      ['last', true],
    ])(
      'moves the one and makes the other that has come to its place; the new one is %s in the file',
      async (order, isLast) => {
        const name = `vm-${order}`;
        await done([machine(name, 'a', `${order}-u1`)]);
        const [before] = await expectItems([machine(name, 'a', `${order}-u1`)]);
        const now = [machine(name, 'a', `${order}-u2`), machine(name, 'b', `${order}-u1`)];
        expect(await done(isLast ? now.toReversed() : now)).toMatchObject({ created: 1, moved: 1, updated: 0 });
        const [, moved] = await expectItems(now);
        expect(moved).toBe(before);
        expect((await itemOf(now[1]?.id as string)).aliases).toEqual([]);
        expect(await relationsOf('/subscriptions/two/resourceGroups/a')).toContain(`contains ${name}`);
        expect(await done(now)).toMatchObject({ ...NOTHING, unchanged: 2 });
      },
    );

    it('lets them change places', async () => {
      await done([machine('swap', 'a', 'swap-1'), machine('swap', 'b', 'swap-2')]);
      const before = await expectItems([machine('swap', 'a', ''), machine('swap', 'b', '')]);
      const now = [machine('swap', 'a', 'swap-2'), machine('swap', 'b', 'swap-1')];
      expect(await done(now)).toMatchObject({ created: 0, moved: 2 });
      expect(await expectItems(now)).toEqual(before.toReversed());
    });

    it('of a type without a unique id makes the new one where the other one was', async () => {
      await done([{ resourceId: shop('old'), owner: 'one' }]);
      await done([{ resourceId: shop('new'), previousResourceId: shop('old'), owner: 'one' }]);
      const { id } = await itemOf(shop('new'));
      const now = [
        { id: shop('old'), name: 'shop', tags: { owner: 'two' } },
        { id: shop('new'), name: 'shop', tags: { owner: 'one' } },
      ];
      expect(await done(now)).toMatchObject({ created: 1, updated: 1, moved: 0 });
      const [, moved] = await expectItems(now);
      expect([moved, (await itemOf(shop('new'))).aliases]).toEqual([id, []]);
      expect(await done(now)).toMatchObject({ ...NOTHING, unchanged: 2 });
    });
  });

  it('moves an item whose record names its previous resource id', async () => {
    await done([{ resourceId: vmId('renamed-1'), owner: 'a' }]);
    const { id } = await itemOf(vmId('renamed-1'));
    const row = { resourceId: vmId('renamed-2'), previousResourceId: vmId('RENAMED-1') };
    expect(await done([row])).toMatchObject({ moved: 1, created: 0 });
    expect(await itemOf(vmId('renamed-2'))).toMatchObject({ id, name: 'renamed-2', owner: 'a' });
    expect(await done([row])).toMatchObject({ ...NOTHING, unchanged: 1 });
  });

  it('links a relation as soon as its target is there, by whatever way', async () => {
    const [byImport, byPerson, byAlert] = [nicId('late-1'), nicId('late-2'), nicId('late-3')];
    await done([aVm('waiting', { properties: withNics(byImport, byPerson, byAlert) })]);
    expect(await relationsOf(vmId('waiting'))).toEqual([
      'depends_on late-1?',
      'depends_on late-2?',
      'depends_on late-3?',
    ]);
    await done([{ id: byImport, name: 'late-1' }]);
    await app.call('POST', '/api/v1/configuration-items', {
      as: app.token('Operator'),
      body: { resourceId: byPerson },
    });
    await dataSource.transaction((tx) =>
      aCmdbService(dataSource).bindAlerts(tx, [{ key: 'a', references: [aTarget(byAlert)] }]),
    );
    expect(await relationsOf(vmId('waiting'))).toEqual(['depends_on late-1', 'depends_on late-2', 'depends_on late-3']);
  });

  it("replaces an import's relations, of Resource Graph those that its properties tell, and never a person's", async () => {
    await done([
      {
        resourceId: vmId('app'),
        relations: [{ type: 'connects_to', targetResourceId: vmId('peer') }],
      },
    ]);
    await done([aVm('app', { properties: withNics(nicId('n1'), nicId('n2')) })]);
    const { id } = await itemOf(vmId('app'));
    await dataSource.query(
      `UPDATE ci_relations SET setBy = 'person' WHERE sourceId = ? AND targetResourceId LIKE '%n1'`,
      [id],
    );
    await done([aVm('app', { properties: withNics(nicId('n3')) })]);
    expect(await relationsOf(vmId('app'))).toEqual(['connects_to peer?', 'depends_on n1?!', 'depends_on n3?']);
    await done([aVm('app')]);
    expect(await relationsOf(vmId('app'))).toHaveLength(3);
    await done([{ resourceId: vmId('app'), relations: [] }]);
    expect(await relationsOf(vmId('app'))).toEqual(['depends_on n1?!']);
  });

  it('lets the later of two records of one item win, within a chunk and across', async () => {
    const file = [aVm('twice', { location: 'a' }), aVm('TWICE', { location: 'b' })];
    expect(await done(file)).toMatchObject({ created: 1, updated: 1, failedCount: 0 });
    expect(await itemOf(vmId('twice'))).toMatchObject({ location: 'b' });
    const many = Array.from({ length: 1_000 }, (_, index) => aVm(`many-${index}`));
    expect(await done([...many, aVm('many-0', { location: 'c' })])).toMatchObject({ created: 1_000, updated: 1 });
  });

  it('keeps what came before the file breaks off, and says where', async () => {
    const result = await done(`[${JSON.stringify(aVm('before-break'))}, {"name": "x"} oops`);
    expect(result).toMatchObject({ created: 2, failedCount: 1, complete: false, failed: [{ line: 3 }] });
    expect((await itemOf(vmId('before-break'))).name).toBe('before-break');
    const csv = await done('name\ncsv-before-break\n"never closed\n', { type: 'text/csv' });
    expect(csv).toMatchObject({ created: 1, failedCount: 1, complete: false });
  });

  it('keeps the first page of an export, and says that it is not the whole', async () => {
    const page = { count: 1, data: [aVm('first-page')], skip_token: 'ew0KICA', total_records: 5_000 };
    const message = 'the file is one page of several: skip_token says that more follow';
    expect(await done(page)).toMatchObject({
      ...{ created: 1, failedCount: 1, complete: false },
      failed: [{ line: 2, errors: [{ path: '', message }] }],
    });
    expect(await done({ ...page, skip_token: null })).toMatchObject({ unchanged: 1, failedCount: 0, complete: true });
  });

  it.each([
    ['application/json', '', 'invalid_json'],
    ['application/json', '{"a": 1}', 'invalid_json'],
    ['application/json', 'oops', 'invalid_json'],
    ['application/x-ndjson', ' \n\n', 'invalid_json'],
    ['text/csv', '', 'invalid_csv'],
    ['text/csv', 'name,Name\nx,y', 'invalid_csv'],
  ])('refuses a file of %s that is %j', async (type, body, code) => {
    const answer = await send(body, { type });
    expect([answer.status, answer.body.code]).toEqual([400, code]);
  });

  it('takes files without any item', async () => {
    expect(await done('[]')).toMatchObject(NOTHING);
    expect(await done('{"count": 0, "value": []}')).toMatchObject(NOTHING);
    expect(await done('name,className\n', { type: 'text/csv' })).toMatchObject(NOTHING);
  });

  it('refuses other types and compressions, and unpacks gzip', async () => {
    expect((await send('<a/>', { type: 'application/xml' })).body.code).toBe('unsupported_media_type');
    expect((await send('[]', { headers: { 'content-encoding': 'br' } })).status).toBe(415);
    expect((await done('name\nby-format\n', { type: 'application/octet-stream', query: '?format=csv' })).created).toBe(
      1,
    );
    const response = await app.app.inject({
      method: 'POST',
      url: IMPORT,
      headers: {
        authorization: `Bearer ${app.token('Operator')}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      payload: gzipSync(JSON.stringify([{ name: 'packed' }])),
    });
    expect([response.statusCode, response.json()]).toMatchObject([200, { created: 1 }]);
  });

  it('is for operators, and leaves the body limit of other routes as it is', async () => {
    expect((await send([], { role: 'Viewer' })).status).toBe(403);
    expect((await app.call('POST', IMPORT, { body: '[]' })).status).toBe(401);
    const large = { name: 'x', className: 'y'.repeat(1_100_000) };
    const answer = await app.call('POST', '/api/v1/configuration-items', { as: app.token('Operator'), body: large });
    expect(answer.status).toBe(413);
    expect(await done([{ name: 'x'.repeat(600_000) }, { name: 'y'.repeat(600_000) }])).toMatchObject({
      failedCount: 2,
    });
  });

  it('writes down who imported what', async () => {
    await done([{ name: 'audited-import' }, {}]);
    const rows = await dataSource.query<{ actorName: string; valueAfter: string }[]>(
      `SELECT actorName, valueAfter FROM audit_events WHERE action = 'configuration_item.imported' ORDER BY id DESC LIMIT 1`,
    );
    expect(rows[0]?.actorName).toBe('Test');
    expect(JSON.parse(rows[0]?.valueAfter ?? '')).toMatchObject({
      created: 1,
      failedCount: 1,
      records: 2,
      end: 'done',
    });
  });

  it('writes down the half of a chunk that is in when the other half meets a database that is away', async () => {
    const outcomes = ['ER_LOCK_DEADLOCK', null, 'ECONNRESET'];
    class Failing extends Transactions {
      override async run<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
        const code = outcomes.shift();
        if (code) throw Object.assign(new Error(code), { code });
        return super.run(work);
      }
    }
    const schedule = { wake: jest.fn() };
    const service = new ImportService(
      dataSource,
      new Failing(dataSource),
      app.app.get(AuditWriter),
      app.app.get(Clock),
      schedule as unknown as Schedule,
    );
    const lines = [1, 2, 3].map((index) => JSON.stringify({ name: `half-${engine}-${index}` })).join('\n');
    const file = { bytes: Readable.from([Buffer.from(lines)]), format: 'ndjson', dryRun: false } as const;
    const by = { actor: { kind: 'user', id: 'half', name: 'Half' }, requestId: `half-${engine}` } as const;
    await expect(service.import(file, by)).rejects.toThrow('ECONNRESET');
    const { body } = await app.get(`/api/v1/configuration-items?q=half-${engine}`);
    expect((body.items as Row[]).map(({ name }) => name)).toEqual([`half-${engine}-1`, `half-${engine}-2`]);
    const [row] = await dataSource.query<{ valueAfter: string }[]>(
      'SELECT valueAfter FROM audit_events WHERE requestId = ?',
      [by.requestId],
    );
    expect(JSON.parse(row?.valueAfter ?? 'null')).toMatchObject({ created: 2, records: 2, end: 'broke off' });
    expect(schedule.wake).toHaveBeenCalledTimes(1);
  });

  it('keeps the chunks that are in when the caller hangs up', async () => {
    const server = app.app.getHttpServer();
    if (!server.listening) await app.app.listen(0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    const headers = { authorization: `Bearer ${app.token('Operator')}`, 'content-type': 'application/x-ndjson' };
    const call = request({ host: '127.0.0.1', port, method: 'POST', path: IMPORT, headers });
    call.on('error', () => undefined);
    for (let index = 0; index < 1_500; index += 1) call.write(`${JSON.stringify({ name: `hung-${index}` })}\n`);
    const inDatabase = async (): Promise<number> => {
      const rows = await dataSource.query<{ count: number }[]>(
        `SELECT COUNT(*) AS count FROM configuration_items WHERE nameKey LIKE 'hung-%'`,
      );
      return Number(rows[0]?.count);
    };
    const deadline = Date.now() + 20_000;
    while ((await inDatabase()) < 1_000 && Date.now() < deadline) await sleep(20);
    call.destroy();
    const ended = (): boolean => app.logLines.some((line) => line.msg === 'import broke off');
    while (!ended() && Date.now() < deadline) await sleep(20);
    expect([ended(), await inDatabase()]).toEqual([true, 1_000]);
    expect(await done([{ name: 'after the hang-up' }])).toMatchObject({ created: 1 });
  });
});
