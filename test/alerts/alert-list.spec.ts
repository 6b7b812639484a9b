import { DataSource } from 'typeorm';
import { alertIds, alertSearchOf } from '../../src/alerts/alert-search.rules';
import { sqlTime } from '../../src/common/sql';
import { ENGINES } from '../support/database';
import { TestApp, type Answer } from '../support/test-app';
import { aSketch, insertAll, insertSketches, minute } from '../work-items/search-data';

interface AlertSketch {
  id: string;
  monitoringService: string;
  signature: string;
  subscriptionId: string | null;
  occurrences: number;
  isOver: boolean;
  workItemId: number | null;
}

const ALERTS: readonly AlertSketch[] = Array.from({ length: 90 }, (_, index) => ({
  id: `019b0000-0000-7000-8000-${String(index).padStart(12, '0')}`,
  monitoringService: ['Platform', 'Prometheus', 'ServiceHealth'][index % 3] as string,
  signature: `s-${index % 7}`,
  subscriptionId: index % 4 === 0 ? null : `sub-${index % 4}`,
  occurrences: index % 10 === 0 ? 0 : 1,
  isOver: index % 2 === 0,
  workItemId: index < 30 ? 1 : null,
}));

interface Page {
  items: { id: string }[];
  nextCursor: string | null;
}

const isFired = ({ occurrences, isOver }: AlertSketch): boolean => occurrences > 0 && !isOver;

const FILTERS: readonly [query: string, matches: (alert: AlertSketch) => boolean][] = [
  ['alerts?', () => true],
  ['alerts?condition=fired', isFired],
  ['alerts?condition=resolved', (alert) => !isFired(alert)],
  ['alerts?monitoringService=Platform', ({ monitoringService }) => monitoringService === 'Platform'],
  ['alerts?monitoringService=Platform,Prometheus', ({ monitoringService }) => monitoringService !== 'ServiceHealth'],
  ['alerts?signature=s-1', ({ signature }) => signature === 's-1'],
  ['alerts?signature=s-1&signature=s-2,s-1', ({ signature }) => ['s-1', 's-2'].includes(signature)],
  ['alerts?subscriptionId=SUB-1', ({ subscriptionId }) => subscriptionId === 'sub-1'],
  ['alerts?subscriptionId=sub-1,sub-3,none', ({ subscriptionId }) => ['sub-1', 'sub-3'].includes(subscriptionId ?? '')],
  [
    'alerts?condition=fired&subscriptionId=sub-1,sub-3&monitoringService=Platform&signature=s-0,s-1,s-2,s-3,s-4',
    (alert) =>
      isFired(alert) &&
      ['sub-1', 'sub-3'].includes(alert.subscriptionId ?? '') &&
      alert.monitoringService === 'Platform' &&
      alert.signature < 's-5',
  ],
  [
    'alerts?condition=resolved&subscriptionId=sub-2&monitoringService=Platform,ServiceHealth',
    (alert) => !isFired(alert) && alert.subscriptionId === 'sub-2' && alert.monitoringService !== 'Prometheus',
  ],
  ['work-items/INC0000001/alerts?', ({ workItemId }) => workItemId === 1],
];

describe.each(ENGINES)('the lists of alerts on %s', (engine) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ engine });
    const { manager } = app.app.get(DataSource);
    await insertSketches(manager, [aSketch(1)]);
    const time = sqlTime(minute(0));
    await insertAll(
      manager,
      'alerts',
      ALERTS.map(({ isOver, ...alert }) => ({
        ...alert,
        ...{
          episodeKey: alert.id,
          endsSignature: 0,
          firedAt: time,
          lastFiredAt: time,
          createdAt: time,
          updatedAt: time,
        },
        ...{ resolvedAt: isOver ? time : null, alertRule: 'rule', detail: '{}', detailRank: '' },
      })),
    );
  });
  afterAll(() => app.stop());

  it.each(FILTERS)('show all that %s lets through, the newest first, page by page', async (query, matches) => {
    const expected = ALERTS.filter(matches)
      .map(({ id }) => id)
      .reverse();
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const url: string = `/api/v1/${query}&limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { status, body }: Answer<Page> = await app.get<Page>(url);
      expect(status).toBe(200);
      found.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    }
    expect(found).toEqual(expected);
  });

  it('find the same by whichever filter they go', async () => {
    const search = alertSearchOf({
      condition: 'fired',
      monitoringService: ['Platform', 'Prometheus'],
      subscriptionId: ['sub-1'],
      signature: ['s-0', 's-1', 's-2'],
    });
    const found = new Set<string>();
    for (const drive of [null, ...search.filters]) {
      const { text, values } = alertIds(search, drive, { after: null, limit: 50, isSqlite: engine === 'sqlite' });
      found.add(JSON.stringify(await app.app.get(DataSource).query(text, [...values])));
    }
    expect(found.size).toBe(1);
    expect([...found]).not.toContain('[]');
  });
});
