import 'reflect-metadata';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { CiRelationDto } from '../../src/cmdb/relations/ci-relation.dto';
import { relationKeyOf } from '../../src/cmdb/relations/relation-key.rules';
import { insertRelations } from '../../src/cmdb/relations/relation-store';
import { armKeyHash } from '../../src/cmdb/identity/ci-keys.rules';
import { newId } from '../../src/common/ids';
import { NOW, vmId, createItem } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { type Answer, TestApp } from '../support/test-app';

const ITEMS = '/api/v1/configuration-items';

describe.each(ENGINES)('the relations of an item on %s', (engine) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
  });
  afterAll(() => app.stop());

  const created = (item: object): Promise<string> => createItem(app, item);

  function relate(id: string, body: object, role = 'Operator'): Promise<Answer> {
    return app.call('POST', `${ITEMS}/${id}/relations`, { as: app.token(role), body });
  }

  function remove(id: string, relationId: string): Promise<Answer> {
    return app.call('DELETE', `${ITEMS}/${id}/relations/${relationId}`, { as: app.token('Operator') });
  }

  async function page(id: string, query = ''): Promise<{ items: CiRelationDto[]; nextCursor: string | null }> {
    const { status, body } = await app.get<{ items: CiRelationDto[]; nextCursor: string | null }>(
      `${ITEMS}/${id}/relations?${query}`,
    );
    expect(status).toBe(200);
    return body;
  }

  async function retire(id: string): Promise<void> {
    const headers = { 'if-match': '*' };
    await app.call('DELETE', `${ITEMS}/${id}`, { as: app.token('Operator'), headers });
  }

  /** As an import sets one; without a target item the CMDB lacks it. */
  async function imported(sourceId: string, targetResourceId: string): Promise<string> {
    const identity = { sourceId, type: 'depends_on' as const, targetId: null };
    const targetKeyHash = armKeyHash(targetResourceId.toLowerCase());
    const id = newId();
    await app.app.get<DataSource>(getDataSourceToken()).transaction((tx) =>
      insertRelations(tx, [
        {
          ...{ id, relationKey: relationKeyOf({ ...identity, targetKeyHash }), ...identity, targetKeyHash },
          ...{ targetResourceId, redundancyGroup: null, setBy: 'import', createdBy: null, createdAt: NOW },
        },
      ]),
    );
    return id;
  }

  it('sets one by id or by resource id, and shows it from both ends', async () => {
    const vm = await created({ resourceId: vmId('rel-vm'), criticality: 3 });
    const app1 = await created({ name: 'shop', criticality: 1 });
    const { status, body } = await relate(app1, { type: 'depends_on', targetResourceId: vmId('REL-VM') });
    expect(status).toBe(201);
    const common = {
      ...{ id: body.id, type: 'depends_on', missing: null, redundancyGroup: null },
      ...{ setBy: 'person', createdBy: 'Test', createdAt: expect.any(String) as string },
    };
    const target = { id: vm, name: 'rel-vm', className: 'cmdb_ci_vm_instance', resourceId: vmId('rel-vm') };
    const outgoing = { ...common, direction: 'outgoing', label: 'depends_on' };
    expect(body).toEqual({ ...outgoing, item: { ...target, criticality: 3, status: 'operational' } });
    expect((await page(app1)).items).toEqual([body]);
    const source = { id: app1, name: 'shop', className: 'cmdb_ci', resourceId: null };
    expect((await page(vm)).items).toEqual([
      {
        ...{ ...common, direction: 'incoming', label: 'used_by' },
        item: { ...source, criticality: 1, status: 'operational' },
      },
    ]);
    const audit = await app.get<{ items: object[] }>(`/api/v1/admin/audit-events?subjectId=${app1}`, 'Admin');
    expect(audit.body.items[0]).toMatchObject({
      action: 'configuration_item.relation_added',
      before: null,
      after: { id: body.id, sourceId: app1, type: 'depends_on', targetId: vm },
    });
  });

  it('names what is there already, and lets it be set again once it was taken away from either end', async () => {
    const [one, two] = [await created({ name: 'one' }), await created({ name: 'two' })];
    const first = await relate(one, { type: 'runs_on', targetId: two.toUpperCase() });
    const again = await relate(one, { type: 'runs_on', targetId: two });
    expect([again.status, again.body.code, again.body.relationId]).toEqual([409, 'already_exists', first.body.id]);
    expect((await relate(two, { type: 'runs_on', targetId: one })).status).toBe(201);
    expect((await relate(one, { type: 'connects_to', targetId: two })).status).toBe(201);
    expect((await remove(two, first.body.id as string)).status).toBe(204);
    expect((await remove(two, first.body.id as string)).status).toBe(404);
    const audit = await app.get<{ items: object[] }>(`/api/v1/admin/audit-events?subjectId=${one}`, 'Admin');
    expect(audit.body.items[0]).toMatchObject({
      action: 'configuration_item.relation_removed',
      before: { id: first.body.id },
    });
    expect((await relate(one, { type: 'runs_on', targetId: two })).status).toBe(201);
  });

  it.each<[string, (own: string, other: string) => object, string]>([
    ['itself', (own) => ({ type: 'runs_on', targetId: own }), 'targetId'],
    ['an id that is none', () => ({ type: 'runs_on', targetId: 'nothing' }), 'targetId'],
    ['an item that is not there', () => ({ type: 'runs_on', targetId: newId() }), 'targetId'],
    ['a resource that is not there', () => ({ type: 'runs_on', targetResourceId: vmId('none') }), 'targetResourceId'],
    ['what is no resource id', () => ({ type: 'runs_on', targetResourceId: 'vm1' }), 'targetResourceId'],
    ['nothing', () => ({ type: 'runs_on' }), 'targetId'],
    ['two things', (_, other) => ({ type: 'runs_on', targetId: other, targetResourceId: vmId('x') }), 'targetId'],
    ['a group that means nothing', (_, targetId) => ({ type: 'contains', targetId, redundancyGroup: 'g' }), ''],
    ['a type that is none', (_, targetId) => ({ type: 'likes', targetId }), 'type'],
  ])('refuses to relate to %s', async (_, body, path) => {
    const [own, other] = [await created({ name: 'own' }), await created({ name: 'other' })];
    const { status, body: problem } = await relate(own, body(own, other));
    expect([status, problem.code]).toEqual([400, 'invalid_request']);
    expect(problem.errors).toMatchObject([{ path: path || 'redundancyGroup' }]);
    expect((await page(own)).items).toEqual([]);
  });

  it('refuses a new relation from or to what has retired, and needs an Operator', async () => {
    const [old, other] = [await created({ name: 'old' }), await created({ name: 'other' })];
    expect((await relate(other, { type: 'runs_on', targetId: old }, 'Viewer')).status).toBe(403);
    await retire(old);
    for (const [from, targetId] of [
      [old, other],
      [other, old],
    ] as const) {
      const { status, body } = await relate(from, { type: 'runs_on', targetId });
      const told = [status, body.code, body.configurationItemId];
      expect(told).toEqual([409, 'configuration_item_retired', old]);
    }
    expect((await relate(newId(), { type: 'runs_on', targetId: other })).status).toBe(404);
    expect((await app.get(`${ITEMS}/nothing/relations`)).status).toBe(404);
  });

  it('shows what the CMDB lacks by its resource id until it is there, and leaves to imports what they have set', async () => {
    const own = await created({ name: 'imported' });
    const id = await imported(own, vmId('to-come'));
    expect((await page(own)).items).toMatchObject([
      { id, item: null, missing: { resourceId: vmId('to-come') }, setBy: 'import', createdBy: null },
    ]);
    const refused = await remove(own, id);
    expect([refused.status, refused.body.code]).toEqual([409, 'set_by_import']);
    const vm = await created({ resourceId: vmId('to-come') });
    expect((await page(own)).items).toMatchObject([{ id, item: { id: vm }, missing: null }]);
    const again = await relate(own, { type: 'depends_on', targetId: vm });
    expect([again.status, again.body.relationId]).toEqual([409, id]);
  });

  it('pages through both directions in one order, and filters them', async () => {
    const hub = await created({ name: 'hub' });
    const ids: unknown[] = [];
    for (let index = 0; index < 3; index += 1) {
      const other = await created({ name: `spoke${index}` });
      ids.push((await relate(hub, { type: 'contains', targetId: other })).body.id);
      ids.push((await relate(other, { type: 'depends_on', targetId: hub })).body.id);
    }
    const read: string[] = [];
    for (let query: string | null = 'limit=2'; query !== null;) {
      const { items, nextCursor } = await page(hub, query);
      read.push(...items.map(({ id }) => id));
      query = nextCursor && `limit=2&cursor=${nextCursor}`;
    }
    expect(read).toEqual(ids);
    const kinds = async (query: string): Promise<string[]> => (await page(hub, query)).items.map(({ label }) => label);
    expect(await kinds('direction=incoming')).toEqual(['used_by', 'used_by', 'used_by']);
    expect(await kinds('direction=outgoing&type=contains,runs_on')).toHaveLength(3);
    expect(await kinds('type=depends_on&direction=outgoing')).toEqual([]);
    expect((await app.get(`${ITEMS}/${hub}/relations?cursor=x`)).status).toBe(400);
  });
});
