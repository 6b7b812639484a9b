import 'reflect-metadata';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { CiRelationDto } from '../../src/cmdb/relations/ci-relation.dto';
import { aCmdbService, aTarget, vmId, createItem } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { type Answer, TestApp } from '../support/test-app';

const ITEMS = '/api/v1/configuration-items';

describe.each(ENGINES)('the relations of an item that gets another ARM id, on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    dataSource = app.app.get<DataSource>(getDataSourceToken());
  });
  afterAll(() => app.stop());

  const created = (item: object): Promise<string> => createItem(app, item);

  async function stubOf(resourceId: string): Promise<string> {
    const alerts = await dataSource.transaction((tx) =>
      aCmdbService(dataSource).bindAlerts(tx, [{ key: 'a', references: [aTarget(resourceId)] }]),
    );
    return alerts.get('a')!.bindings[0]!.ciId;
  }

  function relate(id: string, type: string, targetId: string): Promise<Answer> {
    return app.call('POST', `${ITEMS}/${id}/relations`, { as: app.token('Operator'), body: { type, targetId } });
  }

  async function move(id: string, resourceId: string): Promise<void> {
    const options = { as: app.token('Operator'), headers: { 'if-match': '*' }, body: { resourceId } };
    expect((await app.call('PATCH', `${ITEMS}/${id}`, options)).status).toBe(200);
  }

  async function relationsOf(id: string): Promise<CiRelationDto[]> {
    return (await app.get<{ items: CiRelationDto[] }>(`${ITEMS}/${id}/relations`)).body.items;
  }

  const told = (relations: readonly CiRelationDto[]): unknown[] =>
    relations.map(({ type, direction, item }) => [type, direction, item?.id]);

  it('take over those of its stub in both directions, each once, and none to itself', async () => {
    const item = await created({ resourceId: vmId('follow-old') });
    const stub = await stubOf(vmId('follow-new'));
    const [user, host] = [await created({ name: 'user' }), await created({ name: 'host' })];
    for (const end of [item, stub]) {
      expect((await relate(user, 'depends_on', end)).status).toBe(201);
      expect((await relate(end, 'runs_on', host)).status).toBe(201);
    }
    await relate(user, 'manages', stub);
    await relate(stub, 'connects_to', host);
    await relate(stub, 'depends_on', item);
    await move(item, vmId('follow-new'));
    expect(new Set(told(await relationsOf(item)))).toEqual(
      new Set([
        ['depends_on', 'incoming', user],
        ['runs_on', 'outgoing', host],
        ['manages', 'incoming', user],
        ['connects_to', 'outgoing', host],
      ]),
    );
    expect(await relationsOf(item)).toHaveLength(4);
    expect(await relationsOf(stub)).toEqual([]);
    expect((await relate(user, 'depends_on', item)).body.code).toBe('already_exists');
  });

  it('stay those of a person where an import has set the same one', async () => {
    const item = await created({ resourceId: vmId('keeps-old') });
    const stub = await stubOf(vmId('keeps-new'));
    const users = [await created({ name: 'one' }), await created({ name: 'other' })] as const;
    for (const [index, user] of users.entries()) {
      const set = [await relate(user, 'depends_on', item), await relate(user, 'depends_on', stub)];
      const imported = set[index]?.body.id;
      await dataSource.query("UPDATE ci_relations SET setBy = 'import' WHERE id = ?", [imported]);
    }
    await move(item, vmId('keeps-new'));
    expect((await relationsOf(item)).map(({ setBy }) => setBy)).toEqual(['person', 'person']);
  });

  it('are there once where it has had no ARM id before', async () => {
    const [item, user] = [await created({ name: 'nameless' }), await created({ name: 'user of it' })];
    const { body } = await relate(user, 'depends_on', item);
    await move(item, vmId('first-id'));
    const again = await relate(user, 'depends_on', item);
    expect([again.status, again.body.code, again.body.relationId]).toEqual([409, 'already_exists', body.id]);
    expect(await relationsOf(item)).toHaveLength(1);
  });

  it('are there once where it has moved', async () => {
    const [item, user] = [await created({ resourceId: vmId('twice-a') }), await created({ name: 'user of two' })];
    await relate(user, 'depends_on', item);
    await move(item, vmId('twice-b'));
    expect((await relate(user, 'depends_on', item)).status).toBe(409);
  });
});
