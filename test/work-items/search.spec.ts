import { DataSource } from 'typeorm';
import { waysToCheck } from '../../src/work-items/search/checks.rules';
import { searchOf, type ClusterFilter, type Filter } from '../../src/work-items/search/filters.rules';
import { ORDERS, positionOf, type Position, type SortKeys } from '../../src/work-items/search/order.rules';
import type { Plan } from '../../src/work-items/search/plan.rules';
import { statementOf, type Wanted } from '../../src/work-items/search/statements.rules';
import { WorkItemSearchStore } from '../../src/work-items/search/work-item-search.store';
import { WORK_ITEM_SORTS, type WorkItemSort } from '../../src/work-items/search/work-items-query.dto';
import { WORK_ITEM_STATES } from '../../src/work-items/lifecycle.rules';
import { ENGINES } from '../support/database';
import { TestApp } from '../support/test-app';
import { aSketch, insertSketches, itemIds, minute, numberOfSketch, type Sketch } from './search-data';

const COUNT = 120;

/** So many half days into the story: some work items were changed days and months after they were opened. */
const halfDay = (count: number): Date => minute(count * 720);

/** All kinds of work items: every value of every filter, equal times of opening and updating, and awkward texts. */
const SKETCHES: readonly Sketch[] = Array.from({ length: COUNT }, (_, index) => {
  const id = index + 1;
  const isByHand = id % 11 === 0;
  return aSketch(id, {
    type: (['incident', 'incident', 'event', 'alert'] as const)[id % 4],
    state: WORK_ITEM_STATES[id % WORK_ITEM_STATES.length],
    title: titleOf(id),
    priority: 1 + (id % 5),
    assignmentGroup: id % 3 === 0 ? null : `group-${id % 3}`,
    assignee: id % 4 === 0 ? null : `person-${id % 4}`,
    openedAt: halfDay(Math.floor(((id * 37) % COUNT) / 2)),
    updatedAt: halfDay(Math.floor(((id * 37) % COUNT) / 2) + ([0, 1, 7, 9, 70, 100][id % 6] ?? 0)),
    signature: isByHand ? null : `s-${id % 20}`,
    monitoringService: isByHand ? null : ['Platform', 'Prometheus'][id % 2],
    alertRule: isByHand ? null : ['CPU over 80', 'disk_full', `it's "down"`][id % 3],
    subscriptionId: isByHand ? null : `sub-${id % 2}`,
    items: id % 5 === 0 ? [`vm-${id % 10}`] : id % 7 === 0 ? ['-vm-5', 'SQL-Ü1'] : [],
  });
});

function titleOf(id: number): string {
  if (id === 17) return '100% of the disk';
  if (id === 18) return 'back\\slash and exclamation!';
  if (id === 22) return 'By hand: MÜLLERS Rechner 💥';
  return `Work item ${id}`;
}

const TEXTS = [
  'cpu OVER',
  'disk_f',
  'k_f',
  '100%',
  '%',
  '_',
  '!',
  '\\',
  `it's "`,
  'x',
  'müller',
  'sql-ü',
  '💥',
  'vm-5',
  '22',
  'INC0000022',
  'inc000001',
  'nowhere',
];

/** Filters of the list, and which sketches they let through. */
const FILTERS: readonly [query: string, matches: (sketch: Sketch) => boolean][] = [
  ['', () => true],
  ['state=new', ({ state }) => state === 'new'],
  ['state=new&state=in_progress,on_hold', ({ state }) => ['new', 'in_progress', 'on_hold'].includes(state)],
  ['type=event,alert', ({ type }) => type !== 'incident'],
  ['priority=2', ({ priority }) => priority === 2],
  ['priority=1,5,5', ({ priority }) => priority === 1 || priority === 5],
  ['state=closed,new&priority=1,2', ({ state, priority }) => ['closed', 'new'].includes(state) && priority <= 2],
  ['assignmentGroup=group-1', ({ assignmentGroup }) => assignmentGroup === 'group-1'],
  ['assignmentGroup=group-1,group-2', ({ assignmentGroup }) => assignmentGroup !== null],
  ['assignmentGroup=', () => false],
  [
    'assignmentGroup=group-1,group-2&priority=1,4',
    (sketch) => sketch.assignmentGroup !== null && [1, 4].includes(sketch.priority),
  ],
  ['assignmentGroup=none', ({ assignmentGroup }) => assignmentGroup === null],
  [
    'assignmentGroup=group-2,none&priority=5,2',
    (sketch) => sketch.assignmentGroup !== 'group-1' && [2, 5].includes(sketch.priority),
  ],
  ['assignee=none', ({ assignee }) => assignee === null],
  [
    'assignee=none,person-1&assignmentGroup=none&type=incident&state=new,closed,in_progress,resolved&q=work',
    (sketch) =>
      (sketch.assignee === null || sketch.assignee === 'person-1') &&
      sketch.assignmentGroup === null &&
      sketch.type === 'incident' &&
      ['new', 'closed', 'in_progress', 'resolved'].includes(sketch.state) &&
      hasText('work')(sketch),
  ],
  [
    'assignmentGroup=none&monitoringService=Platform&type=incident,event',
    ({ assignmentGroup, monitoringService, type }) =>
      assignmentGroup === null && monitoringService === 'Platform' && type !== 'alert',
  ],
  ['assignee=person-3', ({ assignee }) => assignee === 'person-3'],
  ['configurationItemId=vm-5', ({ items }) => items.includes('vm-5')],
  ['subscriptionId=SUB-1', ({ subscriptionId }) => subscriptionId === 'sub-1'],
  ['monitoringService=Prometheus', ({ monitoringService }) => monitoringService === 'Prometheus'],
  ['signature=s-3,s-4', ({ signature }) => signature === 's-3' || signature === 's-4'],
  [`openedAfter=${halfDay(10).toISOString()}`, ({ openedAt }) => openedAt > halfDay(10)],
  [`openedBefore=${halfDay(10).toISOString()}`, ({ openedAt }) => openedAt < halfDay(10)],
  ...TEXTS.map((text): [string, (sketch: Sketch) => boolean] => [`q=${encodeURIComponent(text)}`, hasText(text)]),
  ['q=', () => true],
  [
    `state=new,closed,resolved&type=incident&assignmentGroup=group-1&q=work&openedAfter=${halfDay(5).toISOString()}`,
    (sketch) =>
      ['new', 'closed', 'resolved'].includes(sketch.state) &&
      sketch.type === 'incident' &&
      sketch.assignmentGroup === 'group-1' &&
      hasText('work')(sketch) &&
      sketch.openedAt > halfDay(5),
  ],
  [
    'type=incident&assignmentGroup=group-1&state=new,closed,resolved,in_progress',
    (sketch) =>
      sketch.type === 'incident' &&
      sketch.assignmentGroup === 'group-1' &&
      ['new', 'closed', 'resolved', 'in_progress'].includes(sketch.state),
  ],
  [
    'monitoringService=Prometheus&subscriptionId=sub-1&state=in_progress,resolved',
    ({ monitoringService, subscriptionId, state }) =>
      monitoringService === 'Prometheus' && subscriptionId === 'sub-1' && ['in_progress', 'resolved'].includes(state),
  ],
  [
    'configurationItemId=vm-5&subscriptionId=sub-1&state=closed,new,on_hold&q=vm',
    ({ items, subscriptionId, state }) =>
      items.includes('vm-5') && subscriptionId === 'sub-1' && ['closed', 'new', 'on_hold'].includes(state),
  ],
];

function hasText(text: string): (sketch: Sketch) => boolean {
  return (sketch) => {
    const part = text.toLowerCase();
    const number = numberOfSketch(sketch).toLowerCase();
    const texts = [sketch.title, sketch.alertRule ?? '', ...sketch.items.filter((name) => !name.startsWith('-'))];
    const isNumber = /^([a-z]{3})\d+$/.test(part) ? number.startsWith(part) : Number(part) === sketch.id;
    return isNumber || texts.some((each) => each.toLowerCase().includes(part));
  };
}

const ORDER_OF: Readonly<Record<WorkItemSort, (one: Sketch, other: Sketch) => number>> = {
  '-openedAt': (one, other) => other.openedAt.getTime() - one.openedAt.getTime() || other.id - one.id,
  openedAt: (one, other) => one.openedAt.getTime() - other.openedAt.getTime() || one.id - other.id,
  priority: (one, other) => one.priority - other.priority || ORDER_OF.openedAt(one, other),
  '-updatedAt': (one, other) =>
    other.updatedAt.getTime() - one.updatedAt.getTime() || ORDER_OF['-openedAt'](one, other),
};

interface Page {
  items: { number: string }[];
  nextCursor: string | null;
}

describe.each(ENGINES)('the list of work items on %s', (engine) => {
  let app: TestApp;
  let dataSource: DataSource;
  let items: Map<string, string>;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    dataSource = app.app.get(DataSource);
    await insertSketches(dataSource.manager, SKETCHES);
    items = await itemIds(dataSource.manager);
  });
  afterAll(() => app.stop());

  const withIds = (query: string): string =>
    query.replace(/configurationItemId=([\w-]+)/, (_, name: string) => `configurationItemId=${items.get(name)}`);

  async function page(query: string): Promise<Page> {
    const { status, body } = await app.get<Page>(`/api/v1/work-items?${withIds(query)}`);
    expect({ query, status, body: status === 200 ? {} : body }).toEqual({ query, status: 200, body: {} });
    return body;
  }

  /** All pages, and what is done between them. */
  async function pages(query: string, between: () => Promise<void> = async () => undefined): Promise<string[]> {
    const numbers: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { items: shown, nextCursor }: Page = await page(`${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      numbers.push(...shown.map(({ number }) => number));
      cursor = nextCursor;
      await between();
    }
    return numbers;
  }

  describe.each(WORK_ITEM_SORTS)('sorted by %s', (sort) => {
    it.each(FILTERS)('shows all that %j lets through, page by page', async (query, matches) => {
      const expected = SKETCHES.filter(matches).sort(ORDER_OF[sort]).map(numberOfSketch);
      expect(await pages(`${query}&sort=${sort}&limit=7`)).toEqual(expected);
      expect((await page(`${query}&sort=${sort}&limit=200`)).items.map(({ number }) => number)).toEqual(expected);
    });

    it('finds the same in every way that there is', async () => {
      const store = new WorkItemSearchStore(dataSource.manager);
      const ciId = items.get('vm-5') as string;
      const filters = searchOf(
        {
          state: ['in_progress', 'resolved', 'canceled'],
          assignee: ['person-1', 'person-2', 'person-3'],
          configurationItemId: ciId,
        },
        await store.lookUp('work', []),
      ).filters;
      const others = [
        { type: ['incident'], signature: ['s-1', 's-5'] },
        { type: ['incident'], assignmentGroup: ['none'], state: ['new', 'closed'] },
        { assignmentGroup: ['group-1', 'none'], assignee: ['none', 'person-1'] },
        { type: ['incident'], assignmentGroup: ['group-1'], state: ['new', 'closed'] },
        { monitoringService: ['Prometheus'], subscriptionId: ['sub-1'], state: ['in_progress', 'resolved'] },
      ] as const;
      const clusters: (boolean | null)[] = [];
      for (const chosen of [filters, ...others.map((query) => searchOf(query as never, null).filters)]) {
        const found = new Set<string>();
        const cluster = await store.clusterOf(chosen);
        clusters.push(cluster === null ? null : cluster.withByHand);
        for (const plan of waysOf(chosen, sort, cluster)) found.add(JSON.stringify(await keysOf(plan, sort)));
        expect(found.size).toBe(1);
        expect([...found]).not.toContain('[]');
      }
      expect(clusters).toEqual([null, null, true, null, true, false]);
    });

    it('can be read in parts, from behind one place up to another', async () => {
      const plan = waysOf([], sort)[0] as Plan;
      const all = await keysOf(plan, sort);
      expect(await keysOf(plan, sort, { until: all[20] })).toEqual(all.slice(0, 21));
      expect(await keysOf(plan, sort, { after: all[5], until: all[20] })).toEqual(all.slice(6, 21));
      expect(await keysOf(plan, sort, { after: all[5], limit: 9 })).toEqual(all.slice(6, 15));
    });
  });

  async function keysOf(plan: Plan, sort: WorkItemSort, part: Partial<Wanted> = {}): Promise<Position[]> {
    const order = ORDERS[sort];
    const opened = { after: halfDay(1), before: null };
    const wanted: Wanted = { order, opened, after: null, until: null, limit: 50, ...part };
    const { text, values } = statementOf(plan, wanted, { isSqlite: engine === 'sqlite' });
    return (await dataSource.query<SortKeys[]>(text, [...values])).map((row) => positionOf(order, row));
  }

  it.each(WORK_ITEM_SORTS)(
    'shows nothing twice and leaves nothing out while work items are added, by %s',
    async (sort) => {
      let next = 1_000 * (1 + WORK_ITEM_SORTS.indexOf(sort));
      const added = (): Promise<void> =>
        insertSketches(
          dataSource.manager,
          Array.from({ length: 5 }, (_, index) =>
            aSketch((next += 1), {
              openedAt: minute((index * 29) % 70),
              updatedAt: minute(200 + index * 9),
              priority: 1 + index,
              monitoringService: 'Added',
            }),
          ),
        );
      const numbers = await pages(`sort=${sort}&limit=9`, added);
      await dataSource.query(`DELETE FROM work_items WHERE monitoringService = 'Added'`);
      expect(new Set(numbers).size).toBe(numbers.length);
      const [first] = SKETCHES;
      expect(numbers).toEqual(expect.arrayContaining(SKETCHES.map(numberOfSketch)));
      expect(numbers).toContain(numberOfSketch(first!));
    },
  );

  it('finds a text that is too frequent to be named as it finds any other', async () => {
    const store = new WorkItemSearchStore(dataSource.manager);
    for (const query of [
      { assignee: ['person-1', 'person-2'] },
      { assignmentGroup: ['none'] },
      { assignmentGroup: ['none', 'group-1'] },
    ]) {
      const { filters, opened } = searchOf(query, await store.lookUp('work', []));
      const frequent = filters.map((filter): Filter =>
        filter.kind === 'text' ? { ...filter, signatures: null, ciIds: null, byHand: null } : filter,
      );
      for (const order of Object.values(ORDERS)) {
        const all = await store.find({ filters, opened }, { order, after: null, limit: 200 });
        expect(all.length).toBeGreaterThan(20);
        expect(await store.find({ filters: frequent, opened }, { order, after: null, limit: 200 })).toEqual(all);
        const [fifth] = all.slice(4);
        const after = fifth!.position;
        expect(await store.find({ filters: frequent, opened }, { order, after, limit: 9 })).toEqual(all.slice(5, 14));
      }
    }
  });

  it('refuses a cursor of another sort, of another list, or made by hand', async () => {
    const { nextCursor } = await page('sort=priority&limit=1');
    const made = Buffer.from('["-openedAt","yesterday",1]').toString('base64url');
    const queries = [`sort=openedAt&cursor=${nextCursor}`, `cursor=${nextCursor}`, `cursor=${made}`, 'cursor=x'];
    for (const query of queries) {
      const { status, body } = await app.get(`/api/v1/work-items?${query}`);
      expect({ query, status, body }).toMatchObject({ query, status: 400, body: { code: 'invalid_cursor' } });
    }
  });

  it('takes more values than an index is walked for', async () => {
    const values = Array.from({ length: 100 }, (_, index) => `s-${index}`).join(',');
    const expected = SKETCHES.filter(({ signature }) => signature !== null).length;
    expect((await page(`signature=${values}&limit=200`)).items).toHaveLength(expected);
  });
});

/** Every way to find what a few filters let through. */
function waysOf(filters: readonly Filter[], sort: WorkItemSort, cluster: ClusterFilter | null = null): Plan[] {
  const ways = (checked: readonly Filter[]): Plan['checks'][] =>
    waysToCheck(checked.map((filter) => ({ filter, count: 1, share: 0.5 }))).map(({ checks }) => checks);
  const without = (filter: Filter): Filter[] => filters.filter((each) => each !== filter || each.kind === 'text');
  const walks = ways(filters).map((checks): Plan => ({ kind: 'walk', drive: null, checks }));
  const gathered = [null, ...filters].flatMap((from) =>
    ways(from === null ? filters : without(from)).map((checks): Plan => ({ kind: 'gather', from, checks })),
  );
  const driven = filters.flatMap((drive): Plan[] => {
    if (drive.kind !== 'columns' || sort === '-updatedAt') return [];
    return ways(without(drive)).map((checks) => ({ kind: 'walk', drive, checks }));
  });
  const clustered = cluster === null ? [] : ways(filters);
  return [
    ...walks,
    ...gathered,
    ...driven,
    ...clustered.map((checks): Plan => ({ kind: 'gather', from: cluster, checks })),
  ];
}
