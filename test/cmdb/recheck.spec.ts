import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import type { AttachedCis } from '../../src/cmdb/binding/bound-ci';
import type { CiReference } from '../../src/cmdb/binding/ci-reference';
import type { CmdbService } from '../../src/cmdb/cmdb.service';
import { workItemsToCheck } from '../../src/cmdb/triage/recheck';
import { sqlTime } from '../../src/common/sql';
import { ENGINES } from '../support/database';
import { aCmdbService, anItem, aTarget, NOW, putItems, vmId, workspaceId } from './cmdb-builders';
import { type CmdbDatabase, openCmdbDatabase } from './cmdb-database';

interface Link {
  ciId: string;
  isLead: number;
  isRemoved: number;
  boundBy: string;
}

describe.each(ENGINES)('looking again for what could not be bound, on %s', (engine) => {
  let database: CmdbDatabase;
  let dataSource: DataSource;
  let cmdb: CmdbService;
  let nextWorkItem = 1;

  beforeAll(async () => {
    database = await openCmdbDatabase(engine);
    dataSource = database.dataSource;
    cmdb = aCmdbService(dataSource);
  });
  afterAll(() => database.close());

  const due = (): Promise<number[]> => workItemsToCheck(dataSource.manager, NOW, 10);

  async function aWorkItem(references: readonly CiReference[]): Promise<number> {
    const workItemId = nextWorkItem++;
    await dataSource.transaction(async (tx) => {
      const bound = await cmdb.bindAlerts(tx, [{ key: 'a', references }]);
      await cmdb.attach(tx, [
        { workItemId, workItemNumber: `INC${workItemId}`, isNewWorkItem: true, binding: bound.get('a')! },
      ]);
    });
    return workItemId;
  }

  async function recheck(workItemId: number): Promise<AttachedCis> {
    const checked = await dataSource.transaction((tx) =>
      cmdb.recheck(tx, [{ id: workItemId, number: `INC${workItemId}` }]),
    );
    return checked.get(workItemId)!;
  }

  async function links(workItemId: number): Promise<Link[]> {
    const rows = await dataSource.query<Link[]>(
      'SELECT ciId, isLead, isRemoved, boundBy FROM bindings WHERE workItemId = ? ORDER BY ciId',
      [workItemId],
    );
    return rows;
  }

  it('looks at a new question once by itself, and then only when something comes', async () => {
    const workItemId = await aWorkItem([anItem('nobody')]);
    expect(await due()).toEqual([workItemId]);
    expect(await recheck(workItemId)).toMatchObject({ bound: [], tasksClosed: [], merges: [] });
    expect(await due()).toEqual([]);
  });

  it('keeps what a question from before that was kept waits for', async () => {
    const workItemId = await aWorkItem([anItem('from-before')]);
    const [{ id }] = await dataSource.query<[{ id: string }]>('SELECT id FROM binding_tasks WHERE workItemId = ?', [
      workItemId,
    ]);
    await dataSource.query('DELETE FROM binding_task_keys WHERE taskId = ?', [id]);
    await dataSource.query('UPDATE binding_tasks SET asked = NULL WHERE id = ?', [id]);
    await recheck(workItemId);
    const keys = await dataSource.query<unknown[]>('SELECT keyHash FROM binding_task_keys WHERE taskId = ?', [id]);
    expect(keys.length).toBeGreaterThan(0);
    await recheck(workItemId);
    expect(await due()).toEqual([]);
  });

  it.each(['resolved', 'dismissed'])(
    'looks no longer at a task that is %s, however it came to be marked',
    async (status) => {
      const workItemId = await aWorkItem([anItem(`closed-${status}`)]);
      await dataSource.query('UPDATE binding_tasks SET status = ? WHERE workItemId = ?', [status, workItemId]);
      await putItems(dataSource.manager, [{ name: `closed-${status}` }]);
      expect(await due()).toEqual([workItemId]);
      expect(await recheck(workItemId)).toMatchObject({ bound: [], tasksClosed: [] });
      expect(await due()).toEqual([]);
      expect(await links(workItemId)).toEqual([]);
    },
  );

  it('puts off what it is told to', async () => {
    const workItemId = await aWorkItem([anItem('later')]);
    await cmdb.putOffChecks(dataSource.manager, workItemId, new Date(NOW.getTime() + 1));
    expect(await due()).toEqual([]);
    expect(await workItemsToCheck(dataSource.manager, new Date(NOW.getTime() + 1), 10)).toEqual([workItemId]);
    await recheck(workItemId);
  });

  it('shows the candidates that are left, no longer those that were', async () => {
    const twins = await putItems(dataSource.manager, [{ name: 'trio' }, { name: 'trio' }, { name: 'trio' }]);
    const workItemId = await aWorkItem([anItem('trio')]);
    await dataSource.query("UPDATE configuration_items SET status = 'retired' WHERE id = ?", [twins[0]]);
    await recheck(workItemId);
    const { tasks } = await cmdb.keptFor(workItemId);
    expect(tasks[0]).toMatchObject({ reason: 'ambiguous', candidateIds: twins.slice(1).sort() });
    await dataSource.query("UPDATE configuration_items SET status = 'retired' WHERE id = ?", [twins[1]]);
    const { bound, tasksClosed } = await recheck(workItemId);
    expect(bound).toMatchObject([{ ciId: twins[2], method: 'unique_name', confidence: 60, role: 'primary' }]);
    expect(tasksClosed).toMatchObject([{ value: 'trio', ciId: twins[2] }]);
    expect(await due()).toEqual([]);
  });

  it('takes no container for the machine that was asked for, and the machine when it comes', async () => {
    const group = '/subscriptions/s1/resourceGroups/asked01';
    await putItems(dataSource.manager, [{ resourceId: group }]);
    const workItemId = await aWorkItem([{ ...anItem('asked01'), isMachine: true }, aTarget(group)]);
    expect(await recheck(workItemId)).toMatchObject({ bound: [], tasksClosed: [] });
    const [machine] = await putItems(dataSource.manager, [{ resourceId: vmId('asked01', 'asked01') }]);
    expect(await recheck(workItemId)).toMatchObject({ tasksClosed: [{ value: 'asked01', ciId: machine }] });
    const items = (await cmdb.bindingsOf([workItemId])).get(workItemId)!;
    expect(items.map(({ id, role }) => [id, role])).toMatchObject([
      [machine, 'primary'],
      [expect.any(String), 'affected'],
    ]);
  });

  it('closes the question by the container that it meant', async () => {
    const workItemId = await aWorkItem([anItem('late-law'), aTarget(vmId('leads-here', 'late'))]);
    const [law] = await putItems(dataSource.manager, [{ resourceId: workspaceId('late-law', 'late') }]);
    expect(await recheck(workItemId)).toMatchObject({ tasksClosed: [{ value: 'late-law', ciId: law }] });
  });

  it('lets what a target named be affected where another item leads', async () => {
    const [leader] = await putItems(dataSource.manager, [{ resourceId: vmId('leader') }]);
    const workItemId = await aWorkItem([aTarget(vmId('leader'), 0), aTarget('a-target', 1)]);
    const [found] = await putItems(dataSource.manager, [{ name: 'a-target' }]);
    await recheck(workItemId);
    const items = (await cmdb.bindingsOf([workItemId])).get(workItemId)!;
    expect(items.map(({ id, role }) => [id, role])).toEqual([
      [leader, 'primary'],
      [found, 'affected'],
    ]);
  });

  describe('a stub that turned out to be another item', () => {
    const link = { isLead: 1, isRemoved: 0, boundBy: 'system' };

    /** Of each: its link, or null; then the link that is left. */
    it.each<[string, Partial<Link> | null, Partial<Link> | null, Partial<Link>, number]>([
      ['takes its lead along', link, null, link, 1],
      [
        'stays off where a person took the stub off',
        { ...link, isRemoved: 1, boundBy: 'person' },
        null,
        { isRemoved: 1, boundBy: 'person' },
        0,
      ],
      ['gives its lead to the item that is there', link, { ...link, isLead: 0 }, link, 1],
      [
        'leaves alone what a person bound',
        link,
        { ...link, isLead: 0, boundBy: 'person' },
        { isLead: 0, boundBy: 'person' },
        1,
      ],
      ['leaves off what a person took off', link, { ...link, isRemoved: 1, boundBy: 'person' }, { isRemoved: 1 }, 1],
      [
        'lets a person who bound the stub prevail',
        { ...link, isLead: 0, boundBy: 'person' },
        link,
        { isLead: 0, boundBy: 'person' },
        1,
      ],
      [
        'lets a person who took the stub off prevail',
        { ...link, isRemoved: 1, boundBy: 'person' },
        link,
        { isRemoved: 1 },
        0,
      ],
    ])('%s', async (_, onStub, onItem, left, told) => {
      const workItemId = nextWorkItem++;
      const [stub, item] = (await putItems(dataSource.manager, [
        { name: 'stub' },
        { name: 'item', criticality: 1 },
      ])) as [string, string];
      for (const [ciId, values] of [
        [stub, onStub],
        [item, onItem],
      ] as const) {
        if (values === null) continue;
        const row = { ...link, ...values };
        await dataSource.query(
          `INSERT INTO bindings (workItemId, ciId, isLead, isRemoved, method, confidence, source, boundBy, createdAt)
           VALUES (?, ?, ?, ?, 'arm_id', 100, 's', ?, ?)`,
          [workItemId, ciId, row.isLead, row.isRemoved, row.boundBy, sqlTime(NOW)],
        );
      }
      await dataSource.query(
        "UPDATE configuration_items SET mergedIntoId = ?, mergeDueAt = ?, status = 'retired' WHERE id = ?",
        [item, sqlTime(NOW), stub],
      );
      expect(await due()).toContain(workItemId);
      const { merges } = await recheck(workItemId);
      expect(await links(workItemId)).toMatchObject([{ ciId: item, ...left }]);
      expect(merges).toHaveLength(told);
      expect(await due()).not.toContain(workItemId);
    });

    it('is looked for until an hour has gone by and nothing is bound to it', async () => {
      const [stub, item] = await putItems(dataSource.manager, [{ name: 'followed' }, { name: 'heir' }]);
      const mergedAt = async (time: Date): Promise<void> => {
        const sql = 'UPDATE configuration_items SET mergedIntoId = ?, mergeDueAt = ? WHERE id = ?';
        await dataSource.query(sql, [item, sqlTime(time), stub]);
      };
      await mergedAt(new Date(NOW.getTime() - 3_599_999));
      expect(await cmdb.followedMerges()).not.toContain(stub);
      await mergedAt(new Date(NOW.getTime() - 3_600_000));
      const workItemId = nextWorkItem++;
      await dataSource.query(
        `INSERT INTO bindings (workItemId, ciId, isLead, isRemoved, method, confidence, source, boundBy, createdAt)
         VALUES (?, ?, 1, 0, 'arm_id', 100, 's', 'system', ?)`,
        [workItemId, stub, sqlTime(NOW)],
      );
      expect([await cmdb.followedMerges(), await due()]).toEqual([[], [workItemId]]);
      await recheck(workItemId);
      expect(await cmdb.followedMerges()).toEqual([stub]);
      await dataSource.transaction((tx) => cmdb.endMerges(tx, [stub!]));
      expect(await cmdb.followedMerges()).toEqual([]);
    });

    it('may be one of several that turned out to be the same', async () => {
      const workItemId = nextWorkItem++;
      const [one, other, item] = await putItems(dataSource.manager, [{ name: 'x' }, { name: 'y' }, { name: 'z' }]);
      for (const [ciId, isLead] of [
        [one, 0],
        [other, 1],
      ] as const) {
        await dataSource.query(
          `INSERT INTO bindings (workItemId, ciId, isLead, isRemoved, method, confidence, source, boundBy, createdAt)
           VALUES (?, ?, ?, 0, 'arm_id', 100, 's', 'system', ?)`,
          [workItemId, ciId, isLead, sqlTime(NOW)],
        );
      }
      await dataSource.query('UPDATE configuration_items SET mergedIntoId = ? WHERE id IN (?, ?)', [item, one, other]);
      await recheck(workItemId);
      expect(await links(workItemId)).toEqual([{ ciId: item, isLead: 1, isRemoved: 0, boundBy: 'system' }]);
    });
  });
});
