import { DataSource } from 'typeorm';
import { newId } from '../../src/common/ids';
import { CmdbService } from '../../src/cmdb/cmdb.service';
import { Transactions } from '../../src/common/transactions';
import { aTarget, vmId } from '../cmdb/cmdb-builders';
import { describeOnServer } from '../support/database';
import { TestApp, type Answer } from '../support/test-app';

const ITEMS = '/api/v1/configuration-items';
const ROUNDS = 10;

describeOnServer('people and alerts at the same configuration item, on two instances', () => {
  let one: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    one = await TestApp.start({ engine: 'server' });
    other = await TestApp.start({ shared: one });
  });
  afterAll(async () => {
    await other.stop();
    await one.stop();
  });

  function act(app: TestApp, method: 'POST' | 'PATCH', path: string, body: unknown, ifMatch?: string): Promise<Answer> {
    const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
    return app.call(method, `${ITEMS}${path}`, { as: app.token('Operator'), body, headers });
  }

  async function created(item: object): Promise<string> {
    const { status, body } = await act(one, 'POST', '', item);
    expect(status).toBe(201);
    return body.id as string;
  }

  const get = async (id: string): Promise<Record<string, unknown>> => (await one.get(`${ITEMS}/${id}`)).body;

  /** As an alert on that resource does. */
  async function alertOn(app: TestApp, resourceId: string): Promise<string> {
    const alerts = await app.app
      .get(Transactions)
      .run((tx) => app.app.get(CmdbService).bindAlerts(tx, [{ key: 'a', references: [aTarget(resourceId)] }]));
    return alerts.get('a')!.bindings[0]!.ciId;
  }

  it('lets one of two who change one version win, and tells the other which one is current', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await created({ name: `both ${round}` });
      const answers = await Promise.all(
        [one, other].map((app, index) => act(app, 'PATCH', `/${id}`, { owner: `owner ${index}` }, '"1"')),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const [winner, loser] = answers.sort((left, right) => left.status - right.status) as [Answer, Answer];
      expect([loser.body.currentVersion, loser.headers.etag]).toEqual([2, '"2"']);
      expect(await get(id)).toMatchObject({ owner: winner.body.owner, version: 2 });
    }
  });

  it('loses no change of two that overwrite any version', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await created({ name: `any ${round}` });
      const changes = [
        { owner: 'Ada' },
        { supportGroup: 'db' },
        { aliases: [`any-${round}.corp`] },
        { environment: 'prod' },
      ];
      const answers = await Promise.all(
        changes.map((body, index) => act([one, other][index % 2]!, 'PATCH', `/${id}`, body, '*')),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(await get(id)).toMatchObject({ ...Object.assign({}, ...changes), version: 5 });
    }
  });

  it('leaves one item of a resource, whether the move comes first or the alert that makes its stub', async () => {
    for (let round = 0; round < 2 * ROUNDS; round += 1) {
      const [before, after] = [vmId(`before-${newId()}`), vmId(`after-${newId()}`)];
      const id = await created({ resourceId: before });
      const [answer, boundTo] = await Promise.all([
        act(one, 'PATCH', `/${id}`, { resourceId: after }, '"1"'),
        alertOn(other, after),
      ]);
      expect(answer.status).toBe(200);
      const stub = boundTo === id ? null : await get(boundTo);
      expect(stub).toEqual(stub && expect.objectContaining({ status: 'retired', mergedIntoId: id }));
      expect([await alertOn(one, after), await alertOn(other, before)]).toEqual([id, id]);
    }
  });

  it('gives one alias to one of two items', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const ids = [await created({ name: `left ${round}` }), await created({ name: `right ${round}` })];
      const value = `shared-${round}.corp`;
      const answers = await Promise.all(
        ids.map((id, index) => act([one, other][index]!, 'POST', `/${id}/aliases`, { value })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const keys = await one.app.get(DataSource).query<unknown[]>(
        `SELECT k.ciId FROM ci_keys k JOIN configuration_items c ON c.id = k.ciId
         WHERE k.kind = 'alias' AND c.searchText LIKE ?`,
        [`%${value}%`],
      );
      expect(keys).toHaveLength(1);
    }
  });
});
