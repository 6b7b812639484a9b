import { AUDIT_RETENTION } from '../../src/audit/audit.module';
import { ALERTS_RETENTION } from '../../src/alerts/retention/alerts-retention.service';
import { AUTH_RETENTION } from '../../src/auth/auth.module';
import { insertRows, sqlTime, type SqlValue } from '../../src/common/sql';
import { describeOnServer } from '../support/database';
import { DAY_MS, RetentionStory } from './retention-story';

const ROWS = 20_000;
const TASKS = [ALERTS_RETENTION, AUTH_RETENTION, AUDIT_RETENTION];

interface Statement {
  text: string;
  values: unknown[];
}

interface Plan {
  type: string;
  key: string | null;
  rows: number | string;
}

describeOnServer('what retention asks of a large table', () => {
  let story: RetentionStory;
  beforeAll(async () => {
    story = await RetentionStory.start({ engine: 'server' });
    await fill();
  });
  afterAll(() => story.stop());

  /** Rows that are spread over the time that each is kept; of the alerts half have their last news on the day of their end. */
  async function fill(): Promise<void> {
    const now = story.clock.now().getTime();
    const before = (index: number, days: number): string => sqlTime(new Date(now - (days * DAY_MS * index) / ROWS));
    const id = (index: number): string => `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`;
    const each = async (table: string, columns: string[], row: (index: number) => SqlValue[]): Promise<void> => {
      const rows = Array.from({ length: ROWS }, (_, index) => [id(index), ...row(index)]);
      await story.dataSource.transaction((tx) => insertRows(tx, table, ['id', ...columns], rows));
    };
    const statuses = ['processed', 'processed', 'duplicate', 'rejected', 'parked'];
    await each('deliveries', ['receivedAt', 'status', 'alertId', 'body', 'payloadRemovedAt'], (index) => {
      const isRemoved = index > ROWS / 3 && index % 5 !== 4;
      const own = index % 5 < 3 ? id(index) : null;
      return [
        before(index, 89),
        statuses[index % 5]!,
        own,
        isRemoved ? '' : '{}',
        isRemoved ? before(index, 59) : null,
      ];
    });
    await each('delivery_attempts', ['deliveryId', 'at', 'actor', 'kind', 'outcome'], (index) => {
      return [id(index), before(index, 89), 'system', 'first', 'parked'];
    });
    const times = ['firedAt', 'lastFiredAt', 'ownResolvedAt', 'resolvedAt', 'createdAt', 'updatedAt'];
    const columns = [
      'episodeKey',
      'signature',
      'endsSignature',
      'occurrences',
      'monitoringService',
      'detail',
      'detailRank',
    ];
    await each('alerts', [...times, ...columns], (index) => {
      const at = before(index, 395);
      return [...times.map(() => at), String(index).padStart(64, '0'), `s${index % 500}`, 0, 1, 'Platform', '{}', ''];
    });
    const actor = ['actorKind', 'actorId', 'action', 'subjectType', 'subjectId'];
    await each('audit_events', ['occurredAt', ...actor], (index) => [before(index, 399), 'user', 'u', 'a.b', 'a', '1']);
    const call = ['reason', 'detail', 'requestId', 'method', 'path', 'remoteAddress', 'roles', 'verified'];
    await each('auth_rejections', ['occurredAt', ...call], (index) => {
      return [before(index, 179), 'malformed', '', 'r', 'GET', '/', '::1', '[]', 0];
    });
    await story.dataSource.query('ANALYZE TABLE deliveries, delivery_attempts, alerts, audit_events, auth_rejections');
  }

  /** The statements of a turn of every task, of each kind one. */
  async function statementsOfATurn(): Promise<Statement[]> {
    const statements = new Map<string, Statement>();
    const { dataSource } = story;
    const query = dataSource.query.bind(dataSource);
    const spy = jest.spyOn(dataSource, 'query').mockImplementation((text, values, runner) => {
      statements.set(text.replaceAll(/\?(, \?)+/g, '?'), {
        text,
        values: [...((values as unknown[] | undefined) ?? [])],
      });
      return query(text, values, runner);
    });
    for (const task of TASKS) expect(await story.turn(task)).toBe('done');
    spy.mockRestore();
    return [...statements.values()].filter(({ text }) => !/\bleases\b/.test(text));
  }

  async function planOf({ text, values }: Statement): Promise<Plan[]> {
    const rows = await story.dataSource.query<(Plan & { table: string | null })[]>(`EXPLAIN ${text}`, values);
    // There are no work items in this.
    return rows.filter(({ table }) => table !== null && !['w', 'work_items', 'signatures', 's'].includes(table));
  }

  it('looks at next to nothing where nothing is due', async () => {
    const statements = await statementsOfATurn();
    expect(story.removals()).toEqual([]);
    expect(statements.length).toBeGreaterThanOrEqual(6);
    for (const statement of statements) {
      for (const { type, key, rows } of await planOf(statement)) {
        expect([statement.text, type, key]).toEqual([
          statement.text,
          expect.stringMatching(/^(range|ref)$/),
          expect.any(String),
        ]);
        expect(Number(rows)).toBeLessThan(100);
      }
    }
  });

  it('asks for what is around alerts only where they do not stay by themselves', async () => {
    const now = sqlTime(story.clock.now());
    const row = (index: number): SqlValue[] => [
      `00000000-0000-7000-9000-${String(index).padStart(12, '0')}`,
      ...[`busy${String(index).padStart(60, '0')}`, 'busy', 0, 1, 'Platform', '{}', '', now, now, now, now],
    ];
    const columns = ['id', 'episodeKey', 'signature', 'endsSignature', 'occurrences', 'monitoringService', 'detail'];
    const times = ['detailRank', 'firedAt', 'lastFiredAt', 'createdAt', 'updatedAt'];
    const rows = Array.from({ length: 300 }, (_, index) => row(index));
    await story.dataSource.transaction((tx) => insertRows(tx, 'alerts', [...columns, ...times], rows));
    const texts = (await statementsOfATurn()).map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringContaining('a.episodeKey IN'));
    expect(texts).not.toContainEqual(expect.stringMatching(/MIN\(a\.lastFiredAt\)|resolvedByAlertId IN|alertId IN/));
  });

  it('finds by an index what it removes, and all that hangs on that', async () => {
    story.clock.advance(3 * DAY_MS);
    const statements = await statementsOfATurn();
    expect(story.removals()).toEqual([
      { 'delivery-bodies': expect.any(Number), deliveries: expect.any(Number), alerts: expect.any(Number) },
      { 'auth-rejections': expect.any(Number) },
      { 'audit-events': expect.any(Number) },
    ]);
    expect(statements.length).toBeGreaterThan(15);
    for (const statement of statements) {
      for (const { type, key } of await planOf(statement)) {
        expect([statement.text, key]).toEqual([statement.text, expect.any(String)]);
        expect([statement.text, type]).not.toEqual([statement.text, expect.stringMatching(/^(ALL|index)$/)]);
      }
    }
  });
});
