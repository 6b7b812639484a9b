import 'reflect-metadata';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { BINDING_CHECKS } from '../../src/cmdb/triage/binding-checks';
import { Schedule } from '../../src/common/schedule/schedule';
import { sqlTime } from '../../src/common/sql';
import { putItems, vmId, workspaceId } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { TestApp } from '../support/test-app';
import { TestClock } from '../support/test-clock';

const ITEMS = '/api/v1/configuration-items';
const NOW = new Date('2026-03-10T12:00:00.000Z');
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

interface Listed {
  items: { id: string; number: string; name: string; alertId: string; value: string; status: string }[];
  nextCursor: string | null;
}

describe.each(ENGINES)('lists about configuration items on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start({ engine, clock: new TestClock(NOW) });
    dataSource = app.app.get<DataSource>(getDataSourceToken());
  });
  afterAll(() => app.stop());

  async function list(path: string): Promise<Listed> {
    const { status, body } = await app.get<Listed>(`${ITEMS}${path}`);
    expect({ path, status }).toEqual({ path, status: 200 });
    return body;
  }

  /** Page by page, two at a time. */
  async function all(path: string, field: keyof Listed['items'][number]): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Listed = await list(
        `${path}${path.includes('?') ? '&' : '?'}limit=2${cursor && `&cursor=${cursor}`}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      found.push(...page.items.map((item) => item[field]));
      cursor = page.nextCursor;
    }
    return found;
  }

  async function seen(id: string, lastSeenAt: Date, changes: Record<string, string> = {}): Promise<void> {
    const columns = Object.keys(changes).map((name) => `, ${name} = ?`);
    const sql = `UPDATE configuration_items SET lastSeenAt = ?${columns.join('')} WHERE id = ?`;
    await dataSource.query(sql, [sqlTime(lastSeenAt), ...Object.values(changes), id]);
  }

  /** Answers the number of the alert's work item. */
  async function fire(alertId: string, essentials: Record<string, unknown>, condition = 'Fired'): Promise<string> {
    const { status, body } = await app.post<{ workItems: { number: string }[] }>({
      schemaId: 'azureMonitorCommonAlertSchema',
      data: {
        essentials: {
          ...{ alertId, alertRule: `rule of ${alertId}`, severity: 'Sev2', signalType: 'Metric' },
          ...{ monitorCondition: condition, monitoringService: 'Platform', firedDateTime: daysAgo(1).toISOString() },
          ...(condition === 'Resolved' ? { resolvedDateTime: NOW.toISOString() } : {}),
          ...essentials,
        },
        alertContext: {},
      },
    });
    expect(status).toBe(200);
    return body.workItems[0]!.number;
  }

  describe('of stale items', () => {
    let ids: Record<'never' | 'recent' | 'old' | 'older' | 'twin' | 'retired' | 'merged', string>;

    beforeAll(async () => {
      const names = ['never', 'recent', 'old', 'older', 'twin', 'retired', 'merged'] as const;
      const put = await putItems(
        dataSource.manager,
        names.map((name) => ({ name: `stale-${name}`, className: 'cmdb_ci_stale' })),
      );
      ids = Object.fromEntries(names.map((name, index) => [name, put[index]!])) as typeof ids;
      await seen(ids.recent, daysAgo(1));
      await seen(ids.old, daysAgo(40));
      await seen(ids.older, daysAgo(90));
      await seen(ids.twin, daysAgo(40));
      await seen(ids.retired, daysAgo(90), { status: 'retired' });
      await seen(ids.merged, daysAgo(90), { status: 'retired', mergedIntoId: ids.old });
    });

    it.each([
      ['notSeenForDays=30', ['older', 'old', 'twin']],
      ['notSeenForDays=60', ['older']],
      ['notSeenForDays=1', ['older', 'old', 'twin']],
      [`seenBefore=${daysAgo(40).toISOString()}`, ['older']],
      [`seenBefore=${daysAgo(39).toISOString()}`, ['older', 'old', 'twin']],
      [`seenBefore=${daysAgo(39).toISOString()}&notSeenForDays=60`, ['older']],
      ['notSeenForDays=30&status=retired', ['retired', 'merged']],
      ['notSeenForDays=30&status=retired,operational', ['older', 'retired', 'merged', 'old', 'twin']],
      ['notSeenForDays=30&q=stale-o', ['older', 'old']],
      ['notSeenForDays=30&className=cmdb_ci_none', []],
      ['notSeenForDays=3650', []],
    ] as const)('shows with %s, the longest unseen first, %j', async (query, expected) => {
      const names = expected.map((name) => `stale-${name}`);
      expect(await all(`?${query}`, 'name')).toEqual(names);
    });

    it.each(['notSeenForDays=0', 'notSeenForDays=3651', 'notSeenForDays=x', 'seenBefore=yesterday'])(
      'refuses %s',
      async (query) => {
        expect((await app.get(`${ITEMS}?${query}`)).status).toBe(400);
      },
    );

    it('refuses the cursor of another order', async () => {
      const { nextCursor } = await list('?limit=1');
      const answer = await app.get(`${ITEMS}?notSeenForDays=1&cursor=${nextCursor}`);
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_cursor']);
      const stale = await list('?notSeenForDays=1&limit=1');
      expect((await app.get(`${ITEMS}?cursor=${stale.nextCursor}`)).status).toBe(400);
      const forged = Buffer.from('["never","x"]').toString('base64url');
      expect((await app.get(`${ITEMS}?notSeenForDays=1&cursor=${forged}`)).status).toBe(400);
    });

    it('leaves what is part of another item out of the list, unless the retired ones are asked for', async () => {
      const shown = await all('?className=cmdb_ci_stale', 'name');
      expect(shown).toEqual(['never', 'recent', 'old', 'older', 'twin', 'retired'].map((name) => `stale-${name}`));
      expect(await all('?className=cmdb_ci_stale&status=retired', 'name')).toEqual(['stale-retired', 'stale-merged']);
    });
  });

  describe('of what is bound to an item', () => {
    let vm: string;
    let law: string;
    const numbers: string[] = [];

    beforeAll(async () => {
      [vm, law] = (await putItems(dataSource.manager, [
        { resourceId: vmId('listed') },
        { resourceId: workspaceId('listed-law') },
      ])) as [string, string];
      for (const name of ['a1', 'a2', 'a3']) numbers.push(await fire(name, { alertTargetIDs: [vmId('LISTED')] }));
      await fire('a2', { alertTargetIDs: [vmId('LISTED')] }, 'Resolved');
      await fire('other', { alertTargetIDs: [workspaceId('listed-law')] });
    });

    it('shows its work items, the newest first, and those of a state', async () => {
      expect(await all(`/${vm}/work-items`, 'number')).toEqual(numbers.toReversed());
      expect(await all(`/${vm.toUpperCase()}/work-items?state=resolved`, 'number')).toEqual([numbers[1]]);
      expect(await all(`/${law}/work-items`, 'number')).toHaveLength(1);
      const { body } = await app.get<Listed>(`/api/v1/work-items?configurationItemId=${vm}`);
      expect((await list(`/${vm}/work-items`)).items).toEqual(body.items);
    });

    it('shows its alerts, the newest first, and those that fire or are over', async () => {
      expect(await all(`/${vm}/alerts`, 'alertId')).toEqual(['a3', 'a2', 'a1']);
      expect(await all(`/${vm}/alerts?condition=fired`, 'alertId')).toEqual(['a3', 'a1']);
      expect(await all(`/${vm}/alerts?condition=resolved`, 'alertId')).toEqual(['a2']);
      expect(await all(`/${law}/alerts`, 'alertId')).toEqual(['other']);
    });

    it('shows what its stub had, once it is known that the resource has moved', async () => {
      const [id] = (await putItems(dataSource.manager, [{ resourceId: vmId('moves-from') }])) as [string];
      const number = await fire('moved', { alertTargetIDs: [vmId('moves-to')] });
      const { items } = await list('?stub=true&q=moves-to');
      expect(await all(`/${items[0]!.id}/work-items`, 'number')).toEqual([number]);
      const headers = { 'if-match': '"1"' };
      const body = { resourceId: vmId('moves-to') };
      await app.call('PATCH', `${ITEMS}/${id}`, { as: app.token('Operator'), headers, body });
      await app.app.get(Schedule).run(BINDING_CHECKS);
      expect([await all(`/${id}/work-items`, 'number'), await all(`/${id}/alerts`, 'alertId')]).toEqual([
        [number],
        ['moved'],
      ]);
      expect(await all(`/${items[0]!.id}/work-items`, 'number')).toEqual([]);
      expect(await all('?q=moves-to', 'id')).toEqual([id]);
    });

    it('shows nothing of a work item that it was taken off', async () => {
      const [id] = (await putItems(dataSource.manager, [{ resourceId: vmId('taken-off') }])) as [string];
      const number = await fire('off', { alertTargetIDs: [vmId('taken-off')] });
      expect(await all(`/${id}/alerts`, 'alertId')).toEqual(['off']);
      const as = app.token('Operator');
      await app.call('DELETE', `/api/v1/work-items/${number}/configuration-items/${id}`, { as });
      expect([await all(`/${id}/alerts`, 'alertId'), await all(`/${id}/work-items`, 'number')]).toEqual([[], []]);
    });

    it.each([
      'work-items?state=broken',
      'alerts?condition=broken',
      'alerts?cursor=x',
      'binding-tasks?status=dismissed',
    ])('refuses %s', async (path) => {
      expect((await app.get(`${ITEMS}/${vm}/${path}`)).status).toBe(400);
    });

    it.each(['work-items', 'alerts', 'binding-tasks'])('has no %s of an item that is not there', async (path) => {
      for (const id of ['nonsense', '01900000-0000-7000-8000-000000000000']) {
        const { status, body } = await app.get(`${ITEMS}/${id}/${path}`);
        expect([status, body.code]).toEqual([404, 'not_found']);
      }
    });
  });

  describe('of binding tasks', () => {
    const scope = { alertTargetIDs: ['/subscriptions/s1'] };

    it('shows to each of several candidates what it may answer, and to others nothing', async () => {
      const [one, other, stranger] = (await putItems(dataSource.manager, [
        { name: 'task-twin' },
        { name: 'task-twin' },
        { name: 'task-stranger' },
      ])) as [string, string, string];
      for (const name of ['t1', 't2', 't3']) await fire(name, { ...scope, configurationItems: ['TASK-twin'] });
      const { items } = await list(`/${one}/binding-tasks`);
      expect(items).toHaveLength(3);
      expect(items.map(({ id }) => id)).toEqual(
        items
          .map(({ id }) => id)
          .sort()
          .reverse(),
      );
      expect(await all(`/${other}/binding-tasks`, 'id')).toEqual(items.map(({ id }) => id));
      expect(await all(`/${other}/binding-tasks?status=resolved`, 'id')).toEqual([]);
      expect(await all(`/${stranger}/binding-tasks?status=open,resolved`, 'id')).toEqual([]);
      const task = await app.get(`/api/v1/binding-tasks/${items[0]!.id}`);
      expect(items[0]).toEqual(task.body);
    });

    it('shows to a retired item the questions about it', async () => {
      const [id] = (await putItems(dataSource.manager, [{ resourceId: vmId('task-old'), status: 'retired' }])) as [
        string,
      ];
      await fire('t4', { alertTargetIDs: [vmId('task-old')] });
      expect((await list(`/${id}/binding-tasks`)).items).toMatchObject([
        { reason: 'retired', value: vmId('task-old') },
      ]);
    });

    it('shows those that it was the answer to as resolved', async () => {
      const [id] = (await putItems(dataSource.manager, [{ name: 'task-answer' }])) as [string];
      await fire('t5', { ...scope, configurationItems: ['nobody-knows-this'] });
      expect((await list(`/${id}/binding-tasks`)).items).toEqual([]);
      const { body } = await app.get<Listed>('/api/v1/binding-tasks?value=nobody-knows-this');
      const answer = await app.call('POST', `/api/v1/binding-tasks/${body.items[0]!.id}/resolve`, {
        as: app.token('Operator'),
        body: { configurationItemId: id, learnAlias: true },
      });
      expect(answer.status).toBe(200);
      expect((await list(`/${id}/binding-tasks?status=resolved`)).items).toMatchObject([
        { value: 'nobody-knows-this' },
      ]);
      expect((await list(`/${id}/aliases`)).items).toMatchObject([{ value: 'nobody-knows-this', source: 'learned' }]);
    });
  });
});
