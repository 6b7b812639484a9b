import { setTimeout as sleep } from 'node:timers/promises';
import { RoutingService } from '../../src/alerts/ingest/routing.service';
import { ALERTS_RETENTION } from '../../src/alerts/retention/alerts-retention.service';
import { AUDIT_RETENTION } from '../../src/audit/audit.module';
import { newId } from '../../src/common/ids';
import { MINUTE_MS, RetentionStory, type StoryAlert, type Told } from '../alerts/retention-story';
import { describeOnServer } from '../support/database';
import { closedGate } from '../support/gate';

const ROUNDS = 12;
const DEADLINE_MS = 4_000;
/** The server keeps what it says about transactions for a tenth of a second after each look. */
const POLL_MS = 150;

describeOnServer('what is removed while there is news of it', () => {
  let ingesting: RetentionStory;
  let removing: RetentionStory;
  beforeEach(async () => {
    const env = { RETENTION_DAYS: 'delivery-bodies=never' };
    ingesting = await RetentionStory.start({ engine: 'server', env });
    removing = await ingesting.another(env);
  });
  afterEach(async () => {
    await removing.stop();
    await ingesting.stop();
  });

  /** Resolves when so many transactions on this database wait for a lock. */
  async function waiting(count: number): Promise<void> {
    const sql = `SELECT COUNT(*) AS count FROM information_schema.INNODB_TRX t
      JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
      WHERE p.DB = DATABASE() AND t.trx_state = 'LOCK WAIT'`;
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const [row] = await ingesting.dataSource.query<{ count: number | string }[]>(sql);
      if (Number(row?.count) >= count) return;
      if (Date.now() > deadline) throw new Error(`${Number(row?.count)} of ${count} transactions wait for a lock.`);
      await sleep(POLL_MS);
    }
  }

  /** The next delivery stands still under its locks until the gate is opened. */
  function halfway(): { reached: Promise<void>; open: () => void } {
    const routing = ingesting.app.app.get(RoutingService);
    const route = routing.route.bind(routing);
    const [reached, gate] = [closedGate(), closedGate()];
    jest.spyOn(routing, 'route').mockImplementationOnce(async (tx, accepted, state) => {
      reached.open();
      await gate.opened;
      return route(tx, accepted, state);
    });
    return { reached: reached.opened, open: gate.open };
  }

  /** An alert that can be removed now. */
  async function anOldAlert(): Promise<{ alert: StoryAlert; fired: Told; number: string }> {
    const old = await ingesting.aClosed();
    await ingesting.days(392);
    expect(await ingesting.count('alerts')).toBe(1);
    // Its deliveries are gone before anything comes.
    await ingesting.dataSource.query('DELETE FROM deliveries');
    return old;
  }

  it('stays where the news came first', async () => {
    const { alert, fired } = await anOldAlert();
    const { reached, open } = halfway();
    const told = alert.resolve();
    await reached;
    const turn = removing.turn();
    await waiting(1);
    open();
    expect([await turn, await told]).toMatchObject(['done', { alertId: fired.alertId }]);
    expect(await ingesting.idsOf('alerts')).toEqual([fired.alertId]);
    expect(await ingesting.count('alerts', 'ownResolvedAt = resolvedAt')).toBe(1);
    expect(await ingesting.count('deliveries', 'alertId = ?', [fired.alertId])).toBe(1);
  });

  /** The removal holds the slot and waits for the alert's row, and the news waits for the slot. */
  async function removeBefore(fired: Told, news: () => Promise<Told>): Promise<Told> {
    const runner = ingesting.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('SELECT id FROM alerts WHERE id = ? FOR UPDATE', [fired.alertId]);
    const turn = removing.turn();
    await waiting(1);
    const told = news();
    await waiting(2);
    await runner.commitTransaction();
    await runner.release();
    expect(await turn).toBe('done');
    return told;
  }

  it('is a new alert with one work item of its own where it fires just after that', async () => {
    const { alert, fired, number } = await anOldAlert();
    const firedDateTime = ingesting.clock.now().toISOString();
    const told = await removeBefore(fired, () => alert.fire({ firedDateTime }));
    expect(told).toMatchObject({ outcome: 'created', workItems: [{ state: 'new' }] });
    expect(await ingesting.idsOf('alerts')).toEqual([told.alertId]);
    expect(told.alertId).not.toBe(fired.alertId);
    expect(await ingesting.count('work_items')).toBe(2);
    const { body } = await ingesting.get(`/api/v1/work-items/${told.workItems[0]!.number}`);
    expect(body).toMatchObject({ previousWorkItem: number, alertCount: 1 });
  });

  it('is remembered for its own episode where its end is told once more just after that', async () => {
    const { alert, fired } = await anOldAlert();
    const told = await removeBefore(fired, () => alert.resolve());
    expect(told).toMatchObject({ outcome: 'recorded', workItems: [] });
    expect(await ingesting.idsOf('alerts')).toEqual([told.alertId]);
    expect(await ingesting.count('deliveries', 'alertId = ?', [told.alertId])).toBe(1);
    expect(await ingesting.count('work_items')).toBe(1);
  });

  it('is one alert with one delivery in every order in which both may come', async () => {
    let workItems = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { alert } = await ingesting.aClosed();
      await ingesting.days(392);
      await ingesting.dataSource.query('DELETE FROM deliveries');
      const firedDateTime = ingesting.clock.now().toISOString();
      const news = round % 2 === 0 ? () => alert.resolve() : () => alert.fire({ firedDateTime });
      const [turn, told] = await Promise.all([removing.turn(), news(), sleep(round % 3)]);
      expect(turn).toBe('done');
      expect(await ingesting.idsOf('alerts')).toEqual([told.alertId]);
      expect(await ingesting.count('deliveries', 'alertId = ? AND id = ?', [told.alertId, told.deliveryId])).toBe(1);
      workItems += round % 2 === 0 ? 1 : 2;
      expect(await ingesting.count('work_items')).toBe(workItems);
      await ingesting.dataSource.query('DELETE FROM alerts');
    }
  });

  it('is a delivery that stays where a replay has just made an alert of it', async () => {
    await ingesting.dataSource.query(
      `CREATE TRIGGER poison BEFORE INSERT ON alerts FOR EACH ROW
       IF NEW.alertRule = 'poison' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF`,
    );
    const { deliveryId, outcome } = await ingesting.alert({ alertRule: 'poison', originAlertId: newId() }).fire();
    expect(outcome).toBe('parked');
    await ingesting.dataSource.query('DROP TRIGGER poison');
    // As if its caller had been outside its scopes.
    await ingesting.dataSource.query(`UPDATE deliveries SET status = 'rejected' WHERE id = ?`, [deliveryId]);
    await ingesting.days(100);
    const { reached, open } = halfway();
    const url = `/api/v1/admin/deliveries/${deliveryId}/replay`;
    const replay = ingesting.app.call('POST', url, { as: ingesting.app.token('Admin'), body: {} });
    await reached;
    const turn = removing.turn();
    await waiting(1);
    open();
    expect([await turn, await replay]).toMatchObject(['done', { status: 200, body: { outcome: 'created' } }]);
    expect(await ingesting.idsOf('deliveries')).toEqual([deliveryId]);
    expect(await ingesting.count('alerts')).toBe(1);
  });

  it('is removed once where two instances are at it at the same moment', async () => {
    await ingesting.auditedBefore(401, 4_000);
    await ingesting.rejectedBefore(91, 4_000);
    for (const [task, table] of [
      [AUDIT_RETENTION, 'audit_events'],
      [ALERTS_RETENTION, 'deliveries'],
    ] as const) {
      const first = removing.turn(task);
      while ((await ingesting.count(table)) === 4_000) await sleep(1);
      // The lease of the first one is over, its turn is not.
      ingesting.clock.advance(10 * MINUTE_MS);
      expect(await Promise.all([first, ingesting.turn(task)])).toEqual(['done', 'done']);
      expect(await ingesting.count(table)).toBe(0);
    }
    const removed = [...removing.removals(), ...ingesting.removals()] as Record<string, number>[];
    const sumOf = (dataClass: string): number => removed.reduce((sum, each) => sum + (each[dataClass] ?? 0), 0);
    expect([sumOf('audit-events'), sumOf('deliveries')]).toEqual([4_000, 4_000]);
    expect(removed.length).toBeGreaterThan(2);
  });
});
