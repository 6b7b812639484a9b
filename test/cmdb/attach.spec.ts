import 'reflect-metadata';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import type { AttachedCis, BindingLink } from '../../src/cmdb/binding/bound-ci';
import type { CiReference } from '../../src/cmdb/binding/ci-reference';
import type { CmdbService } from '../../src/cmdb/cmdb.service';
import { aCmdbService, anItem, aTarget, putItems, vmId, workspaceId } from './cmdb-builders';
import { ENGINES } from '../support/database';
import { type CmdbDatabase, openCmdbDatabase } from './cmdb-database';

const ALERTS: readonly CiReference[][] = [
  [aTarget(vmId('vm1'))],
  [anItem('vm1'), aTarget(workspaceId())],
  [anItem('unknown'), aTarget(workspaceId())],
  [anItem('twice', 0), anItem('lost.corp.example', 1)],
  [anItem('vm3', 0), anItem('vm1', 1), aTarget('/subscriptions/s1')],
  [aTarget(vmId('lost'))],
];

describe.each(ENGINES)('attaching on %s', (engine) => {
  let database: CmdbDatabase;
  let dataSource: DataSource;
  let cmdb: CmdbService;
  let nextWorkItem = 1;

  beforeAll(async () => {
    database = await openCmdbDatabase(engine);
    dataSource = database.dataSource;
    cmdb = aCmdbService(dataSource);
    await putItems(dataSource.manager, [
      { resourceId: vmId('vm1'), criticality: 1 },
      { resourceId: vmId('vm3'), criticality: 3 },
      { name: 'twice' },
      { name: 'twice' },
    ]);
  });
  afterAll(() => database.close());

  /** One transaction an array, as the ingest does it. */
  async function attach(
    workItemId: number,
    alerts: readonly CiReference[][],
    isNewWorkItem = false,
  ): Promise<AttachedCis> {
    return dataSource.transaction(async (tx) => {
      const requests = alerts.map((references, index) => ({ key: String(index), references }));
      const bound = await cmdb.bindAlerts(tx, requests);
      const links = [...bound.values()].map((binding): BindingLink => ({
        workItemId,
        workItemNumber: `INC${workItemId}`,
        isNewWorkItem,
        binding,
      }));
      return (await cmdb.attach(tx, links)).get(workItemId)!;
    });
  }

  async function tasksOf(workItemId: number): Promise<unknown> {
    return dataSource.query(
      "SELECT value, reason, source, status FROM binding_tasks WHERE workItemId = ? AND status = 'open' ORDER BY valueHash",
      [workItemId],
    );
  }

  it('shows the primary first, with its evidence', async () => {
    const workItemId = nextWorkItem++;
    const attached = await attach(workItemId, [ALERTS[4]!], true);
    expect(attached.impact).toBe(1);
    expect((await cmdb.bindingsOf([workItemId])).get(workItemId)).toMatchObject([
      {
        name: 'vm3',
        className: 'cmdb_ci_vm_instance',
        resourceId: vmId('vm3'),
        role: 'primary',
        binding: { method: 'scoped_name', confidence: 75, source: 'data.essentials.configurationItems[0]' },
      },
      { name: 'vm1', role: 'affected' },
    ]);
  });

  it('adds nothing for a repeat, neither items nor questions', async () => {
    const workItemId = nextWorkItem++;
    const first = await attach(workItemId, [ALERTS[2]!], true);
    const second = await attach(workItemId, [ALERTS[2]!]);
    expect([first.bound.length, first.tasksOpened.length]).toEqual([1, 1]);
    expect([second.bound.length, second.tasksOpened.length, second.impact]).toEqual([0, 0, 2]);
  });

  it('takes over better evidence for several items at once', async () => {
    const workItemId = nextWorkItem++;
    await attach(workItemId, [ALERTS[4]!], true);
    await attach(workItemId, [[aTarget(vmId('vm1'), 0), aTarget(vmId('vm3'), 1)]]);
    const items = (await cmdb.bindingsOf([workItemId])).get(workItemId)!;
    expect(items.map((item) => [item.name, item.role, item.binding.method])).toEqual([
      ['vm1', 'primary', 'arm_id'],
      ['vm3', 'affected', 'arm_id'],
    ]);
  });

  it('closes a question when its machine is bound later', async () => {
    const workItemId = nextWorkItem++;
    await attach(workItemId, [[anItem('late.corp.example')]], true);
    const attached = await attach(workItemId, [[aTarget(vmId('late'))]]);
    expect(attached.tasksClosed).toMatchObject([{ value: 'late.corp.example', name: 'late' }]);
    expect(await tasksOf(workItemId)).toEqual([]);
  });

  it('ends the same for every order of alerts, in any batches', async () => {
    const ends = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...ALERTS], { minLength: ALERTS.length }),
        fc.integer({ min: 1, max: 3 }),
        async (alerts, size) => {
          const workItemId = nextWorkItem++;
          for (let start = 0; start < alerts.length; start += size) {
            await attach(workItemId, alerts.slice(start, start + size), start === 0);
          }
          const items = (await cmdb.bindingsOf([workItemId])).get(workItemId);
          ends.add(JSON.stringify([items, await tasksOf(workItemId)]));
        },
      ),
      { numRuns: 25 },
    );
    expect(ends.size).toBe(1);
  });
});
