import { DataSource } from 'typeorm';
import { IngestService } from '../../src/alerts/ingest/ingest.service';
import { newId } from '../../src/common/ids';
import { Schedule } from '../../src/common/schedule/schedule';
import { WORK_ITEM_TIMERS } from '../../src/work-items/timers/work-item-timers.service';
import { anAccepted } from '../support/alert-builders';
import { describeOnServer } from '../support/database';
import { TestApp, type Answer } from '../support/test-app';
import { TestClock } from '../support/test-clock';

const RESOLUTION = { to: 'resolved', resolutionCode: 'fixed', resolutionNotes: 'done', reason: 'noise' };
const HOUR_MS = 3_600_000;

describeOnServer('people, alerts and timers at the same work item, on two instances', () => {
  const clock = new TestClock(new Date());
  let one: TestApp;
  let other: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    one = await TestApp.start({ engine: 'server', clock });
    other = await TestApp.start({ shared: one, clock });
    dataSource = one.app.get(DataSource);
  });
  afterAll(async () => {
    await other.stop();
    await one.stop();
  });

  async function anIncident(): Promise<{ number: string; signature: string }> {
    const signature = `race-${newId()}`;
    const [result] = await one.app.get(IngestService).ingest([anAccepted({ episode: 'a', fired: 0, signature })]);
    return { number: result!.workItems[0]!.number, signature };
  }

  function act(app: TestApp, method: 'POST' | 'PATCH', path: string, body: unknown, ifMatch?: string): Promise<Answer> {
    const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
    return app.call(method, `/api/v1/work-items/${path}`, { as: app.token('Manager'), body, headers });
  }

  const get = async (number: string): Promise<Record<string, unknown>> =>
    (await one.get(`/api/v1/work-items/${number}`)).body;
  const kindsOf = async (number: string): Promise<string[]> => {
    const { body } = await one.get<{ items: { kind: string }[] }>(`/api/v1/work-items/${number}/timeline?limit=200`);
    return body.items.map(({ kind }) => kind);
  };

  it('lets one of two who resolve it at once win, and tells the other', async () => {
    for (let round = 0; round < 15; round += 1) {
      const { number } = await anIncident();
      const answers = await Promise.all(
        [one, other].map((app) => act(app, 'POST', `${number}/transitions`, RESOLUTION)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect((await kindsOf(number)).filter((kind) => kind === 'resolved')).toHaveLength(1);
    }
  });

  it('lets one of two who change one version win, and tells the other which one is current', async () => {
    for (let round = 0; round < 15; round += 1) {
      const { number } = await anIncident();
      const { version } = await get(number);
      const answers = await Promise.all(
        [one, other].map((app, index) => act(app, 'PATCH', number, { title: `by ${index}` }, `"${String(version)}"`)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const [winner, loser] = answers.sort((left, right) => left.status - right.status) as [Answer, Answer];
      expect(loser.body.currentVersion).toBe(winner.body.version);
      expect((await get(number)).title).toBe(winner.body.title);
    }
  });

  it('loses neither alerts nor changes where both come at once', async () => {
    const { number, signature } = await anIncident();
    const alerts = Array.from({ length: 60 }, (_, index) =>
      [one, other]
        [index % 2]!.app.get(IngestService)
        .ingest([anAccepted({ episode: `e${index}`, fired: index, urgency: 1, signature })]),
    );
    const changes = Array.from({ length: 20 }, (_, index) =>
      act(
        [one, other][index % 2]!,
        'PATCH',
        number,
        { urgency: 2, assignmentGroup: `group ${index}`, title: 'mine' },
        '*',
      ),
    );
    const outcomes = (await Promise.all(alerts)).map(([result]) => result?.outcome);
    const answers = await Promise.all(changes);
    expect(new Set(outcomes)).toEqual(new Set(['updated']));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const after = await get(number);
    expect(after).toMatchObject({ alertCount: 61, urgency: 2, title: 'mine', state: 'new' });
    expect(after.assignmentGroup).toMatch(/^group \d+$/);
    // Alerts go in batches of their own here, so each of them is a version; so is each change.
    expect(after.version).toBe(1 + 60 + 20);
  });

  it('takes an alert that fires while a person resolves: it is counted, and what fires is open or told of', async () => {
    for (let round = 0; round < 15; round += 1) {
      const { number, signature } = await anIncident();
      const fired = anAccepted({ episode: 'b', fired: 5, signature });
      const [answer, [result]] = await Promise.all([
        act(one, 'POST', `${number}/transitions`, RESOLUTION),
        other.app.get(IngestService).ingest([fired]),
      ]);
      expect(answer.status).toBe(200);
      expect(result?.workItems[0]?.number).toBe(number);
      const { state, alertCount } = await get(number);
      expect([state, alertCount]).toEqual([result?.outcome === 'reopened' ? 'new' : 'resolved', 2]);
    }
  });

  it('moves overlapping selections at once without a deadlock that a caller would see', async () => {
    const incidents = await Promise.all(Array.from({ length: 40 }, () => anIncident()));
    const numbers = incidents.map(({ number }) => number);
    const selections = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? numbers : numbers.toReversed()));
    const answers = await Promise.all(
      selections.map((selection, index) =>
        act([one, other][index % 2]!, 'POST', 'bulk/assignments', { numbers: selection, assignee: `person ${index}` }),
      ),
    );
    expect(answers.map(({ body }) => body.failed)).toEqual(answers.map(() => 0));
    const assignees = await Promise.all(numbers.map(async (number) => (await get(number)).assignee));
    expect(new Set(assignees).size).toBe(1);
  });

  it('closes what is due once, whichever instance has the turn, and not what a person reopens meanwhile', async () => {
    const incidents = await Promise.all(Array.from({ length: 30 }, () => anIncident()));
    const numbers = incidents.map(({ number }) => number);
    await act(one, 'POST', 'bulk/transitions', { numbers, ...RESOLUTION });
    clock.advance(72 * HOUR_MS);
    const reopening = numbers.slice(0, 10);
    const [, , reopened] = await Promise.all([
      one.app.get(Schedule).run(WORK_ITEM_TIMERS),
      other.app.get(Schedule).run(WORK_ITEM_TIMERS),
      act(one, 'POST', 'bulk/transitions', { numbers: reopening, to: 'in_progress' }),
    ]);
    for (const [index, number] of numbers.entries()) {
      const kinds = await kindsOf(number);
      const { state } = await get(number);
      const result = (reopened.body.results as { number: string; error: unknown }[]).find(
        (each) => each.number === number,
      );
      const isReopened = index < reopening.length && result?.error === null;
      expect(state).toBe(isReopened ? 'in_progress' : 'closed');
      expect(kinds.filter((kind) => kind === 'closed')).toHaveLength(isReopened ? 0 : 1);
    }
    const [{ due }] = await dataSource.query<[{ due: number | string }]>(
      'SELECT COUNT(*) AS due FROM work_items WHERE dueAt <= ?',
      [clock.now()],
    );
    expect(Number(due)).toBe(0);
  });
});
