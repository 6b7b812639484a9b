import { ALERTS_RETENTION } from '../../src/alerts/retention/alerts-retention.service';
import { AUDIT_RETENTION } from '../../src/audit/audit.module';
import { AUTH_RETENTION } from '../../src/auth/auth.module';
import { newId } from '../../src/common/ids';
import { Metrics } from '../../src/common/operations/metrics';
import { sqlTime } from '../../src/common/sql';
import { ENGINES } from '../support/database';
import { sample } from '../support/samples';
import { DAY_MS, MINUTE_MS, RetentionStory, type Told } from './retention-story';

const LEGACY = 'legacy/activity-log-administrative-fired';
const DELIVERIES = '/api/v1/admin/deliveries';

describe.each(ENGINES)('what is past its time, on %s', (engine) => {
  let story: RetentionStory;
  beforeEach(async () => {
    story = await RetentionStory.start({ engine });
  });
  afterEach(() => story.stop());

  const turn = async (task = ALERTS_RETENTION): Promise<void> => expect(await story.turn(task)).toBe('done');
  const delivery = async (id: string): Promise<Record<string, unknown>> =>
    (await story.get(`${DELIVERIES}/${id}`)).body;
  const replay = (id: string): Promise<{ status: number; body: Record<string, unknown> }> =>
    story.app.call('POST', `${DELIVERIES}/${id}/replay`, { as: story.app.token('Admin'), body: {} });

  /** Ids are made by the real time, and what has no end is found by its id. */
  const atTheTimeOfIds = (): void => {
    story.clock.time = new Date();
  };

  /** From now on the database itself refuses to do so with this row. */
  async function refuse(
    what: 'INSERT' | 'UPDATE' | 'DELETE',
    table: string,
    condition: string,
  ): Promise<() => Promise<unknown>> {
    const check =
      engine === 'sqlite'
        ? `WHEN ${condition} BEGIN SELECT RAISE(ABORT, 'no'); END`
        : `FOR EACH ROW IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF`;
    await story.dataSource.query(`CREATE TRIGGER refusing BEFORE ${what} ON ${table} ${check}`);
    return () => story.dataSource.query('DROP TRIGGER refusing');
  }

  describe('bodies', () => {
    it('go after 30 days, not earlier, once there is nothing left to do about their deliveries', async () => {
      const alert = story.alert();
      const fired = await alert.fire();
      const repeated = await alert.fire();
      const rejected = await story.post(sample(LEGACY));
      const ids = [fired, repeated, rejected].map(({ deliveryId }) => deliveryId);
      story.clock.advance(30 * DAY_MS - 1);
      await turn();
      expect(await story.count('deliveries', 'payloadRemovedAt IS NULL')).toBe(3);
      story.clock.advance(1);
      await turn();
      expect(await story.count('deliveries', `body = '' AND payloadRemovedAt = ?`, [sqlTime(story.clock.now())])).toBe(
        3,
      );
      for (const id of ids) {
        expect(await delivery(id)).toMatchObject({ payload: null, payloadRemovedAt: story.clock.now().toISOString() });
      }
      expect(await replay(rejected.deliveryId)).toMatchObject({ status: 409, body: { code: 'payload_removed' } });
      expect(story.removals()).toEqual([{ 'delivery-bodies': 3 }]);
    });

    it('stay as long as their deliveries are parked, which are replayed as ever', async () => {
      const mend = await refuse('INSERT', 'alerts', `NEW.alertRule = 'poison'`);
      const parked = await story.alert({ alertRule: 'poison' }).fire();
      expect(parked.outcome).toBe('parked');
      await mend();
      await story.days(4_000, ALERTS_RETENTION);
      expect(await delivery(parked.deliveryId)).toMatchObject({ status: 'parked', payloadRemovedAt: null });
      expect(await replay(parked.deliveryId)).toMatchObject({ status: 200, body: { outcome: 'created' } });
      story.clock.advance(30 * DAY_MS - 1);
      await turn();
      expect(await delivery(parked.deliveryId)).toMatchObject({ status: 'processed', payloadRemovedAt: null });
      story.clock.advance(1);
      await turn();
      expect(await delivery(parked.deliveryId)).toMatchObject({ status: 'processed', payload: null });
      expect(await story.count('deliveries')).toBe(1);
    });

    it('are kept for another 30 days where somebody tried to replay what was rejected', async () => {
      const [tried, left] = [await story.post(sample(LEGACY)), await story.post(sample(LEGACY))];
      await story.days(29);
      expect(await replay(tried.deliveryId)).toMatchObject({ status: 200, body: { outcome: 'rejected' } });
      await story.days(29, ALERTS_RETENTION);
      expect(await delivery(tried.deliveryId)).toMatchObject({ payloadRemovedAt: null });
      expect(await delivery(left.deliveryId)).toMatchObject({ payload: null });
      await story.days(1, ALERTS_RETENTION);
      expect(await delivery(tried.deliveryId)).toMatchObject({ payload: null });
    });
  });

  describe('deliveries', () => {
    it('go after 90 days, not earlier, with their attempts', async () => {
      const mend = await refuse('INSERT', 'alerts', `NEW.alertRule = 'poison'`);
      const parked = await story.alert({ alertRule: 'poison' }).fire();
      await mend();
      const alert = story.alert();
      await alert.fire();
      await story.post(sample(LEGACY));
      story.clock.advance(MINUTE_MS);
      await alert.resolve();
      await replay(parked.deliveryId);
      await story.alert({ alertRule: 'poison' }).resolve();
      const [, ...kept] = await story.idsOf('deliveries');
      expect(kept).toHaveLength(4);
      await story.days(4, 'work-item-timers');
      story.clock.advance(86 * DAY_MS - MINUTE_MS - 1);
      await turn();
      expect(await story.count('deliveries')).toBe(5);
      story.clock.advance(1);
      await turn();
      // The alert that was parked is open; what came a minute later has a minute left.
      expect(await story.count('deliveries')).toBe(3);
      story.clock.advance(MINUTE_MS);
      await turn();
      expect(await story.idsOf('deliveries')).toEqual([parked.deliveryId]);
      expect(await story.count('delivery_attempts')).toBe(2);
    });

    it('that were replayed go 90 days after that', async () => {
      const mend = await refuse('INSERT', 'alerts', `NEW.alertRule = 'poison'`);
      await story.route({ match: { alertRule: 'poison' }, actions: { recordOnly: true } });
      const parked = await story.alert({ alertRule: 'poison' }).fire();
      await mend();
      await story.days(400);
      expect(await replay(parked.deliveryId)).toMatchObject({ status: 200, body: { outcome: 'recorded' } });
      // Their alert is over since before that.
      await story.dataSource.query('UPDATE alerts SET resolvedAt = firedAt');
      story.clock.advance(90 * DAY_MS - 1);
      await turn();
      expect(await story.count('deliveries')).toBe(1);
      await story.days(1, ALERTS_RETENTION);
      expect([await story.count('deliveries'), await story.count('delivery_attempts')]).toEqual([0, 0]);
    });

    it('stay as long as their alert fires', async () => {
      const { deliveryId } = await story.alert().fire();
      await story.days(1_000, ALERTS_RETENTION);
      expect(await story.idsOf('deliveries')).toEqual([deliveryId]);
      expect(await story.count('alerts')).toBe(1);
    });

    it('stay as long as their work item is live, though their own alert is over, and go when it is closed', async () => {
      const origin = newId();
      const [over, firing] = [story.alert({ origin }), story.alert({ origin })];
      await over.fire();
      const { workItems } = await firing.fire();
      story.clock.advance(MINUTE_MS);
      await over.resolve();
      await story.days(100, ALERTS_RETENTION);
      expect(await story.count('deliveries')).toBe(3);
      await firing.resolve();
      await story.days(4, 'work-item-timers');
      expect((await story.get(`/api/v1/work-items/${workItems[0]!.number}`)).body.state).toBe('closed');
      await turn();
      // That of the last Resolved is four days old.
      expect(await story.count('deliveries')).toBe(1);
    });

    it('are told of as no longer kept, by the alert and by the explanation of its work item', async () => {
      const { fired, number } = await story.aClosed();
      await story.days(90, ALERTS_RETENTION);
      expect(await story.count('deliveries')).toBe(0);
      expect((await story.get(`/api/v1/alerts/${fired.alertId}`)).body).toMatchObject({
        deliveries: [],
        occurrences: 1,
      });
      expect((await story.get(`/api/v1/work-items/${number}/alerts`)).body.items).toMatchObject([{ deliveries: [] }]);
      expect(await story.get(`${DELIVERIES}/${fired.deliveryId}`)).toMatchObject({ status: 404 });
      const { status, body } = await story.get(`/api/v1/work-items/${number}/explain`);
      expect(status).toBe(200);
      const steps = body.steps as { step: string; summary: string }[];
      expect(steps.find(({ step }) => step === 'delivery')?.summary).toBe(
        `The delivery that opened it (${fired.deliveryId}) is no longer kept`,
      );
      expect(steps.find(({ step }) => step === 'identity')?.summary).toMatch(
        /^The payload is no longer kept.*; 1 alert$/,
      );
    });

    it('that are repeated after that are known by their alert', async () => {
      const { alert, fired, number } = await story.aClosed();
      await story.days(90, ALERTS_RETENTION);
      expect(await story.count('deliveries')).toBe(0);
      const resolvedDateTime = new Date(story.clock.now().getTime() - 94 * DAY_MS).toISOString();
      expect(await alert.fire()).toMatchObject({ outcome: 'stale', alertId: fired.alertId });
      expect(await alert.resolve({ resolvedDateTime })).toMatchObject({ outcome: 'stale', alertId: fired.alertId });
      expect(await alert.fire()).toMatchObject({ outcome: 'duplicate', alertId: fired.alertId });
      expect(await story.count('work_items')).toBe(1);
      expect((await story.get(`/api/v1/work-items/${number}`)).body).toMatchObject({ state: 'closed', alertCount: 1 });
    });

    it('that can not be removed keep nothing else waiting', async () => {
      const { fired } = await story.aClosed();
      await story.days(1);
      await story.aClosed();
      const mend = await refuse('DELETE', 'deliveries', `OLD.id = '${fired.deliveryId}'`);
      for (let index = 0; index < 200; index += 1) await story.post(sample(LEGACY));
      story.clock.advance(90 * DAY_MS);
      expect(await story.turn()).toBe('failed');
      expect(await story.turn()).toBe('done');
      expect(await story.count('deliveries', `status = 'rejected'`)).toBe(0);
      expect(await story.count('deliveries')).toBe(4);
      await mend();
      await story.days(1, ALERTS_RETENTION);
      expect(await story.count('deliveries')).toBe(0);
    });
  });

  describe('alerts', () => {
    it('go 13 months after their end, not earlier; work item, timeline and bindings stay', async () => {
      const { fired, number } = await story.aClosed();
      const timeline = await story.count('timeline_entries');
      const bindings = await story.count('bindings');
      expect(bindings).toBeGreaterThan(0);
      story.clock.advance(392 * DAY_MS - 1);
      await turn();
      expect(await story.count('deliveries')).toBe(0);
      expect(await story.idsOf('alerts')).toEqual([fired.alertId]);
      story.clock.advance(1);
      await turn();
      expect(await story.count('alerts')).toBe(0);
      expect(await story.get(`/api/v1/alerts/${fired.alertId}`)).toMatchObject({ status: 404 });
      expect((await story.get(`/api/v1/work-items/${number}`)).body).toMatchObject({ state: 'closed', alertCount: 1 });
      expect(await story.count('timeline_entries')).toBe(timeline);
      expect(await story.count('bindings')).toBe(bindings);
      const { body } = await story.get(`/api/v1/work-items/${number}/explain`);
      const steps = body.steps as { step: string; summary: string }[];
      expect(steps.find(({ step }) => step === 'identity')?.summary).toMatch(
        /; 0 alerts: they are no longer kept, or have fired for a later work item$/,
      );
    });

    it('are counted from when this service heard of their end', async () => {
      const old = { firedDateTime: '2019-01-01T00:00:00Z', resolvedDateTime: '2019-01-01T01:00:00Z' };
      const alert = story.alert();
      await alert.fire(old);
      await alert.resolve(old);
      await story.days(4, 'work-item-timers');
      await story.days(391, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(1);
      await story.days(1, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(0);
    });

    it('stay as long as their work item is not closed, and go without one', async () => {
      await story.route({ match: { alertRule: 'by-hand' }, actions: { autoResolve: false } });
      await story.route({ match: { alertRule: 'noise' }, actions: { recordOnly: true } });
      const [byHand, noise] = [story.alert({ alertRule: 'by-hand' }), story.alert({ alertRule: 'noise' })];
      const { alertId, workItems } = await byHand.fire();
      await noise.fire();
      story.clock.advance(MINUTE_MS);
      await byHand.resolve();
      await noise.resolve();
      await story.days(500, ALERTS_RETENTION);
      expect(await story.idsOf('alerts')).toEqual([alertId]);
      expect(await story.count('deliveries')).toBe(2);
      await story.cancel(workItems[0]!.number);
      await story.days(1, ALERTS_RETENTION);
      expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([0, 0]);
    });

    it('stay as long as a delivery of them is kept', async () => {
      const { alert, fired } = await story.aClosed();
      await story.days(380, ALERTS_RETENTION);
      expect(await alert.fire()).toMatchObject({ outcome: 'stale' });
      // A repeat changes nothing about its alert.
      await story.days(350);
      expect(await alert.fire()).toMatchObject({ outcome: 'duplicate', alertId: fired.alertId });
      await story.days(60, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(1);
      await story.days(30, ALERTS_RETENTION);
      expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([0, 0]);
    });

    it('that are parts of one go all together or not at all, and so do their deliveries', async () => {
      const names = [`m1-${newId()}`, `m2-${newId()}`];
      for (const name of names) {
        const body = { name, className: 'cmdb_ci_server' };
        const made = await story.app.call('POST', '/api/v1/configuration-items', {
          as: story.app.token('Operator'),
          body,
        });
        expect(made.status).toBe(201);
      }
      await story.route({ match: { alertRule: 'each' }, actions: { perConfigurationItem: true } });
      const alert = story.alert({ alertRule: 'each', configurationItems: names, alertTargetIDs: [] });
      const fired = await alert.fire();
      expect(fired.workItems).toHaveLength(2);
      story.clock.advance(MINUTE_MS);
      const end = await alert.resolve();
      expect(end.workItems).toMatchObject([{ state: 'resolved' }, { state: 'resolved' }]);
      await story.days(4, 'work-item-timers');
      // The part that no delivery names fires once more.
      const [{ id: second } = { id: '' }] = await story.dataSource.query<{ id: string }[]>(
        'SELECT id FROM alerts WHERE id <> ?',
        [fired.alertId],
      );
      const { body } = await story.get(`/api/v1/alerts/${second}`);
      const [name] = (await story.get(`/api/v1/work-items/${String(body.workItem)}`)).body.configurationItems as {
        name: string;
      }[];
      const again = { configurationItems: [name!.name], firedDateTime: story.clock.now().toISOString() };
      await alert.fire(again);
      await story.days(500, ALERTS_RETENTION);
      expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([2, 3]);
      await alert.resolve();
      await story.days(4, 'work-item-timers');
      await story.days(90, ALERTS_RETENTION);
      expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([2, 0]);
      expect(await alert.fire()).toMatchObject({ outcome: 'stale' });
      await story.days(396, ALERTS_RETENTION);
      expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([0, 0]);
      expect(await story.count('work_items')).toBe(3);
    });

    it('go after the one that they ended: an orphan stays as long as that does', async () => {
      const origin = newId();
      await story.route({ match: { alertRule: 'by-hand' }, actions: { autoResolve: false } });
      const { workItems } = await story.alert({ origin, alertRule: 'by-hand' }).fire();
      story.clock.advance(MINUTE_MS);
      await story.alert({ origin, alertRule: 'by-hand' }).resolve();
      expect(await story.count('alerts', 'resolvedByAlertId IS NOT NULL')).toBe(1);
      await story.days(500, ALERTS_RETENTION);
      // That it ended something is told by the one that is held open.
      expect(await story.count('alerts')).toBe(2);
      await story.cancel(workItems[0]!.number);
      await story.days(1, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(0);
    });

    it('stay where they may still end one that fires', async () => {
      const origin = newId();
      const [one, other] = [story.alert({ origin }), story.alert({ origin })];
      await one.fire();
      await other.fire();
      story.clock.advance(MINUTE_MS);
      // Of two that are open it ends neither.
      await story.alert({ origin }).resolve();
      const unrelated = await story.alert().resolve();
      await story.days(500, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(3);
      expect(await story.count('alerts', 'id = ?', [unrelated.alertId])).toBe(0);
      await one.resolve();
      await other.resolve();
      await story.days(4, 'work-item-timers');
      await story.days(86, ALERTS_RETENTION);
      expect(await story.idsOf('alerts')).toHaveLength(2);
      await story.days(306, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(0);
    });

    it('that tell no end go once their work item has been closed for as long, and so do their deliveries', async () => {
      atTheTimeOfIds();
      const { alertId, workItems } = await story.alert().fire();
      const live = await story.alert().fire();
      await story.days(500);
      await story.resolve(workItems[0]!.number);
      await turn();
      expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([2, 2]);
      await story.days(4, 'work-item-timers');
      expect((await story.get(`/api/v1/work-items/${workItems[0]!.number}`)).body.state).toBe('closed');
      story.clock.advance(90 * DAY_MS - 1);
      await turn();
      expect(await story.count('deliveries')).toBe(2);
      await story.days(1, ALERTS_RETENTION);
      expect(await story.idsOf('deliveries')).toEqual([live.deliveryId]);
      story.clock.advance(305 * DAY_MS);
      await turn();
      expect(await story.idsOf('alerts')).toEqual([alertId, live.alertId]);
      await story.days(1, ALERTS_RETENTION);
      expect(await story.idsOf('alerts')).toEqual([live.alertId]);
    });

    it('that tell no end go without a work item once there has been no news of them for as long', async () => {
      atTheTimeOfIds();
      await story.route({ match: { alertRule: 'noise' }, actions: { recordOnly: true } });
      const alert = story.alert({ alertRule: 'noise' });
      await alert.fire();
      await story.days(300);
      await alert.fire({ firedDateTime: story.clock.now().toISOString() });
      await story.days(200, ALERTS_RETENTION);
      expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([1, 0]);
      await story.days(196, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(0);
      expect(await alert.resolve()).toMatchObject({ outcome: 'recorded', workItems: [] });
    });

    it('that tell no end stay where an orphan would take their going for another one that fires', async () => {
      atTheTimeOfIds();
      const origin = newId();
      const [endless, firing] = [story.alert({ origin }), story.alert({ origin })];
      const { workItems } = await endless.fire();
      await story.cancel(workItems[0]!.number);
      const live = await firing.fire();
      story.clock.advance(MINUTE_MS);
      // Of two that are open it ends neither.
      await story.alert({ origin }).resolve();
      await story.days(500, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(3);
      await story.alert({ origin }).fire({ firedDateTime: new Date(story.clock.now().getTime() - 501 * DAY_MS) });
      expect(await story.count('alerts', 'id = ? AND resolvedAt IS NULL', [live.alertId])).toBe(1);
    });

    it('stay as long as a delivery is parked that may be about them, those that were over before it go', async () => {
      await story.aClosed();
      const mend = await refuse('INSERT', 'alerts', `NEW.occurrences > 0 AND NEW.alertRule = 'poison'`);
      const alert = story.alert({ alertRule: 'poison' });
      const parked = await alert.fire();
      expect(parked.outcome).toBe('parked');
      story.clock.advance(MINUTE_MS);
      const end = await alert.resolve();
      expect(end.outcome).toBe('recorded');
      await mend();
      await story.days(500, ALERTS_RETENTION);
      expect(await story.idsOf('deliveries')).toEqual([parked.deliveryId]);
      expect(await story.idsOf('alerts')).toEqual([end.alertId]);
      expect(await replay(parked.deliveryId)).toMatchObject({
        status: 200,
        body: { outcome: 'created', alertId: end.alertId, workItems: [{ state: 'resolved' }] },
      });
      await story.days(4, 'work-item-timers');
      await story.days(392, ALERTS_RETENTION);
      expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([0, 0]);
    });

    it('that came shortly before a delivery that is parked stay, too: deliveries overtake each other', async () => {
      const mend = await refuse('UPDATE', 'alerts', `NEW.occurrences > 0 AND NEW.alertRule = 'poison'`);
      const alert = story.alert({ alertRule: 'poison' });
      story.clock.advance(MINUTE_MS);
      const end = await alert.resolve();
      story.clock.advance(23 * 60 * MINUTE_MS);
      expect((await alert.fire()).outcome).toBe('parked');
      await mend();
      await story.days(500, ALERTS_RETENTION);
      expect(await story.idsOf('alerts')).toEqual([end.alertId]);
    });

    it('of which each brings many parts along go whole, no more in a transaction than a slice holds', async () => {
      await story.cutBefore(400, { alerts: 40, parts: 7 });
      const locked = jest.spyOn(story.dataSource, 'query');
      await turn();
      const slots = locked.mock.calls.filter(([text]) => text.includes('FROM signatures s'));
      locked.mockRestore();
      const sizes = slots.map(([, signatures]) => (signatures as string[]).length);
      expect(sizes).toEqual([189, 91]);
      expect(await story.count('alerts')).toBe(0);
      expect(story.removals()).toEqual([{ alerts: 280 }]);
    });

    it('of which one alone brings more parts along than a slice holds go all the same', async () => {
      await story.cutBefore(400, { alerts: 2, parts: 200 });
      await turn();
      expect(await story.count('alerts')).toBe(0);
    });

    it('of which only a note came go, too', async () => {
      const payload = sample('service-health-incident-html-fired');
      (payload.data.alertContext.properties as Record<string, unknown>).stage = 'RCA';
      const { outcome, alertId } = await story.post(payload);
      expect(outcome).toBe('recorded');
      atTheTimeOfIds();
      await story.days(395, ALERTS_RETENTION);
      expect(await story.idsOf('alerts')).toEqual([alertId]);
      await story.days(2, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(0);
    });

    it('whose id fired for another signature before are found also after that one has gone', async () => {
      const alertId = `/alerts/${newId()}`;
      const first = await story.aClosed(story.alert({ alertId }));
      await story.days(380);
      const alert = story.alert({ alertId });
      const fired = await alert.fire();
      expect(fired.outcome).toBe('created');
      await story.days(20, ALERTS_RETENTION);
      expect(await story.count('alerts', 'id = ?', [first.fired.alertId])).toBe(0);
      expect(await alert.fire()).toMatchObject({ outcome: 'duplicate', alertId: fired.alertId });
      const again = { firedDateTime: story.clock.now().toISOString() };
      expect(await alert.fire(again)).toMatchObject({ outcome: 'updated', alertId: fired.alertId });
      story.clock.advance(MINUTE_MS);
      expect(await alert.resolve()).toMatchObject({ outcome: 'resolved', alertId: fired.alertId });
      expect(await story.count('alerts')).toBe(1);
    });

    it('that fire again after that are new ones', async () => {
      const { alert, fired, number } = await story.aClosed();
      await story.days(392, ALERTS_RETENTION);
      expect(await story.count('alerts')).toBe(0);
      const told = await alert.fire({ firedDateTime: story.clock.now().toISOString() });
      expect(told).toMatchObject({ outcome: 'created', alertId: expect.not.stringContaining(fired.alertId) });
      const { body } = await story.get(`/api/v1/work-items/${told.workItems[0]!.number}`);
      expect(body).toMatchObject({ previousWorkItem: number });
    });
  });

  describe('refused calls and the audit trail', () => {
    const cases = [
      ['refused calls', 'auth_rejections', 'auth-rejections', 180, AUTH_RETENTION],
      ['audit events', 'audit_events', 'audit-events', 400, AUDIT_RETENTION],
    ] as const;

    it.each(cases)('%s go after their days, not earlier', async (_, table, dataClass, days, task) => {
      await story.route({ match: {}, actions: {} });
      await story.app.call('GET', '/api/v1/work-items', { as: 'no.token.atAll' });
      // The list writes what has not been written yet.
      await story.get('/api/v1/admin/auth-rejections');
      expect(await story.count(table)).toBe(1);
      story.clock.advance(days * DAY_MS - 1);
      await turn(task);
      expect(await story.count(table)).toBe(1);
      story.clock.advance(1);
      await turn(task);
      expect(await story.count(table)).toBe(0);
      expect(story.removals()).toEqual([{ [dataClass]: 1 }]);
    });
  });

  it('goes by thousands in one turn, slice by slice, with one line in the log; the rest stays', async () => {
    const told: Told[] = [];
    for (let index = 0; index < 5; index += 1) told.push(await story.alert().fire());
    await story.rejectedBefore(100, 3_000);
    await story.rejectedBefore(40, 1_000);
    await story.rejectedBefore(20, 500);
    await turn();
    expect(story.removals()).toEqual([{ 'delivery-bodies': 4_000, deliveries: 3_000 }]);
    await turn();
    expect(story.removals()).toHaveLength(1);
    expect(await story.count('deliveries')).toBe(1_505);
    expect(await story.count('deliveries', 'payloadRemovedAt IS NULL')).toBe(505);
    const text = await story.app.app.get(Metrics).render();
    const lines = text.split('\n').filter((line) => line.startsWith('secure_export_retention_removed_total{'));
    expect(lines.sort()).toEqual([
      'secure_export_retention_removed_total{class="alerts"} 0',
      'secure_export_retention_removed_total{class="audit-events"} 0',
      'secure_export_retention_removed_total{class="auth-rejections"} 0',
      'secure_export_retention_removed_total{class="deliveries"} 3000',
      'secure_export_retention_removed_total{class="delivery-bodies"} 4000',
    ]);
  });

  it('that is too much for a turn goes in the next one, also on another instance', async () => {
    await story.auditedBefore(401, 9_600);
    await story.auditedBefore(399, 1);
    await turn(AUDIT_RETENTION);
    const left = await story.count('audit_events');
    expect(left).toBeGreaterThan(1);
    expect(left).toBeLessThan(9_601);
    const next = await story.another();
    story.clock.advance(10 * MINUTE_MS);
    expect(await next.turn(AUDIT_RETENTION)).toBe('done');
    await next.stop();
    expect(await story.count('audit_events')).toBe(1);
  });

  it('is left for later by an instance that is told to stop', async () => {
    await story.auditedBefore(401, 9_000);
    const stopping = await story.another();
    const turn = stopping.turn(AUDIT_RETENTION);
    while ((await story.count('audit_events')) === 9_000) await new Promise((resolve) => setImmediate(resolve));
    await stopping.stop();
    expect(await turn).toBe('done');
    expect(await story.count('audit_events')).toBeGreaterThan(0);
    await story.turn(AUDIT_RETENTION);
    expect(await story.count('audit_events')).toBe(0);
  });

  it('stays where its class is never removed', async () => {
    const never = 'delivery-bodies=never,deliveries=never,alerts=never,auth-rejections=never,audit-events=never';
    await story.aClosed();
    await story.post(sample(LEGACY));
    await story.auditedBefore(0, 1);
    const other = await story.another({ RETENTION_DAYS: never });
    story.clock.advance(4_000 * DAY_MS);
    for (const task of [ALERTS_RETENTION, AUTH_RETENTION, AUDIT_RETENTION]) expect(await other.turn(task)).toBe('done');
    await other.stop();
    expect(await story.count('deliveries', 'payloadRemovedAt IS NULL')).toBe(3);
    expect([await story.count('alerts'), await story.count('audit_events')]).toEqual([1, 1]);
    story.clock.advance(10 * MINUTE_MS);
    await turn();
    expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([0, 0]);
  });

  it('goes by the days that the configuration says', async () => {
    await story.aClosed();
    const other = await story.another({ RETENTION_DAYS: 'delivery-bodies=never,deliveries=5,alerts=6' });
    await story.days(1);
    expect(await other.turn()).toBe('done');
    expect([await story.count('alerts'), await story.count('deliveries')]).toEqual([1, 0]);
    await story.days(1);
    expect(await other.turn()).toBe('done');
    await other.stop();
    expect(await story.count('alerts')).toBe(0);
  });
});
