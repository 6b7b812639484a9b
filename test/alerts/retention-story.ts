import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ALERTS_RETENTION } from '../../src/alerts/retention/alerts-retention.service';
import { newId } from '../../src/common/ids';
import type { Turn } from '../../src/common/schedule/leased-task';
import { Schedule } from '../../src/common/schedule/schedule';
import { insertRows, sqlTime } from '../../src/common/sql';
import { WORK_ITEM_TIMERS } from '../../src/work-items/timers/work-item-timers.service';
import type { Engine } from '../support/database';
import { sample, type Sample } from '../support/samples';
import { TestApp } from '../support/test-app';
import { TestClock } from '../support/test-clock';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
const START = new Date('2026-06-01T12:00:00Z');

/** What the webhook answers. */
export interface Told {
  deliveryId: string;
  outcome: string;
  alertId: string;
  workItems: { number: string; state: string }[];
}

/** An alert of Azure Monitor that a test tells of, by the clock of the test. */
export interface StoryAlert {
  fire: (change?: Record<string, unknown>) => Promise<Told>;
  resolve: (change?: Record<string, unknown>) => Promise<Told>;
}

/** The whole service with a clock that the test moves, and words for what makes data old. */
export class RetentionStory {
  private constructor(
    readonly app: TestApp,
    readonly clock: TestClock,
  ) {}

  static async start(options: { engine?: Engine; env?: NodeJS.ProcessEnv } = {}): Promise<RetentionStory> {
    const clock = new TestClock(START);
    return new RetentionStory(await TestApp.start({ ...options, clock }), clock);
  }

  /** Another instance on the same database. */
  async another(env?: NodeJS.ProcessEnv): Promise<RetentionStory> {
    return new RetentionStory(await TestApp.start({ shared: this.app, clock: this.clock, env }), this.clock);
  }

  get dataSource(): DataSource {
    return this.app.app.get<DataSource>(getDataSourceToken());
  }

  stop(): Promise<void> {
    return this.app.stop();
  }

  /** An alert of a rule, each with a signature of its own unless `origin` says otherwise. */
  alert({ origin = newId(), ...essentials }: { origin?: string } & Record<string, unknown> = {}): StoryAlert {
    const firedDateTime = this.clock.now().toISOString();
    const own = { alertId: `/alerts/${newId()}`, originAlertId: origin, firedDateTime, ...essentials };
    const end = (): object => ({ ...own, resolvedDateTime: this.clock.now().toISOString() });
    return {
      fire: (change) => this.post(sample('platform-metric-static-cpu-fired', { ...own, ...change })),
      resolve: (change) => this.post(sample('platform-metric-static-cpu-resolved', { ...end(), ...change })),
    };
  }

  async post(payload: Sample): Promise<Told> {
    const { status, body } = await this.app.post<Told>(payload);
    expect([200, 202, 400]).toContain(status);
    return body;
  }

  /** An alert that has fired and is over, and whose work item has been closed by the clock. */
  async aClosed(alert = this.alert()): Promise<{ alert: StoryAlert; fired: Told; number: string }> {
    const fired = await alert.fire();
    this.clock.advance(MINUTE_MS);
    await alert.resolve();
    const number = fired.workItems[0]?.number ?? '';
    await this.days(4, WORK_ITEM_TIMERS);
    return { alert, fired, number };
  }

  /** Lets time pass, and then a task have a turn. */
  async days(days: number, task?: string): Promise<void> {
    this.clock.advance(days * DAY_MS);
    if (task !== undefined) expect(await this.turn(task)).toBe('done');
  }

  turn(task = ALERTS_RETENTION): Promise<Turn> {
    return this.app.app.get(Schedule).run(task);
  }

  async route(rule: object): Promise<void> {
    const body = { name: 'a rule', position: 1, ...rule };
    const answer = await this.app.call('POST', '/api/v1/admin/routing-rules', { as: this.app.token('Manager'), body });
    expect(answer.status).toBe(201);
  }

  cancel(number: string): Promise<void> {
    return this.move(number, { to: 'canceled' });
  }

  close(number: string): Promise<void> {
    return this.move(number, { to: 'closed' });
  }

  /** As a person does it, also while an alert fires. */
  resolve(number: string): Promise<void> {
    return this.move(number, {
      to: 'resolved',
      resolutionCode: 'fixed',
      resolutionNotes: 'done',
      reason: 'no end comes',
    });
  }

  private async move(number: string, body: object): Promise<void> {
    const url = `/api/v1/work-items/${number}/transitions`;
    const answer = await this.app.call('POST', url, { as: this.app.token('Manager'), body });
    expect(answer.status).toBe(200);
  }

  get(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
    return this.app.get(url, 'Admin');
  }

  async count(table: string, condition = '1 = 1', values: (string | null)[] = []): Promise<number> {
    const sql = `SELECT COUNT(*) AS count FROM ${table} WHERE ${condition}`;
    const [row] = await this.dataSource.query<{ count: number | string }[]>(sql, values);
    return Number(row?.count);
  }

  async idsOf(table: string): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(`SELECT id FROM ${table} ORDER BY id`);
    return rows.map(({ id }) => id);
  }

  /** Puts deliveries there that were rejected so many days ago. */
  async rejectedBefore(days: number, count: number): Promise<void> {
    const columns = ['id', 'receivedAt', 'status', 'code', 'body'];
    const receivedAt = this.before(days);
    const rows = Array.from({ length: count }, () => [newId(), receivedAt, 'rejected', 'not_common_schema', '{}']);
    await this.dataSource.transaction((tx) => insertRows(tx, 'deliveries', columns, rows));
  }

  /** Puts alerts there that ended so many days ago, each in so many parts of a signature of their own. */
  async cutBefore(days: number, { alerts, parts }: { alerts: number; parts: number }): Promise<void> {
    const times = ['firedAt', 'lastFiredAt', 'ownResolvedAt', 'resolvedAt', 'createdAt', 'updatedAt'];
    const key = (...numbers: number[]): string => numbers.join('-').padStart(64, '0');
    const rows = Array.from({ length: alerts * parts }, (_, index) => {
      const own = [newId(), key(index), key(index % alerts, 0), `s${index}`, 1, 0, 'Platform', '{}', ''];
      return [...own, ...times.map(() => this.before(days))];
    });
    const columns = ['id', 'episodeKey', 'partOf', 'signature', 'occurrences', 'endsSignature', 'monitoringService'];
    const all = [...columns, 'detail', 'detailRank', ...times];
    await this.dataSource.transaction((tx) => insertRows(tx, 'alerts', all, rows));
  }

  /** Puts audit events there of so many days ago. */
  async auditedBefore(days: number, count: number): Promise<void> {
    const columns = ['id', 'occurredAt', 'actorKind', 'actorId', 'action', 'subjectType', 'subjectId'];
    const occurredAt = this.before(days);
    const rows = Array.from({ length: count }, () => [newId(), occurredAt, 'user', 'u', 'a.b', 'a', '1']);
    await this.dataSource.transaction((tx) => insertRows(tx, 'audit_events', columns, rows));
  }

  private before(days: number): string {
    return sqlTime(new Date(this.clock.now().getTime() - days * DAY_MS));
  }

  /** The removals that the log tells of, one a turn. */
  removals(): unknown[] {
    return this.app.logLines.flatMap(({ removed }) => removed ?? []);
  }
}
