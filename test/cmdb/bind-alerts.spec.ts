import 'reflect-metadata';
import type { DataSource, EntityManager } from 'typeorm';
import type { AlertBinding } from '../../src/cmdb/binding/bound-ci';
import type { CiReference } from '../../src/cmdb/binding/ci-reference';
import type { CmdbService } from '../../src/cmdb/cmdb.service';
import { aCmdbService, anItem, aTarget, type ItemSpec, putItems, vmId, workspaceId } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { type CmdbDatabase, openCmdbDatabase } from './cmdb-database';

const NOBODY = 'nobody-knows-me';

describe.each(ENGINES)('binding alerts on %s', (engine) => {
  let database: CmdbDatabase;
  let dataSource: DataSource;
  let cmdb: CmdbService;

  beforeAll(async () => {
    database = await openCmdbDatabase(engine);
    dataSource = database.dataSource;
    cmdb = aCmdbService(dataSource);
    await putItems(dataSource.manager, [
      { name: 'VM1', resourceId: vmId('VM1', 'RG'), criticality: 1, tags: { env: 'prod' } },
      { resourceId: vmId('vm2', 'other', 's2'), aliases: ['vm2.corp.example', '10.0.0.4', vmId('vm2', 'old', 's2')] },
      { name: 'db-01', subscriptionId: 's1' },
      { name: 'db-01', subscriptionId: 's2' },
      { name: 'db-01', subscriptionId: 's2', resourceGroup: 'rg' },
      { name: 'alone' },
      { name: 'full.corp.example' },
      { resourceId: vmId('gone'), status: 'retired' },
      { resourceId: '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Sql/servers/sql1' },
      { resourceId: workspaceId('known') },
      { name: 'twice', aliases: ['both'] },
      { name: 'twice', aliases: ['both'] },
      { name: 'erp', aliases: ['erp.customerb.example'], subscriptionId: 's4' },
    ]);
  });
  afterAll(() => database.close());

  async function bind(...references: CiReference[]): Promise<AlertBinding> {
    const bound = await dataSource.transaction((tx) => cmdb.bindAlerts(tx, [{ key: 'a', references }]));
    return bound.get('a')!;
  }

  it.each<[string, CiReference[], string, string, number]>([
    ['an ARM id, whatever its case', [aTarget(vmId('vm1').toUpperCase())], 'VM1', 'arm_id', 100],
    ['an alias that is an ARM id', [aTarget(vmId('vm2', 'old', 's2'))], 'vm2', 'arm_alias', 95],
    [
      'the resource that holds it',
      [aTarget('/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Sql/servers/sql1/databases/d')],
      'sql1',
      'parent_resource',
      80,
    ],
    [
      'a name in the resource group of the target',
      [anItem('vm1'), aTarget(workspaceId('known', 'rg'))],
      'VM1',
      'scoped_name',
      75,
    ],
    [
      'a name in the subscription of the target',
      [anItem('vm1'), aTarget(workspaceId('known'))],
      'VM1',
      'scoped_name',
      75,
    ],
    [
      'the one in the resource group, of two in the subscription',
      [anItem('DB-01'), aTarget(workspaceId('known', 'rg', 's2'))],
      'db-01',
      'scoped_name',
      75,
    ],
    ['an FQDN that is an alias', [anItem('VM2.corp.example.')], 'vm2', 'alias', 70],
    ['an IP address that is an alias', [anItem('10.0.0.4')], 'vm2', 'alias', 70],
    [
      'the host part of an FQDN in the subscription',
      [anItem('vm1.corp.example'), aTarget('/subscriptions/s1')],
      'VM1',
      'alias',
      70,
    ],
    ['the host name of an item that is known by its FQDN', [anItem('full')], 'full.corp.example', 'alias', 70],
    ['a name that is unique', [anItem('Alone')], 'alone', 'unique_name', 60],
    [
      'the host part of an FQDN in the subscription, whatever its own domain is',
      [anItem('erp.customera.example'), aTarget('/subscriptions/s4')],
      'erp',
      'alias',
      70,
    ],
    ['an address with a port', [anItem('10.0.0.4:9100')], 'vm2', 'alias', 70],
    ['the host part of an FQDN, if unique', [anItem('alone.corp.example')], 'alone', 'unique_name', 60],
  ])('finds %s', async (_, references, name, method, confidence) => {
    const { bindings, tasks } = await bind(...references);
    expect(bindings).toHaveLength(1);
    expect(bindings[0]).toMatchObject({ name, method, confidence, role: 'primary' });
    expect(tasks).toEqual([]);
  });

  it('tells what routing and priority want to know of the item', async () => {
    const { bindings } = await bind(aTarget(vmId('vm1')));
    expect(bindings[0]).toMatchObject({ criticality: 1, tags: { env: 'prod' }, className: 'cmdb_ci_vm_instance' });
  });

  it.each<[string, CiReference[], string, number]>([
    ['a name that the CMDB lacks', [anItem(NOBODY)], 'unmatched', 0],
    ['the host name of an item in another domain', [anItem('erp.customera.example')], 'unmatched', 0],
    ['a name of several items', [anItem('twice')], 'ambiguous', 2],
    ['an alias of several items', [anItem('both')], 'ambiguous', 2],
    ['the ARM id of a retired item', [aTarget(vmId('gone'))], 'retired', 1],
    ['the name of a retired item', [anItem('gone'), aTarget('/subscriptions/s1')], 'retired', 1],
  ])('asks a person about %s', async (_, references, reason, candidates) => {
    const { bindings, tasks } = await bind(...references);
    expect(bindings.filter((ci) => ci.role === 'primary')).toEqual([]);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({ reason, value: references[0]!.value });
    expect(tasks[0]!.candidateIds).toHaveLength(candidates);
  });

  it('makes a stub for an ARM id that the CMDB lacks, once for a whole batch and for good', async () => {
    const requests = ['a', 'b'].map((key) => ({ key, references: [aTarget(vmId(`New-${key === 'a' ? 'X' : 'x'}`))] }));
    const first = await dataSource.transaction((tx) => cmdb.bindAlerts(tx, requests));
    const again = await bind(aTarget(vmId('new-x')));
    const ids = [...first.values(), again].map((binding) => binding.bindings[0]!.ciId);
    expect(new Set(ids).size).toBe(1);
    expect(again.bindings[0]).toMatchObject({ name: 'New-X', method: 'arm_id', confidence: 100, criticality: null });
  });

  it('does not find a stub by its name, so that no alert depends on those before it', async () => {
    await bind(aTarget(vmId('stub-by-name')));
    const { tasks } = await bind(anItem('stub-by-name'), aTarget('/subscriptions/s1'));
    expect(tasks).toMatchObject([{ reason: 'unmatched' }]);
  });

  it('asks nothing about the short name of a machine whose ARM id the alert has', async () => {
    const { bindings, tasks } = await bind(anItem('brand-new'), aTarget(vmId('Brand-New')));
    expect(bindings).toMatchObject([{ method: 'arm_id', role: 'primary' }]);
    expect(tasks).toEqual([]);
  });

  it('leaves the workspace out where the machine is found', async () => {
    const { bindings } = await bind(anItem('vm1'), aTarget(workspaceId('known')));
    expect(bindings.map((ci) => ci.name)).toEqual(['VM1']);
  });

  it('makes no stub of a workspace that is not needed', async () => {
    await bind(anItem('vm1'), aTarget(workspaceId('needless')));
    const rows: unknown = await dataSource.query('SELECT id FROM configuration_items WHERE nameKey = ?', ['needless']);
    expect(rows).toEqual([]);
  });

  it('binds the workspace as affected, never as primary, where the machine is not found', async () => {
    const { bindings, tasks } = await bind(anItem(NOBODY), aTarget(workspaceId('known')));
    expect(bindings).toMatchObject([{ name: 'known', role: 'affected' }]);
    expect(tasks).toMatchObject([{ reason: 'unmatched', value: NOBODY }]);
  });

  describe('a container with the name of a machine', () => {
    const group = (name: string): string => `/subscriptions/s9/resourceGroups/${name}`;
    const computer = (value: string): CiReference => ({ ...anItem(value), isMachine: true });

    beforeAll(() =>
      putItems(dataSource.manager, [
        { resourceId: group('web01') },
        { resourceId: vmId('web01', 'web01', 's9') },
        { resourceId: group('lone') },
        { resourceId: workspaceId('sql01', 'mon', 's9') },
        { resourceId: '/subscriptions/s9/resourceGroups/app/providers/Microsoft.Insights/components/shop' },
        { resourceId: '/subscriptions/s9/resourceGroups/app/providers/Microsoft.Web/sites/shop' },
      ]),
    );

    it.each([
      ['a Computer dimension', computer('web01'), 'scoped_name'],
      ['an FQDN', anItem('web01.corp.example'), 'alias'],
      ['an FQDN in a Computer dimension', computer('web01.corp.example'), 'alias'],
    ])('is not bound for it by %s', async (_, reference, method) => {
      const { bindings, tasks } = await bind(reference, aTarget(group('web01')));
      expect(bindings).toMatchObject([{ name: 'web01', resourceId: vmId('web01', 'web01', 's9'), method }]);
      expect(tasks).toEqual([]);
    });

    it.each([
      ['a Computer dimension', computer('lone'), group('lone')],
      ['an FQDN', anItem('lone.corp.example'), group('lone')],
      ['the FQDN of a database server', anItem('sql01.corp.example'), workspaceId('sql01', 'mon', 's9')],
      ['a Computer dimension that the group lacks', computer('sql01'), workspaceId('sql01', 'mon', 's9')],
    ])('is not primary, and a person is asked, where the machine of %s is not known', async (_, reference, target) => {
      const { bindings, tasks } = await bind(reference, aTarget(target));
      expect(bindings).toMatchObject([{ resourceId: target, role: 'affected', isContainer: true }]);
      expect(tasks).toMatchObject([{ reason: 'unmatched', value: reference.value }]);
    });

    it('is what a configuration item that is called so means, where it is the target', async () => {
      const { bindings, tasks } = await bind(anItem('lone'), aTarget(group('lone')));
      expect([bindings, tasks]).toMatchObject([[{ resourceId: group('lone'), role: 'primary' }], []]);
    });

    it('makes no question of a site that is called as its Application Insights component', async () => {
      const { bindings, tasks } = await bind(anItem('shop'), aTarget(workspaceId('law', 'app', 's9')));
      expect([bindings, tasks]).toMatchObject([[{ name: 'shop', resourceType: 'microsoft.web/sites' }], []]);
    });
  });

  it('binds a workspace as primary where the alert is about nothing else', async () => {
    const { bindings } = await bind(anItem('known'), aTarget(workspaceId('known')));
    expect(bindings).toMatchObject([{ name: 'known', role: 'primary', method: 'arm_id' }]);
  });

  it('makes no item of alerts and rules', async () => {
    const references = ['alerts/123', 'smartDetectorAlertRules/x'].map((path) =>
      aTarget(`/subscriptions/s1/providers/Microsoft.AlertsManagement/${path}`),
    );
    expect(await bind(...references)).toEqual({ bindings: [], tasks: [] });
  });

  it('binds the machine that an alert record is attached to', async () => {
    const { bindings } = await bind(aTarget(`${vmId('attached')}/providers/Microsoft.AlertsManagement/alerts/1`));
    expect(bindings).toMatchObject([{ name: 'attached', method: 'parent_resource' }]);
  });

  it('takes the first of two computers as primary', async () => {
    const { bindings } = await bind(anItem('vm1', 0), anItem('alone', 1), aTarget('/subscriptions/s1'));
    expect(bindings).toMatchObject([
      { name: 'VM1', role: 'primary' },
      { name: 'alone', role: 'affected' },
    ]);
  });

  it('reads no more than a few of the items that share a name', async () => {
    await putItems(
      dataSource.manager,
      Array.from({ length: 40 }, (_, index) => ({ resourceId: vmId('common', 'rg', `c${index}`) })),
    );
    const { tasks } = await bind(anItem('common'));
    expect(tasks).toMatchObject([{ reason: 'ambiguous' }]);
    expect(tasks[0]!.candidateIds).toHaveLength(10);
    const scoped = await bind(anItem('common'), aTarget('/subscriptions/c39'));
    expect(scoped.bindings).toMatchObject([{ method: 'scoped_name' }]);
  });

  describe('where more share a name than are read at first', () => {
    const several = (name: string, count: number, spec: Partial<ItemSpec> = {}): ItemSpec[] =>
      Array.from({ length: count }, () => ({ name, ...spec }));
    const components = (name: string, count: number): ItemSpec[] =>
      Array.from({ length: count }, (_, index) => ({
        resourceId: `/subscriptions/n${index}/resourceGroups/rg/providers/Microsoft.Insights/components/${name}`,
      }));
    const retired = { status: 'retired' };
    const computer = (value: string): CiReference => ({ ...anItem(value), isMachine: true });

    /** How many statements look up keys, and how many items they read besides the subscription. */
    async function keyLookupsOf(references: CiReference[]): Promise<{ count: number; rows: number }> {
      return dataSource.transaction(async (tx) => {
        const query = jest.spyOn(tx, 'query');
        await cmdb.bindAlerts(tx, [{ key: 'a', references }]);
        const { calls, results } = query.mock;
        const lookups = results.filter((_result, index) => calls[index]?.[0].includes('ci_keys'));
        let rows: { name: string }[] = [];
        for (const { value } of lookups) rows = rows.concat(await (value as Promise<{ name: string }[]>));
        query.mockRestore();
        return { count: lookups.length, rows: rows.filter(({ name }) => name !== 's6').length };
      });
    }

    it.each([
      ['binds the only one in use behind many retired ones', several('agent', 11, retired), 1, anItem('agent')],
      ['binds the only machine behind many containers', components('front', 12), 1, computer('front')],
    ])('%s', async (_, many, count, reference) => {
      await putItems(dataSource.manager, many);
      const [last] = await putItems(dataSource.manager, several(reference.value, count));
      const { bindings, tasks } = await bind(reference);
      expect([bindings, tasks]).toMatchObject([[{ ciId: last, method: 'unique_name' }], []]);
    });

    it.each([
      [
        'two in use, one of them behind many retired ones',
        several('ten', 10, retired),
        several('ten', 2),
        anItem('ten'),
      ],
      ['two machines behind many containers', components('ui', 10), several('ui', 2), computer('ui')],
      [
        'two in use of a subscription',
        several('sub', 10, { ...retired, subscriptionId: 's8' }),
        several('sub', 2, { subscriptionId: 's8' }),
        anItem('sub'),
      ],
      [
        'two in use by their host name',
        several('h.corp.example', 101, retired),
        several('h.corp.example', 2),
        anItem('h'),
      ],
    ])('asks about %s', async (_, many, two, reference) => {
      await putItems(dataSource.manager, many);
      const ids = await putItems(dataSource.manager, two);
      const { bindings, tasks } = await bind(reference, aTarget('/subscriptions/s8'));
      expect(bindings.filter(({ role }) => role === 'primary')).toEqual([]);
      expect(tasks).toMatchObject([{ reason: 'ambiguous' }]);
      expect(tasks[0]!.candidateIds).toEqual(expect.arrayContaining(ids));
    });

    describe('and have domains of their own', () => {
      const others = (name: string, count: number): ItemSpec[] =>
        Array.from({ length: count }, (_, index) => ({ name, aliases: [`${name}.customer${index}.example`] }));

      it('binds the only one without', async () => {
        await putItems(dataSource.manager, others('lone', 12));
        const [last] = await putItems(dataSource.manager, several('lone', 1));
        const { bindings, tasks } = await bind(anItem('lone.customera.example'));
        expect([bindings, tasks]).toMatchObject([[{ ciId: last, method: 'unique_name' }], []]);
      });

      it('asks about several without, though one of them is among the first', async () => {
        await putItems(dataSource.manager, [...others('pair', 10), ...several('pair', 4)]);
        const { bindings, tasks } = await bind(anItem('pair.customera.example'));
        expect([bindings, tasks]).toMatchObject([[], [{ reason: 'ambiguous' }]]);
      });

      it('takes none where it can not read all that have another domain', async () => {
        const hosts = Array.from({ length: 101 }, (_, index) => ({ name: `full1.customer${index}.example` }));
        await putItems(dataSource.manager, hosts);
        await putItems(dataSource.manager, [{ name: 'full1', aliases: ['full1.customerb.example'] }]);
        const { bindings } = await bind(anItem('full1.customera.example'));
        expect(bindings).toEqual([]);
      });
    });

    it('takes none of a host name for the nearest where it can not read all that have it', async () => {
      await putItems(dataSource.manager, several('busy.corp.example', 101));
      await putItems(dataSource.manager, several('busy.corp.example', 1, { subscriptionId: 's7' }));
      const { bindings, tasks } = await bind(anItem('busy'), aTarget('/subscriptions/s7'));
      expect(bindings.map(({ role }) => role)).toEqual(['affected']);
      expect(tasks).toMatchObject([{ reason: 'ambiguous' }]);
    });

    it('takes the nearest of fewer by their host name', async () => {
      await putItems(dataSource.manager, several('calm.corp.example', 99));
      const [near] = await putItems(dataSource.manager, several('calm.corp.example', 1, { subscriptionId: 's7' }));
      const { bindings } = await bind(anItem('calm'), aTarget('/subscriptions/s7'));
      expect(bindings).toMatchObject([{ ciId: near, method: 'alias' }]);
    });

    it.each([
      ['a name', several('lots', 300), anItem('lots'), 11, 1],
      ['a name in a subscription', several('svc', 300, { subscriptionId: 's6' }), anItem('svc'), 22, 1],
      ['a host name', several('lots.host.example', 300), anItem('lots'), 112, 1],
      ['a name of retired ones', several('dead', 300, retired), anItem('dead'), 11, 2],
      ['a name of containers', components('box', 300), computer('box'), 112, 2],
    ])(
      'reads few that share %s, and asks twice only to tell who is in use',
      async (_, many, reference, rows, statements) => {
        await putItems(dataSource.manager, many);
        const { rows: read, count } = await keyLookupsOf([reference, aTarget('/subscriptions/s6')]);
        expect([count, read]).toEqual([statements, rows]);
      },
    );
  });

  it('looks up more names than one statement takes', async () => {
    const names = Array.from({ length: 190 }, (_, index) => `bulk-${index}.corp.example`);
    const ids = await putItems(
      dataSource.manager,
      names.map((name) => ({ name })),
    );
    const requests = names.map((key) => ({ key, references: [anItem(key), aTarget('/subscriptions/s5')] }));
    const bound = await dataSource.transaction((tx) => cmdb.bindAlerts(tx, requests));
    expect(names.map((name) => bound.get(name)?.bindings[0]?.ciId)).toEqual(ids);
  });

  it('sends one statement for a batch, and none where there is nothing to find', async () => {
    await bind(aTarget(vmId('vm1')));
    const statements = await statementsOf(dataSource, (tx) =>
      cmdb.bindAlerts(tx, [
        { key: 'a', references: [anItem('vm1'), aTarget('/subscriptions/s1')] },
        { key: 'b', references: [aTarget(vmId('vm1'))] },
        { key: 'c', references: [] },
      ]),
    );
    expect(statements).toBe(1);
    expect(await statementsOf(dataSource, (tx) => cmdb.bindAlerts(tx, [{ key: 'c', references: [] }]))).toBe(0);
  });
});

async function statementsOf(dataSource: DataSource, work: (tx: EntityManager) => Promise<unknown>): Promise<number> {
  return dataSource.transaction(async (tx) => {
    const query = jest.spyOn(tx, 'query');
    await work(tx);
    const count = query.mock.calls.length;
    query.mockRestore();
    return count;
  });
}
