import 'reflect-metadata';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { aCmdbService, anItem, aTarget, vmId, workspaceId } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { type Answer, TestApp } from '../support/test-app';

const ITEMS = '/api/v1/configuration-items';

describe.each(ENGINES)('changing items of the CMDB on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    dataSource = app.app.get<DataSource>(getDataSourceToken());
  });
  afterAll(() => app.stop());

  async function created(item: object): Promise<{ id: string; version: number; updatedAt: string }> {
    const { status, body } = await app.call<{ id: string; version: number; updatedAt: string }>('POST', ITEMS, {
      as: app.token('Operator'),
      body: item,
    });
    expect(status).toBe(201);
    return body;
  }

  function call(method: 'PATCH' | 'DELETE', id: string, body?: unknown, ifMatch?: string): Promise<Answer> {
    const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
    return app.call(method, `${ITEMS}/${id}`, { as: app.token('Operator'), body, headers });
  }

  const patch = (id: string, body: unknown, ifMatch: string | undefined = '*'): Promise<Answer> =>
    call('PATCH', id, body, ifMatch);
  const get = async (id: string): Promise<Record<string, unknown>> => (await app.get(`${ITEMS}/${id}`)).body;

  async function stubOf(resourceId: string): Promise<string> {
    return (await bound(aTarget(resourceId)))!;
  }

  async function bound(reference: ReturnType<typeof aTarget>): Promise<string | undefined> {
    const alerts = await dataSource.transaction((tx) =>
      aCmdbService(dataSource).bindAlerts(tx, [{ key: 'a', references: [reference] }]),
    );
    return alerts.get('a')!.bindings[0]?.ciId;
  }

  async function auditOf(id: string): Promise<{ action: string; before: unknown; after: unknown }[]> {
    const rows = await dataSource.query<{ action: string; valueBefore: string | null; valueAfter: string | null }[]>(
      'SELECT action, valueBefore, valueAfter FROM audit_events WHERE subjectId = ? ORDER BY id',
      [id],
    );
    return rows.map(({ action, valueBefore, valueAfter }) => ({
      action,
      before: valueBefore === null ? null : (JSON.parse(valueBefore) as unknown),
      after: valueAfter === null ? null : (JSON.parse(valueAfter) as unknown),
    }));
  }

  it('changes what is named, says who said it, and leaves the rest', async () => {
    const { id } = await created({ resourceId: vmId('plain'), location: 'westeurope', tags: { a: '1' } });
    const changes = { environment: 'prod', criticality: 1, owner: 'Ada', tags: { toString: 'x' } };
    const { status, headers, body } = await patch(id, changes, '"1"');
    expect([status, headers.etag]).toEqual([200, '"2"']);
    expect(body).toMatchObject({ ...changes, location: 'westeurope', name: 'plain', version: 2, stub: false });
    expect(body.fieldSources).toMatchObject({ environment: 'person', criticality: 'person', owner: 'person' });
    expect(await get(id)).toEqual(body);
  });

  it.each([
    ['without If-Match', undefined, 428, 'precondition_required'],
    ['with that of an older version', '"1"', 412, 'version_mismatch'],
    ['with what is no tag', '2', 400, 'invalid_if_match'],
  ])('refuses a change %s', async (_, ifMatch, status, code) => {
    const { id } = await created({ name: 'guarded' });
    await patch(id, { owner: 'first' });
    const answer = await call('PATCH', id, { owner: 'second' }, ifMatch);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await get(id)).toMatchObject({ owner: 'first', version: 2 });
  });

  it.each<[string, object, string]>([
    ['nothing', {}, ''],
    ['a field that is none', { colour: 'red' }, 'colour'],
    ['a version', { version: 7 }, 'version'],
    ['a wrong criticality', { criticality: 9 }, 'criticality'],
    ['a resource id that is none', { resourceId: 'vm1' }, 'resourceId'],
    ['the resource id away', { resourceId: null }, 'resourceId'],
    ['the resource id to a blank', { resourceId: ' ' }, 'resourceId'],
    ['too many aliases', { aliases: Array.from({ length: 101 }, (_, n) => `a${n}`) }, 'aliases'],
    ['a name that does not fit', { name: 'a\ufe0f'.repeat(200) }, 'name'],
  ])('refuses to change %s', async (_, body, path) => {
    const { id } = await created({ resourceId: vmId(`refuses-${path}-${JSON.stringify(body).length}`) });
    const answer = await patch(id, body);
    expect([answer.status, answer.body.code, answer.body.errors]).toMatchObject([400, 'invalid_request', [{ path }]]);
    expect(await get(id)).toMatchObject({ version: 1 });
  });

  it('refuses to take the name of an item that has nothing else', async () => {
    const { id } = await created({ name: 'only a name' });
    expect((await patch(id, { name: null })).body).toMatchObject({ status: 400, errors: [{ path: 'name' }] });
  });

  it('empties what null is given for, or takes what follows from the resource id', async () => {
    const { id } = await created({
      ...{ resourceId: vmId('Emptied'), name: 'mine', className: 'cmdb_ci_mine', status: 'maintenance' },
      ...{ owner: 'Ada', criticality: 1, tags: { a: '1' }, aliases: ['emptied.corp'] },
    });
    const nulls = {
      name: null,
      className: null,
      status: null,
      owner: null,
      criticality: null,
      tags: null,
      aliases: null,
    };
    const { body } = await patch(id, nulls);
    expect(body).toMatchObject({ name: 'Emptied', className: 'cmdb_ci_vm_instance', status: 'operational' });
    expect(body).toMatchObject({ owner: null, criticality: null, tags: {}, aliases: [] });
  });

  it('takes the class of the type that an item without a resource id has', async () => {
    const { id } = await created({ name: 'x', resourceType: 'Microsoft.Sql/servers', className: 'cmdb_ci_mine' });
    expect((await patch(id, { className: null })).body.className).toBe('cmdb_ci_db_server');
  });

  it('is no new version where all is as it was', async () => {
    const { id, updatedAt } = await created({
      name: 'same',
      owner: 'Ada',
      aliases: ['same.corp'],
      tags: { b: '2', a: '1' },
    });
    const { status, body } = await patch(id, { owner: 'Ada', aliases: ['SAME.corp'], tags: { a: '1', b: '2' } });
    expect([status, body.version, body.updatedAt]).toEqual([200, 1, updatedAt]);
    expect(await auditOf(id)).toHaveLength(1);
  });

  it('makes an item of a stub, which is then found by its name', async () => {
    const id = await stubOf(vmId('Only-Stub'));
    expect(await bound(anItem('only-stub'))).toBeUndefined();
    expect((await patch(id, { criticality: 1 })).body).toMatchObject({ stub: false, version: 2 });
    expect(await bound(anItem('only-stub'))).toBe(id);
  });

  it('is found by its new name and no more by the old one', async () => {
    const { id } = await created({ name: 'old-name' });
    await patch(id, { name: 'new-name' });
    expect([await bound(anItem('new-name')), await bound(anItem('old-name'))]).toEqual([id, undefined]);
    const { body } = await app.get<{ items: { id: string }[] }>(`${ITEMS}?q=new-name`);
    expect(body.items.map((item) => item.id)).toEqual([id]);
  });

  it('retires, is asked about then, and is brought back by its status', async () => {
    const { id } = await created({ resourceId: vmId('comes-back') });
    const retired = await call('DELETE', id);
    expect([retired.status, retired.headers.etag, retired.body.status]).toEqual([200, '"2"', 'retired']);
    const again = await call('DELETE', id);
    expect([again.status, again.body.version]).toEqual([200, 2]);
    expect(await bound(aTarget(vmId('comes-back')))).toBeUndefined();
    expect((await patch(id, { status: 'operational' })).body).toMatchObject({ status: 'operational', version: 3 });
    expect(await bound(aTarget(vmId('comes-back')))).toBe(id);
    expect((await auditOf(id)).map(({ action }) => action)).toEqual([
      'configuration_item.created',
      'configuration_item.retired',
      'configuration_item.changed',
    ]);
  });

  it.each([
    ['"1"', 412, 'version_mismatch'],
    ['1', 400, 'invalid_if_match'],
  ])('does not retire with the If-Match %s', async (ifMatch, status, code) => {
    const { id } = await created({ name: 'kept' });
    await patch(id, { owner: 'x' });
    const answer = await call('DELETE', id, undefined, ifMatch);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await get(id)).toMatchObject({ status: 'operational' });
  });

  it.each(['nonsense', '01900000-0000-7000-8000-000000000000'])('knows no item %s', async (id) => {
    for (const { status, body } of [await patch(id, { owner: 'x' }), await call('DELETE', id)])
      expect([status, body.code]).toEqual([404, 'not_found']);
  });

  it('lets nobody below an operator change or retire', async () => {
    const { id } = await created({ name: 'not yours' });
    const options = { as: app.token('Viewer'), headers: { 'if-match': '*' } };
    expect((await app.call('PATCH', `${ITEMS}/${id}`, { ...options, body: { owner: 'x' } })).status).toBe(403);
    expect((await app.call('DELETE', `${ITEMS}/${id}`, options)).status).toBe(403);
  });

  it('writes down who changed what from what', async () => {
    const { id } = await created({ name: 'noted', owner: 'Ada' });
    await patch(id, { owner: 'Bob' });
    const [, change] = await auditOf(id);
    expect(change).toMatchObject({
      action: 'configuration_item.changed',
      before: { owner: 'Ada', version: 1 },
      after: { owner: 'Bob', version: 2 },
    });
  });

  describe('when Azure has moved the resource', () => {
    it('is the same item under its new id, and the old one leads to it', async () => {
      const { id } = await created({ resourceId: vmId('mover', 'Old-RG'), criticality: 1 });
      const { status, body } = await patch(id, { resourceId: vmId('Moved', 'New-RG', 's9') });
      expect(status).toBe(200);
      expect(body).toMatchObject({ name: 'Moved', resourceGroup: 'New-RG', subscriptionId: 's9', criticality: 1 });
      expect(body).toMatchObject({ resourceId: vmId('Moved', 'New-RG', 's9'), aliases: [vmId('mover', 'Old-RG')] });
      for (const resourceId of [vmId('mover', 'old-rg'), vmId('moved', 'new-rg', 's9')])
        expect(await bound(aTarget(resourceId))).toBe(id);
      const aliases = await app.get<{ items: unknown[] }>(`${ITEMS}/${id}/aliases`);
      expect(aliases.body.items).toMatchObject([
        { value: vmId('mover', 'Old-RG'), source: 'moved', createdBy: 'Test' },
      ]);
    });

    it.each([
      ['without it', ['listed.corp']],
      ['with it', ['listed.corp', vmId('LISTED-mover')]],
      ['as empty', []],
    ])('is led to by the old id also where the aliases are listed %s', async (how, aliases) => {
      const { id } = await created({ resourceId: vmId('listed-mover'), aliases: ['dropped.corp'] });
      const resourceId = vmId(`listed-moved ${how}`);
      const { status, body } = await patch(id, { resourceId, aliases });
      expect([status, new Set(body.aliases as string[])]).toEqual([
        200,
        new Set([vmId('listed-mover'), ...aliases.slice(0, 1)]),
      ]);
      const list = await app.get<{ items: { source: string; value: string }[] }>(`${ITEMS}/${id}/aliases`);
      expect(list.body.items).toContainEqual(expect.objectContaining({ value: vmId('listed-mover'), source: 'moved' }));
      expect(await bound(aTarget(vmId('listed-mover')))).toBe(id);
      await patch(id, { aliases: [] });
    });

    it('keeps the name and the class that somebody gave it', async () => {
      const { id } = await created({ resourceId: vmId('named'), name: 'Payroll', className: 'cmdb_ci_mine' });
      const { body } = await patch(id, { resourceId: workspaceId('renamed') });
      expect(body).toMatchObject({ name: 'Payroll', className: 'cmdb_ci_mine' });
    });

    it('has the class of its new type where nobody gave it one', async () => {
      const { id } = await created({ name: 'by hand', resourceType: 'a.b/c', subscriptionId: 's1' });
      const { body } = await patch(id, { resourceId: vmId('by-arm') });
      expect(body).toMatchObject({
        className: 'cmdb_ci_vm_instance',
        resourceType: 'microsoft.compute/virtualmachines',
      });
      expect(body.fieldSources).toEqual({ name: 'person' });
    });

    it('takes in the stub that alerts have made of the new id', async () => {
      const { id } = await created({ resourceId: vmId('before-move') });
      const stubId = await stubOf(vmId('after-move'));
      const stub = await get(stubId);
      const { status, body } = await patch(id, { resourceId: vmId('AFTER-move') });
      expect([status, body.id, body.version]).toEqual([200, id, 2]);
      expect([body.firstSeenAt, body.lastSeenAt]).toEqual([stub.firstSeenAt, stub.lastSeenAt]);
      expect(await get(stubId)).toMatchObject({ status: 'retired', mergedIntoId: id, version: 2 });
      expect(await bound(aTarget(vmId('after-move')))).toBe(id);
      expect((await auditOf(stubId)).map(({ action }) => action)).toEqual(['configuration_item.merged']);
    });

    it('takes in a stub that is older than the item', async () => {
      const stubId = await stubOf(vmId('older-stub'));
      const { id } = await created({ resourceId: vmId('younger-item') });
      expect((await patch(id, { resourceId: vmId('older-stub') })).status).toBe(200);
      expect(await get(stubId)).toMatchObject({ mergedIntoId: id });
    });

    it('can go back to where it was', async () => {
      const { id } = await created({ resourceId: vmId('there') });
      await patch(id, { resourceId: vmId('elsewhere') });
      const { body } = await patch(id, { resourceId: vmId('there') });
      expect(body).toMatchObject({ resourceId: vmId('there'), aliases: [vmId('elsewhere')] });
    });

    it('changes nothing where it is the same id in another case', async () => {
      const { id } = await created({ resourceId: vmId('same-case') });
      expect((await patch(id, { resourceId: vmId('SAME-CASE') })).body).toMatchObject({ aliases: [], version: 1 });
    });

    it('is refused where another item has that id, a retired one too', async () => {
      const { id } = await created({ resourceId: vmId('mine') });
      const other = await created({ resourceId: vmId('taken'), status: 'retired' });
      const { status, body } = await patch(id, { resourceId: vmId('Taken') });
      expect([status, body.code, body.configurationItemId]).toEqual([409, 'already_exists', other.id]);
      expect(await get(id)).toMatchObject({ resourceId: vmId('mine'), version: 1 });
    });

    it('lets nobody change what is left of the stub, and says where it went', async () => {
      const { id } = await created({ resourceId: vmId('goes-on') });
      const stubId = await stubOf(vmId('goes-in'));
      await patch(id, { resourceId: vmId('goes-in') });
      for (const { status, body } of [await patch(stubId, { status: 'operational' }), await call('DELETE', stubId)])
        expect([status, body.code, body.mergedIntoId]).toEqual([409, 'merged', id]);
    });
  });
});
