import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
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
/** What one transaction of a timer looks at. */
const SLICE = 200;

interface Told {
  alertId: string;
  workItems: { number: string }[];
}

describe.each(ENGINES)('a row that fails by itself, on %s', (engine) => {
  let clock: TestClock;
  let app: TestApp;
  let dataSource: DataSource;
  beforeEach(async () => {
    clock = new TestClock(new Date('2026-06-01T12:00:00Z'));
    app = await TestApp.start({ engine, clock });
    dataSource = app.app.get<DataSource>(getDataSourceToken());
  });
  afterEach(() => app.stop());

  const turn = async (task: string): Promise<void> => expect(await app.app.get(Schedule).run(task)).toBe('done');
  const stateOf = async ({ workItems }: Told): Promise<unknown> =>
    (await app.get(`/api/v1/work-items/${workItems[0]!.number}`)).body.state;
  const errors = (key: string): unknown[] =>
    app.logLines.filter(({ level, [key]: id }) => level === 'error' && id !== undefined).map(({ [key]: id }) => id);

  /** From now on the database itself refuses to change rows of this rule. */
  async function poison(table: 'work_items' | 'alerts'): Promise<() => Promise<unknown>> {
    const check =
      engine === 'sqlite'
        ? `WHEN OLD.alertRule = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); END`
        : `FOR EACH ROW IF OLD.alertRule = 'poison' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF`;
    await dataSource.query(`CREATE TRIGGER poison BEFORE UPDATE ON ${table} ${check}`);
    return () => dataSource.query('DROP TRIGGER poison');
  }

  /** A work item whose only alert has been over for a minute. */
  async function aResolved(alertRule: string): Promise<Told> {
    const at = clock.now();
    const resolvedDateTime = new Date(at.getTime() + MINUTE_MS).toISOString();
    const firedDateTime = at.toISOString();
    const essentials = { alertRule, alertId: `/${newId()}`, originAlertId: newId(), firedDateTime, resolvedDateTime };
    const { body } = await app.post<Told>(sample('platform-metric-static-cpu-fired', essentials));
    await app.post(sample('platform-metric-static-cpu-resolved', essentials));
    return body;
  }

  async function aStateless(alertRule: string): Promise<Told> {
    const essentials = { alertRule, alertId: `/${newId()}` };
    return (await app.post<Told>(sample('activity-log-administrative-vm-restart-fired', essentials))).body;
  }

  it('keeps no other work item from being closed, is told of once, and is closed when it is mended', async () => {
    const [before, bad, after] = [await aResolved('good'), await aResolved('poison'), await aResolved('good')];
    const mend = await poison('work_items');
    clock.advance(80 * HOUR_MS);
    await turn(WORK_ITEM_TIMERS);
    expect([await stateOf(before), await stateOf(bad), await stateOf(after)]).toEqual(['closed', 'resolved', 'closed']);
    await turn(WORK_ITEM_TIMERS);
    expect(errors('workItemId')).toEqual([Number(bad.workItems[0]!.number.slice(3))]);
    await mend();
    clock.advance(10 * MINUTE_MS - 1);
    await turn(WORK_ITEM_TIMERS);
    expect(await stateOf(bad)).toBe('resolved');
    clock.advance(1);
    await turn(WORK_ITEM_TIMERS);
    expect(await stateOf(bad)).toBe('closed');
  });

  it('keeps nobody waiting who is due behind more of its kind than one slice holds', async () => {
    const bad = await Promise.all(Array.from({ length: SLICE + 5 }, () => aResolved('poison')));
    clock.advance(1);
    const good = await aResolved('good');
    await poison('work_items');
    clock.advance(80 * HOUR_MS);
    await turn(WORK_ITEM_TIMERS);
    expect(await stateOf(good)).toBe('closed');
    expect(errors('workItemId')).toHaveLength(bad.length);
  });

  it('keeps no other alert from counting as over, and counts as over when it is mended', async () => {
    const [before, bad, after] = [await aStateless('good'), await aStateless('poison'), await aStateless('better')];
    const mend = await poison('alerts');
    clock.advance(24 * HOUR_MS);
    await turn(ALERT_EXPIRY);
    expect([await stateOf(before), await stateOf(bad), await stateOf(after)]).toEqual(['resolved', 'new', 'resolved']);
    await turn(ALERT_EXPIRY);
    expect(errors('alertId')).toEqual([bad.alertId]);
    await mend();
    clock.advance(10 * MINUTE_MS);
    await turn(ALERT_EXPIRY);
    expect(await stateOf(bad)).toBe('resolved');
  });
});
