import { DataSource } from 'typeorm';
import { IngestService } from '../../src/alerts/ingest/ingest.service';
import { Transactions } from '../../src/common/transactions';
import { facetsOf } from '../../src/work-items/facets.rules';
import { lockWorkItems, updateWorkItems } from '../../src/work-items/work-item.store';
import { anAccepted, at } from '../support/alert-builders';
import { ENGINES } from '../support/database';
import { TestApp } from '../support/test-app';
import { TestClock } from '../support/test-clock';

interface Found {
  items: { number: string }[];
}

describe('the facets of a work item', () => {
  it('are a line each, cut as the columns cut them, and none for what it has not', () => {
    const facets = facetsOf({
      ...{ priority: 3, type: 'incident', assignmentGroup: 'one\ntwo', monitoringService: 'x'.repeat(101) },
      subscriptionId: null,
    });
    expect(facets).toBe(`\np=3\nt=incident\ng=one two\nv=${'x'.repeat(100)}\n`);
    const nobodys = facetsOf({
      priority: 1,
      type: 'event',
      assignmentGroup: null,
      monitoringService: null,
      subscriptionId: 's',
    });
    expect(nobodys).toBe('\np=1\nt=event\ng=\nu=s\n');
  });
});

describe.each(ENGINES)('work items that changed, on %s', (engine) => {
  let app: TestApp;
  let number: string;

  beforeAll(async () => {
    app = await TestApp.start({ engine, clock: new TestClock(at(60)) });
    const ingest = app.app.get(IngestService);
    const fired = anAccepted({ episode: 'a', fired: 0, urgency: 3, signature: 'v1-facets' });
    number = (await ingest.ingest([fired]))[0]!.workItems[0]!.number;
  });
  afterAll(() => app.stop());

  const found = async (query: string): Promise<string[]> => {
    const { body } = await app.get<Found>(`/api/v1/work-items?${query}`);
    return body.items.map((item) => item.number);
  };
  const change = (body: object): Promise<{ status: number }> =>
    app.call('PATCH', `/api/v1/work-items/${number}`, { as: app.token('Manager'), body, headers: { 'if-match': '*' } });
  const facets = async (): Promise<string | null> => {
    const [row] = await app.app
      .get(DataSource)
      .query<{ facets: string | null }[]>("SELECT facets FROM signatures WHERE signature = 'v1-facets'");
    return row?.facets ?? null;
  };

  it('are found by several of their facets as they were opened', async () => {
    expect(await facets()).toContain('\np=4\n');
    expect(await found('type=incident&priority=4&sort=priority')).toEqual([number]);
    expect(await found('q=cpu&type=incident&priority=4')).toEqual([number]);
  });

  it('are found by the group that they have not, as long as they have none', async () => {
    const query = 'q=cpu&assignmentGroup=none&type=incident';
    expect(await found(`${query}&sort=priority`)).toEqual([number]);
    expect(await found('assignmentGroup=none&type=incident&priority=4')).toEqual([number]);
    expect((await change({ assignmentGroup: 'web' })).status).toBe(200);
    expect(await found(query)).toEqual([]);
    expect((await change({ assignmentGroup: null })).status).toBe(200);
    expect(await found('assignmentGroup=none&type=incident&priority=4')).toEqual([number]);
  });

  it('are found by the group that they have not, whatever an older version wrote of their signature', async () => {
    const ingest = app.app.get(IngestService);
    const signature = 'v1-groupless';
    const first = await ingest.ingest([anAccepted({ episode: 'd', fired: 0, signature })]);
    const one = first[0]!.workItems[0]!.number;
    const gone = { as: app.token('Manager'), body: { to: 'canceled', reason: 'test' } };
    expect((await app.call('POST', `/api/v1/work-items/${one}/transitions`, gone)).status).toBe(200);
    const second = await ingest.ingest([anAccepted({ episode: 'e', fired: 1, signature })]);
    const other = second[0]!.workItems[0]!.number;
    expect(other).not.toBe(one);
    const older =
      "UPDATE signatures SET facets = REPLACE(facets, CONCAT(CHAR(10), 'g=', CHAR(10)), CHAR(10)) WHERE signature = ?";
    const dataSource = app.app.get(DataSource);
    const expectBoth = async (numbers: string[]): Promise<void> => {
      for (const filters of [
        'q=cpu&type=incident',
        'type=incident&priority=1,2,3,4',
        'q=cpu&sort=priority',
        'monitoringService=Platform&sort=-updatedAt',
      ])
        expect(
          (await found(`assignmentGroup=none&${filters}`)).filter((each) => [one, other].includes(each)).sort(),
        ).toEqual(numbers);
    };
    await dataSource.query(older, [signature]);
    await expectBoth([one, other]);
    const grouped = { as: app.token('Manager'), body: { assignmentGroup: 'web' }, headers: { 'if-match': '*' } };
    expect((await app.call('PATCH', `/api/v1/work-items/${other}`, grouped)).status).toBe(200);
    await dataSource.query(older, [signature]);
    await expectBoth([one]);
    const told = [`\np=4\nt=incident\ng=web\nv=Platform\n`, `\np=4\nt=incident\nv=Platform\n`];
    await dataSource.query('UPDATE signatures SET facets = ? WHERE signature = ?', [told.join(''), signature]);
    await expectBoth([one]);
  });

  it('are found by the group and the priority that a person gave them', async () => {
    expect((await change({ assignmentGroup: 'dba', impact: 1, urgency: 1 })).status).toBe(200);
    for (const sort of ['priority', '-openedAt', '-updatedAt']) {
      expect(await found(`assignmentGroup=dba&type=incident&sort=${sort}`)).toEqual([number]);
      expect(await found(`q=cpu&assignmentGroup=dba&priority=1&sort=${sort}`)).toEqual([number]);
      expect(await found(`q=cpu&assignmentGroup=dba&priority=4&sort=${sort}`)).toEqual([]);
    }
  });

  it('are found by the title that a person opened them with, and by the one that they have now', async () => {
    const as = app.token('Manager');
    const opened = await app.call('POST', '/api/v1/work-items', { as, body: { title: 'Drucker ÜBER Halle 3' } });
    expect(opened.status).toBe(201);
    const own = String(opened.body.number);
    expect(await found('q=%C3%BCber%20halle')).toEqual([own]);
    const changed = { as, body: { title: 'Plotter in Halle 4' }, headers: { 'if-match': '*' } };
    expect((await app.call('PATCH', `/api/v1/work-items/${own}`, changed)).status).toBe(200);
    expect(await found('q=%C3%BCber%20halle')).toEqual([]);
    for (const query of ['q=plotter', 'q=halle&priority=1,2,3,4,5', 'q=PLOTTER&state=new&sort=-updatedAt']) {
      expect(await found(query)).toEqual([own]);
    }
  });

  it('are found by the priority that a worse alert gave them', async () => {
    const ingest = app.app.get(IngestService);
    await ingest.ingest([anAccepted({ episode: 'b', fired: 0, urgency: 3, signature: 'v1-worse' })]);
    const worse = anAccepted({ episode: 'c', fired: 1, urgency: 1, signature: 'v1-worse' });
    const [result] = await ingest.ingest([worse]);
    expect(await found('q=cpu&type=incident&priority=2')).toEqual([result!.workItems[0]!.number]);
  });

  it('are found by what each became, when two of one signature change at once', async () => {
    const ids = { one: 0, other: 0 };
    const ingest = app.app.get(IngestService);
    for (const [name, minute] of [
      ['one', 2],
      ['other', 5_000],
    ] as const) {
      const fired = anAccepted({ episode: name, fired: minute, urgency: 3, signature: 'v1-twins' });
      const [result] = await ingest.ingest([
        fired,
        anAccepted({ episode: name, resolved: minute + 1, signature: 'v1-twins' }),
      ]);
      ids[name] = Number(result!.workItems[0]!.number.slice(3));
    }
    expect(ids.one).not.toBe(ids.other);
    await app.app.get(Transactions).run(async (tx) => {
      const records = [...(await lockWorkItems(tx, [ids.one, ids.other])).values()];
      for (const [index, record] of records.entries()) record.assignmentGroup = `twin-${index}`;
      await updateWorkItems(tx, records, at(6_000));
    });
    for (const group of ['twin-0', 'twin-1']) {
      expect(await found(`q=cpu&assignmentGroup=${group}&type=incident`)).toHaveLength(1);
    }
  });

  it('are asked for by very many values at once', async () => {
    const groups = Array.from({ length: 1_200 }, (_, index) => `g${index}`).join(',');
    expect(await found(`q=cpu&type=incident&assignmentGroup=${groups}`)).toEqual([]);
  });

  it('are found after so many changes that not all facets can be kept', async () => {
    for (let turn = 0; turn < 30; turn += 1) await change({ assignmentGroup: `${turn}-${'g'.repeat(90)}` });
    expect(await facets()).toBeNull();
    expect(await found(`q=cpu&assignmentGroup=29-${'g'.repeat(90)}`)).toEqual([number]);
  });
});
