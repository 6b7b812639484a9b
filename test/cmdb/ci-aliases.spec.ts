import 'reflect-metadata';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Schedule } from '../../src/common/schedule/schedule';
import type { AliasDto } from '../../src/cmdb/items/alias.dto';
import { aCmdbService, anItem, aTarget, vmId, createItem } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { type Answer, TestApp } from '../support/test-app';

const ITEMS = '/api/v1/configuration-items';

describe.each(ENGINES)('the aliases of an item on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    dataSource = app.app.get<DataSource>(getDataSourceToken());
  });
  afterAll(() => app.stop());

  const created = (item: object): Promise<string> => createItem(app, item);

  function add(id: string, value: unknown): Promise<Answer> {
    return app.call('POST', `${ITEMS}/${id}/aliases`, { as: app.token('Operator'), body: { value } });
  }

  function remove(id: string, aliasId: unknown): Promise<Answer> {
    return app.call('DELETE', `${ITEMS}/${id}/aliases/${String(aliasId)}`, { as: app.token('Operator') });
  }

  const get = async (id: string): Promise<Record<string, unknown>> => (await app.get(`${ITEMS}/${id}`)).body;
  const aliasesOf = async (id: string): Promise<AliasDto[]> =>
    (await app.get<{ items: AliasDto[] }>(`${ITEMS}/${id}/aliases`)).body.items;

  async function bound(reference: ReturnType<typeof anItem>): Promise<string | undefined> {
    const alerts = await dataSource.transaction((tx) =>
      aCmdbService(dataSource).bindAlerts(tx, [{ key: 'a', references: [reference] }]),
    );
    return alerts.get('a')!.bindings[0]?.ciId;
  }

  it.each([
    ['an FQDN', 'Web-1.corp.example', anItem('web-1.CORP.example.')],
    ['an IP address', '10.1.2.3', anItem('10.1.2.3')],
    ['an ARM id', vmId('alias-only'), aTarget(vmId('ALIAS-only'))],
  ])('takes %s, from then on alerts find it, and remembers who said it', async (_, value, reference) => {
    const id = await created({ name: `has ${value}`.slice(0, 255) });
    const { status, body } = await add(id, ` ${value} `);
    expect(status).toBe(201);
    const provenance = { source: 'person', taskId: null, createdBy: 'Test' };
    expect(body).toEqual({
      id: expect.any(String) as string,
      value,
      ...provenance,
      createdAt: expect.any(String) as string,
    });
    expect(await aliasesOf(id)).toEqual([body]);
    expect(await get(id)).toMatchObject({ aliases: [value], version: 2 });
    expect(await bound(reference)).toBe(id);
  });

  it('answers with the alias that is there where it comes again', async () => {
    const id = await created({ name: 'twice', aliases: ['Twice.corp'] });
    const { status, body } = await add(id, 'TWICE.CORP.');
    expect([status, [body]]).toEqual([200, await aliasesOf(id)]);
    expect(await get(id)).toMatchObject({ version: 1 });
  });

  it('is revoked: alerts find the item by it no more', async () => {
    const id = await created({ name: 'revokes' });
    const { body } = await add(id, 'revoked.corp');
    expect((await remove(id, (body.id as string).toUpperCase())).status).toBe(204);
    expect(await get(id)).toMatchObject({ aliases: [], version: 3 });
    expect(await bound(anItem('revoked.corp'))).toBeUndefined();
    expect((await remove(id, body.id)).status).toBe(404);
  });

  it('stays off once a person took it off, whatever the next imports say', async () => {
    const imported = async (): Promise<unknown> => {
      const as = app.token('Operator');
      const body = [{ resourceId: vmId('refuses'), aliases: ['Refused.corp', 'kept.corp'] }];
      return (await app.call('POST', `${ITEMS}/import`, { as, body })).body;
    };
    expect(await imported()).toMatchObject({ created: 1 });
    const id = (await bound(aTarget(vmId('refuses')))) as string;
    const [refused] = await aliasesOf(id);
    expect((await remove(id, refused?.id)).status).toBe(204);
    for (let again = 0; again < 2; again += 1) {
      expect(await imported()).toMatchObject({ unchanged: 1 });
      expect(await get(id)).toMatchObject({ aliases: ['kept.corp'] });
      expect(await bound(anItem('refused.corp'))).toBeUndefined();
    }
    expect((await add(id, 'REFUSED.corp')).status).toBe(201);
    expect(await imported()).toMatchObject({ unchanged: 1 });
    expect(await bound(anItem('refused.corp'))).toBe(id);
    expect(await get(id)).not.toHaveProperty('refusedAliases');
  });

  it('is written down with what it was', async () => {
    const id = await created({ name: 'audited' });
    const { body } = await add(id, 'audited.corp');
    await remove(id, body.id);
    const rows = await dataSource.query<{ action: string; valueBefore: string | null; valueAfter: string | null }[]>(
      'SELECT action, valueBefore, valueAfter FROM audit_events WHERE subjectId = ? ORDER BY id',
      [id],
    );
    const [, added, removed] = rows.map((row) => ({
      action: row.action,
      before: JSON.parse(row.valueBefore ?? 'null') as unknown,
      after: JSON.parse(row.valueAfter ?? 'null') as unknown,
    }));
    expect(added).toEqual({ action: 'configuration_item.alias_added', before: null, after: body });
    expect(removed).toEqual({ action: 'configuration_item.alias_removed', before: body, after: null });
  });

  it.each([
    ['the alias of another item', { name: 'other', aliases: ['taken.corp'] }, 'TAKEN.corp'],
    ['the resource id of another item', { resourceId: vmId('has-id') }, vmId('HAS-id')],
  ])('is not %s, which is named', async (_, other, value) => {
    const otherId = await created(other);
    const id = await created({ name: 'wants it' });
    const { status, body } = await add(id, value);
    expect([status, body.code, body.configurationItemId]).toEqual([409, 'alias_in_use', otherId]);
    expect(await get(id)).toMatchObject({ aliases: [], version: 1 });
    expect(await bound(value.startsWith('/') ? aTarget(value) : anItem(value))).toBe(otherId);
  });

  it.each([
    ['the alias of another item', { name: 'listed', aliases: ['listed.corp'] }, 'LISTED.corp'],
    ['the resource id of another item', { resourceId: vmId('listed-id') }, vmId('LISTED-id')],
  ])('is not %s in a list either', async (_, other, value) => {
    const otherId = await created(other);
    const id = await created({ name: 'lists it', aliases: [`before-${value.length}.corp`] });
    const as = app.token('Operator');
    const headers = { 'if-match': '*' };
    const aliases = [`free-${value.length}.corp`, value];
    for (const { status, body } of [
      await app.call('POST', ITEMS, { as, body: { name: 'new', aliases } }),
      await app.call('PATCH', `${ITEMS}/${id}`, { as, headers, body: { aliases } }),
    ])
      expect([status, body.code, body.configurationItemId]).toEqual([409, 'alias_in_use', otherId]);
    expect(await get(id)).toMatchObject({ aliases: [`before-${value.length}.corp`], version: 1 });
  });

  it('is not the own resource id in a list either', async () => {
    const answer = await app.call('POST', ITEMS, {
      as: app.token('Operator'),
      body: { resourceId: vmId('lists-itself'), aliases: [vmId('LISTS-itself')] },
    });
    expect([answer.status, answer.body.errors]).toMatchObject([400, [{ path: 'aliases' }]]);
  });

  it('keeps a retired item from coming back while another has it', async () => {
    const id = await created({ name: 'gone', aliases: ['shared.corp'], status: 'retired' });
    const heirId = await created({ name: 'heir', aliases: ['shared.corp'] });
    const bringBack = (): Promise<Answer> =>
      app.call('PATCH', `${ITEMS}/${id}`, {
        ...{ as: app.token('Operator'), headers: { 'if-match': '*' }, body: { status: 'operational' } },
      });
    const { status, body } = await bringBack();
    expect([status, body.code, body.configurationItemId]).toEqual([409, 'alias_in_use', heirId]);
    const [alias] = await aliasesOf(heirId);
    await remove(heirId, alias?.id);
    expect((await bringBack()).status).toBe(200);
  });

  it('may be what a retired item was called', async () => {
    await created({ resourceId: vmId('replaced'), aliases: ['replaced.corp'], status: 'retired' });
    const id = await created({ name: 'replacement' });
    for (const value of ['replaced.corp', vmId('replaced')]) expect((await add(id, value)).status).toBe(201);
    expect([await bound(anItem('replaced.corp')), await bound(aTarget(vmId('replaced')))]).toEqual([id, id]);
  });

  it.each<[unknown, number]>([
    ['', 400],
    ['  ', 400],
    [null, 400],
    [7, 400],
    ['x'.repeat(2_049), 400],
    [vmId('itself'), 400],
  ])('is not %j', async (value, status) => {
    const id = await created({ name: 'x' });
    const item = value === vmId('itself') ? await created({ resourceId: vmId('ITSELF') }) : id;
    const answer = await add(item, value);
    const paths = (answer.body.errors as { path: string }[]).map(({ path }) => path);
    expect([answer.status, new Set(paths)]).toEqual([status, new Set(['value'])]);
  });

  it('is one of a hundred at most', async () => {
    const id = await created({ name: 'many', aliases: Array.from({ length: 100 }, (_, index) => `many-${index}`) });
    const { status, body } = await add(id, 'many-100');
    expect([status, body.code]).toEqual([409, 'too_many_aliases']);
    expect((await add(id, 'MANY-7')).status).toBe(200);
  });

  it('can be read page by page', async () => {
    const id = await created({ name: 'paged', aliases: ['p1.corp', 'p2.corp', 'p3.corp'] });
    const first = await app.get<{ items: AliasDto[]; nextCursor: string }>(`${ITEMS}/${id}/aliases?limit=2`);
    const second = await app.get<{ items: AliasDto[]; nextCursor: null }>(
      `${ITEMS}/${id}/aliases?limit=2&cursor=${first.body.nextCursor}`,
    );
    expect([...first.body.items, ...second.body.items].map(({ value }) => value)).toEqual(
      (await aliasesOf(id)).map(({ value }) => value),
    );
    expect([first.body.items.length, second.body.nextCursor]).toEqual([2, null]);
    expect((await app.get(`${ITEMS}/${id}/aliases?cursor=nonsense`)).status).toBe(400);
  });

  it('makes an item of a stub', async () => {
    const stubId = (await bound(aTarget(vmId('gets-alias'))))!;
    expect((await add(stubId, 'gets-alias.corp')).status).toBe(201);
    expect(await get(stubId)).toMatchObject({ stub: false });
    expect(await bound(anItem('gets-alias'))).toBe(stubId);
  });

  it('has what waits for it bound soon', async () => {
    const wake = jest.spyOn(app.app.get(Schedule), 'wake');
    await add(await created({ name: 'waited for' }), 'waited-for.corp');
    expect(wake).toHaveBeenLastCalledWith('binding-checks');
  });

  it('needs an item, and an operator', async () => {
    const id = await created({ name: 'guarded' });
    for (const answer of [await add('nonsense', 'x'), await remove('nonsense', id), await remove(id, 'nonsense')])
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    expect((await app.get(`${ITEMS}/nonsense/aliases`)).status).toBe(404);
    const viewer = { as: app.token('Viewer') };
    expect((await app.call('POST', `${ITEMS}/${id}/aliases`, { ...viewer, body: { value: 'x' } })).status).toBe(403);
    expect((await app.call('DELETE', `${ITEMS}/${id}/aliases/x`, viewer)).status).toBe(403);
  });
});
