import { ALERT_EXPIRY } from '../../src/alerts/expiry/alert-expiry.service';
import { newId } from '../../src/common/ids';
import { Schedule } from '../../src/common/schedule/schedule';
import { WORK_ITEM_TIMERS } from '../../src/work-items/timers/work-item-timers.service';
import { ENGINES } from '../support/database';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';
import { TestClock } from '../support/test-clock';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START = new Date('2026-06-01T12:00:00Z');

describe.each(ENGINES)('what time does, on %s', (engine) => {
  let clock: TestClock;
  let app: TestApp;
  beforeEach(async () => {
    clock = new TestClock(START);
    app = await TestApp.start({ engine, clock });
  });
  afterEach(() => app.stop());

  const turn = async (name = WORK_ITEM_TIMERS): Promise<void> => {
    expect(await app.app.get(Schedule).run(name)).toBe('done');
  };
  const workItem = async (number: string): Promise<Record<string, unknown>> =>
    (await app.get(`/api/v1/work-items/${number}`)).body;
  const kindsOf = async (number: string): Promise<string[]> =>
    (await app.get<{ items: { kind: string }[] }>(`/api/v1/work-items/${number}/timeline`)).body.items.map(
      ({ kind }) => kind,
    );

  /** A metric alert of one rule, fired or resolved by the clock of this test. */
  function alertOf(rule: string, episode: string): { fire: () => Promise<string>; resolve: () => Promise<string> } {
    const firedDateTime = clock.now().toISOString();
    const essentials = { alertId: `/alerts/${rule}/${episode}`, originAlertId: rule, firedDateTime };
    const outcome = async (payload: object): Promise<string> => {
      const { body } = await app.post<{ outcome: string; workItems: { number: string }[] }>(payload);
      return `${body.outcome} ${body.workItems[0]?.number}`;
    };
    return {
      fire: () => outcome(sample('platform-metric-static-cpu-fired', essentials)),
      resolve: () =>
        outcome(
          sample('platform-metric-static-cpu-resolved', { ...essentials, resolvedDateTime: clock.now().toISOString() }),
        ),
    };
  }

  async function aResolved(): Promise<string> {
    const alert = alertOf(newId(), 'a');
    const number = (await alert.fire()).split(' ')[1] as string;
    clock.advance(MINUTE_MS);
    await alert.resolve();
    return number;
  }

  it('ends the reopen window with one entry, and changes nothing else', async () => {
    const number = await aResolved();
    const before = await workItem(number);
    clock.advance(HOUR_MS - 1);
    await turn();
    expect(await kindsOf(number)).not.toContain('reopen_window_ended');
    clock.advance(1);
    await turn();
    await turn();
    expect((await kindsOf(number)).filter((kind) => kind === 'reopen_window_ended')).toHaveLength(1);
    expect(await workItem(number)).toEqual(before);
  });

  it('closes 72 hours after the resolution, not earlier', async () => {
    const number = await aResolved();
    clock.advance(72 * HOUR_MS - 1);
    await turn();
    expect(await workItem(number)).toMatchObject({ state: 'resolved' });
    clock.advance(1);
    await turn();
    expect(await workItem(number)).toMatchObject({ state: 'closed', closedAt: clock.now().toISOString() });
    expect((await kindsOf(number)).slice(-2)).toEqual(['reopen_window_ended', 'closed']);
  });

  it('gives people 72 hours to look at what was resolved long ago, but is heard of only now', async () => {
    const { body } = await app.post<{ workItems: { number: string }[] }>(sample('platform-metric-static-cpu-fired'));
    await app.post(sample('platform-metric-static-cpu-resolved'));
    await turn();
    expect(await workItem(body.workItems[0]!.number)).toMatchObject({
      state: 'resolved',
      resolvedAt: '2019-03-22T14:03:16.224Z',
    });
  });

  it('catches up after a stop, also with more than one slice holds', async () => {
    const numbers = await Promise.all(Array.from({ length: 230 }, () => aResolved()));
    const database = app;
    clock.advance(100 * HOUR_MS);
    const next = await TestApp.start({ shared: database, clock });
    expect(await next.app.get(Schedule).run(WORK_ITEM_TIMERS)).toBe('done');
    await next.stop();
    const { body } = await app.get<{ items: unknown[]; nextCursor: string }>(
      '/api/v1/work-items?state=closed&limit=200',
    );
    expect(body.items).toHaveLength(200);
    expect(
      (await app.get<{ items: unknown[] }>(`/api/v1/work-items?state=closed&limit=200&cursor=${body.nextCursor}`)).body
        .items,
    ).toHaveLength(numbers.length - 200);
  });

  it('ends flapping after 30 quiet minutes with one entry: resolved when its last alert was', async () => {
    const rule = newId();
    let number = '';
    for (const episode of ['a', 'b', 'c']) {
      const alert = alertOf(rule, episode);
      number = (await alert.fire()).split(' ')[1] as string;
      clock.advance(MINUTE_MS);
      await alert.resolve();
      clock.advance(MINUTE_MS);
    }
    const lastEnd = new Date(clock.now().getTime() - MINUTE_MS).toISOString();
    expect(await workItem(number)).toMatchObject({ state: 'new', flapping: true });
    clock.advance(28 * MINUTE_MS);
    await turn();
    expect(await workItem(number)).toMatchObject({ state: 'new', flapping: true });
    clock.advance(MINUTE_MS);
    await turn();
    expect(await workItem(number)).toMatchObject({
      ...{ state: 'resolved', flapping: false, resolvedAt: lastEnd, resolutionCode: 'resolved_by_monitoring' },
    });
    const kinds = await kindsOf(number);
    expect(kinds.slice(kinds.indexOf('flapping_began') + 1)).toEqual(['alert_resolved', 'flapping_ended']);
  });

  it('ends a stateless alert a day after the last news of it, and never one that tells its end', async () => {
    const post = (name: string): Promise<{ body: { workItems: { number: string }[] } }> => app.post(sample(name));
    const stateless = (await post('activity-log-administrative-vm-restart-fired')).body.workItems[0]!.number;
    const stateful = (await post('platform-metric-static-cpu-fired')).body.workItems[0]!.number;
    clock.advance(24 * HOUR_MS - 1);
    await turn(ALERT_EXPIRY);
    expect(await workItem(stateless)).toMatchObject({ state: 'new' });
    clock.advance(1);
    await turn(ALERT_EXPIRY);
    expect(await workItem(stateless)).toMatchObject({ state: 'resolved', resolutionCode: 'expired' });
    expect((await kindsOf(stateless)).slice(-2)).toEqual(['alert_expired', 'resolved']);
    clock.advance(1_000 * HOUR_MS);
    await turn(ALERT_EXPIRY);
    expect(await workItem(stateful)).toMatchObject({ state: 'new' });
  });
});
