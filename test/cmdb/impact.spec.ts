import 'reflect-metadata';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { CmdbService } from '../../src/cmdb/cmdb.service';
import type { ImpactDto } from '../../src/cmdb/relations/impact.dto';
import { newId } from '../../src/common/ids';
import { aTarget, vmId, createItem } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

const ITEMS = '/api/v1/configuration-items';
const NIC = '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network/networkInterfaces';

interface WorkItem {
  number: string;
  impact: number;
  urgency: number;
  priority: number;
}

describe.each(ENGINES)('who is hit, on %s', (engine) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
  });
  afterAll(() => app.stop());

  const created = (item: object): Promise<string> => createItem(app, item);

  async function relate(id: string, type: string, targetId: string, redundancyGroup?: string): Promise<void> {
    const body = { type, targetId, redundancyGroup };
    const { status } = await app.call('POST', `${ITEMS}/${id}/relations`, { as: app.token('Operator'), body });
    expect(status).toBe(201);
  }

  async function impactOf(id: string, query = ''): Promise<ImpactDto> {
    const { status, body } = await app.get<ImpactDto>(`${ITEMS}/${id}/impact?${query}`);
    expect(status).toBe(200);
    return body;
  }

  async function posted(...targets: string[]): Promise<string> {
    const ids = { alertId: `/subscriptions/x/alerts/${newId()}`, originAlertId: newId() };
    const payload = sample('platform-metric-static-cpu-fired', {
      ...ids,
      alertTargetIDs: targets,
      configurationItems: [],
    });
    const { status, body } = await app.post<{ workItems: { number: string }[] }>(payload);
    expect(status).toBe(200);
    return String(body.workItems[0]?.number);
  }

  const workItem = async (number: string): Promise<WorkItem> =>
    (await app.get<WorkItem>(`/api/v1/work-items/${number}`)).body;

  async function told(number: string, kind: string): Promise<{ summary: string; detail: Record<string, unknown> }> {
    const path = `/api/v1/work-items/${number}/timeline`;
    const { body } = await app.get<{ items: { kind: string; summary: string; detail: Record<string, unknown> }[] }>(
      path,
    );
    return body.items.findLast((entry) => entry.kind === kind)!;
  }

  describe('if an item fails', () => {
    it('answers with all that stands on it, the most critical first, and the way to each', async () => {
      const [host, vm1, vm2] = [
        await created({ name: 'host' }),
        await created({ name: 'vm1' }),
        await created({ name: 'vm2' }),
      ];
      const [pool, shop] = [
        await created({ name: 'pool', criticality: 2 }),
        await created({ name: 'shop', criticality: 1 }),
      ];
      await relate(vm1, 'runs_on', host);
      await relate(vm2, 'runs_on', host);
      await relate(vm1, 'member_of', pool);
      await relate(vm2, 'member_of', pool);
      await relate(shop, 'depends_on', pool);
      const whole = await impactOf(host);
      const className = 'cmdb_ci';
      const path = [
        { id: host, name: 'host', relation: null },
        { id: vm1, name: 'vm1', relation: 'runs_on' },
        { id: pool, name: 'pool', relation: 'has_member' },
        { id: shop, name: 'shop', relation: 'depends_on' },
      ];
      expect(whole).toEqual({
        start: { id: host, name: 'host', className, criticality: null, status: 'operational' },
        hit: [
          { id: shop, name: 'shop', className, criticality: 1, depth: 3, path },
          { id: pool, name: 'pool', className, criticality: 2, depth: 2, path: path.slice(0, 3) },
          { id: vm1, name: 'vm1', className, criticality: null, depth: 1, path: path.slice(0, 2) },
          {
            ...{ id: vm2, name: 'vm2', className, criticality: null, depth: 1 },
            path: [path[0], { id: vm2, name: 'vm2', relation: 'runs_on' }],
          },
        ],
        degraded: [],
        worst: { criticality: 1, id: shop, name: 'shop', path },
        truncated: false,
        depth: 5,
      });
      expect((await impactOf(host, 'depth=1')).hit.map(({ name }) => name)).toEqual(['vm1', 'vm2']);
      expect(await impactOf(vm1)).toMatchObject({
        hit: [],
        degraded: [{ id: pool, relation: 'has_member', redundancyGroup: null, hitMembers: 1, members: 2 }],
        worst: null,
      });
    });

    it('takes a group of redundant targets for one, without those that have retired', async () => {
      const [db1, db2, shop] = [
        await created({ name: 'db1' }),
        await created({ name: 'db2' }),
        await created({ name: 'shop' }),
      ];
      await relate(shop, 'depends_on', db1, 'db');
      await relate(shop, 'depends_on', db2, 'db');
      expect(await impactOf(db1)).toMatchObject({
        hit: [],
        degraded: [{ id: shop, redundancyGroup: 'db', hitMembers: 1, members: 2 }],
      });
      await app.call('DELETE', `${ITEMS}/${db2}`, { as: app.token('Operator'), headers: { 'if-match': '*' } });
      expect(await impactOf(db1)).toMatchObject({ hit: [{ id: shop }], degraded: [] });
      expect(await impactOf(db2)).toMatchObject({ start: { status: 'retired' }, hit: [], degraded: [] });
    });

    it('hits nothing that a subscription merely contains', async () => {
      const subscription = await created({ resourceId: '/subscriptions/impact-scope' });
      const vm = await created({ resourceId: vmId('in-scope'), criticality: 1 });
      const budget = await created({ name: 'who pays' });
      await relate(subscription, 'contains', vm);
      await relate(budget, 'depends_on', subscription);
      expect((await impactOf(subscription)).hit.map(({ name }) => name)).toEqual(['who pays']);
    });

    it.each(['depth=0', 'depth=11', 'depth=x'])('refuses %s', async (query) => {
      const id = await created({ name: 'x' });
      expect((await app.get(`${ITEMS}/${id}/impact?${query}`)).status).toBe(400);
      expect((await app.get(`${ITEMS}/${newId()}/impact`)).status).toBe(404);
    });
  });

  describe('if an alert fires', () => {
    it('makes the impact that of the service behind it, and tells the way', async () => {
      const name = `nic-${newId()}`;
      const nic = await created({ resourceId: `${NIC}/${name}` });
      const vm = await created({ name: 'web-1', criticality: 3 });
      const lb = await created({ name: 'lb-prod', criticality: 1 });
      await relate(vm, 'depends_on', nic);
      await relate(lb, 'depends_on', vm);
      const number = await posted(`${NIC}/${name}`);
      expect(await workItem(number)).toMatchObject({
        impact: 1,
        urgency: 3,
        priority: 3,
        priorityReason: 'impact 1 × urgency 3',
      });
      const way = `lb-prod (criticality 1) depends_on web-1 depends_on ${name}`;
      const opened = await told(number, 'opened');
      expect(opened.summary).toContain(`; impact 1 by ${way}`);
      expect(opened.detail).toMatchObject({
        priorityReason: 'impact 1 × urgency 3',
        reached: { id: lb, path: [{ id: nic }, { id: vm }, { id: lb }] },
      });
      const { body } = await app.get<{ steps: { step: string; detail: object }[] }>(
        `/api/v1/work-items/${number}/explain`,
      );
      expect(body.steps.find(({ step }) => step === 'priority')?.detail).toMatchObject({
        impact: { value: 1, from: 'configuration_item', by: 'lb-prod', reason: expect.stringContaining(way) as string },
      });
    });

    it('lets several items of a work item fail together', async () => {
      const names = [newId(), newId()];
      const vms = [await created({ resourceId: vmId(names[0]!) }), await created({ resourceId: vmId(names[1]!) })];
      const shop = await created({ name: 'shop', criticality: 1 });
      for (const vm of vms) await relate(shop, 'runs_on', vm, 'web');
      expect((await workItem(await posted(vmId(names[0]!)))).impact).toBe(2);
      expect((await workItem(await posted(...names.map((name) => vmId(name))))).impact).toBe(1);
    });

    it.each([
      [[3], [null, 3], 3],
      [[3], [2, null], 2],
      [[null], [3], 2],
      [[2], [null], 2],
    ] as const)('with items of %j that hit items of %j has an impact of %d', async (own, others, impact) => {
      const targets: string[] = [];
      for (const criticality of own) {
        const name = newId();
        targets.push(vmId(name));
        const vm = await created({ resourceId: vmId(name), criticality });
        for (const other of others) await relate(await created({ name: 'hit', criticality: other }), 'depends_on', vm);
      }
      expect((await workItem(await posted(...targets))).impact).toBe(impact);
    });

    it('takes what a person binds, and what relations say by then, into account', async () => {
      const name = newId();
      const vm = await created({ resourceId: vmId(name) });
      const number = await posted(vmId(name));
      expect((await workItem(number)).impact).toBe(2);
      const db = await created({ name: 'db' });
      await relate(await created({ name: 'payroll', criticality: 1 }), 'depends_on', db);
      const path = `/api/v1/work-items/${number}/configuration-items/${db}`;
      await app.call('PUT', path, { as: app.token('Operator'), body: {} });
      expect((await workItem(number)).impact).toBe(1);
      expect((await told(number, 'configuration_item_bound')).summary).toBe(
        'Bound to db by Test; impact by payroll (criticality 1) depends_on db',
      );
      await app.call('DELETE', path, { as: app.token('Operator') });
      expect((await workItem(number)).impact).toBe(2);
      await relate(await created({ name: 'late', criticality: 1 }), 'depends_on', vm);
      expect((await workItem(number)).impact).toBe(2);
    });

    it('changes the impact of a work item that is there with the next alert, once relations have', async () => {
      const name = newId();
      const vm = await created({ resourceId: vmId(name) });
      const ids = { originAlertId: newId(), alertTargetIDs: [vmId(name)], configurationItems: [] };
      const fire = async (minute: number): Promise<string> => {
        const essentials = {
          ...ids,
          alertId: `/subscriptions/x/alerts/${newId()}`,
          firedDateTime: `2026-01-01T00:0${minute}:00Z`,
        };
        const { body } = await app.post<{ workItems: { number: string }[] }>(
          sample('platform-metric-static-cpu-fired', essentials),
        );
        return String(body.workItems[0]?.number);
      };
      const number = await fire(0);
      await relate(await created({ name: 'shop', criticality: 1 }), 'depends_on', vm);
      expect(await fire(1)).toBe(number);
      expect(await workItem(number)).toMatchObject({ impact: 1, priority: 3 });
      expect(await told(number, 'impact_changed')).toMatchObject({
        summary: `Impact 2 → 1 by shop (criticality 1) depends_on ${name}: priority 3`,
        detail: { before: 2, after: 1, reached: { name: 'shop' } },
      });
    });

    it('is foreseen by the preview of routing rules', async () => {
      const name = newId();
      const vm = await created({ resourceId: vmId(name) });
      await relate(await created({ name: 'shop', criticality: 1 }), 'depends_on', vm);
      const deliveries = [
        sample('platform-metric-static-cpu-fired', { alertTargetIDs: [vmId(name)], configurationItems: [] }),
      ];
      const { status, body } = await app.call('POST', '/api/v1/admin/routing-rules/preview', {
        as: app.token('Manager'),
        body: { deliveries },
      });
      expect(status).toBe(200);
      expect(body.items).toMatchObject([{ workItems: [{ impact: 1, priority: 3 }] }]);
    });

    it('costs no further statement where nothing stands on what it names', async () => {
      const [alone, needed] = [newId(), newId()];
      await created({ resourceId: vmId(alone) });
      await relate(await created({ name: 'shop' }), 'depends_on', await created({ resourceId: vmId(needed) }));
      const cmdb = app.app.get(CmdbService);
      const statements = (name: string): Promise<number> =>
        app.app.get<DataSource>(getDataSourceToken()).transaction(async (tx) => {
          const query = jest.spyOn(tx, 'query');
          const bound = await cmdb.bindAlerts(tx, [{ key: 'a', references: [aTarget(vmId(name))] }]);
          await cmdb.impactsOf([bound.get('a')!.bindings], tx);
          return query.mock.calls.length;
        });
      await statements(alone); // An item that has not been seen today is noted to have been.
      expect(await statements(alone)).toBe(1);
      expect(await statements(needed)).toBeGreaterThan(1);
    });
  });
});
