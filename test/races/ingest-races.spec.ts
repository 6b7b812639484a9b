import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { IngestService } from '../../src/alerts/ingest/ingest.service';
import type { AcceptedDelivery } from '../../src/alerts/ingest/ingest-state';
import { newId } from '../../src/common/ids';
import { Schedule } from '../../src/common/schedule/schedule';
import { WORK_ITEM_TIMERS } from '../../src/work-items/timers/work-item-timers.service';
import { anAccepted, type AlertSketch } from '../support/alert-builders';
import { describeOnServer, ENGINES } from '../support/database';
import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

interface Result {
  outcome: string;
  workItems: { number: string }[];
}

function count<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** The story's end as a user sees it, without ids and what tells the way there. */
async function endOf(dataSource: DataSource, signature: string): Promise<unknown> {
  const workItems = await dataSource.query<unknown[]>(
    `SELECT state, openedAt, resolvedAt, alertCount, firingCount, urgency, impact, priority, title, resolutionCode
     FROM work_items WHERE signature = ? ORDER BY id`,
    [signature],
  );
  const alerts = await dataSource.query<unknown[]>(
    `SELECT a.episodeKey, a.firedAt, a.lastFiredAt, a.resolvedAt, a.occurrences, a.detailRank, a.workItemId IS NULL AS alone
     FROM alerts a WHERE a.signature = ? ORDER BY a.episodeKey`,
    [signature],
  );
  const items = await dataSource.query<unknown[]>(
    `SELECT ci.resourceId, b.isLead, b.method, b.confidence, b.source FROM bindings b
     JOIN configuration_items ci ON ci.id = b.ciId JOIN work_items w ON w.id = b.workItemId WHERE w.signature = ? ORDER BY ci.resourceId`,
    [signature],
  );
  return { workItems, alerts, items };
}

describe.each(ENGINES)('one instance, many calls at once, on %s', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ engine });
  });
  afterAll(() => app.stop());

  it('takes 200 copies of one delivery at once as one', async () => {
    const payload = sample('platform-metric-vm-availability-fired');
    const answers = await Promise.all(Array.from({ length: 200 }, () => app.post<Result>(payload)));
    expect(count(answers.map(({ status }) => status))).toEqual(new Map([[200, 200]]));
    expect(count(answers.map(({ body }) => body.outcome))).toEqual(
      new Map([
        ['created', 1],
        ['duplicate', 199],
      ]),
    );
    expect(new Set(answers.map(({ body }) => body.workItems[0]?.number)).size).toBe(1);
  });

  it('joins 100 episodes of one signature at once to one work item', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        app.post<Result>(sample('platform-metric-heartbeat-fired', { alertId: `/episode/${index}` })),
      ),
    );
    expect(count(answers.map(({ body }) => body.outcome))).toEqual(
      new Map([
        ['created', 1],
        ['updated', 99],
      ]),
    );
    const number = answers[0]?.body.workItems[0]?.number as string;
    expect((await app.get(`/api/v1/work-items/${number}`)).body).toMatchObject({ alertCount: 100, state: 'new' });
  });
});

describeOnServer('two instances on one database', () => {
  let one: TestApp;
  let other: TestApp;
  let ingests: IngestService[];
  let dataSource: DataSource;

  beforeAll(async () => {
    one = await TestApp.start({ engine: 'server' });
    other = await TestApp.start({ shared: one });
    ingests = [one, other].map(({ app }) => app.get(IngestService));
    dataSource = one.app.get(DataSource);
  });
  afterAll(async () => {
    await other.stop();
    await one.stop();
  });

  it('take 200 copies of one delivery at once as one', async () => {
    const payload = sample('platform-metric-dynamic-egress-fired');
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? one : other).post<Result>(payload)),
    );
    expect(count(answers.map(({ body }) => body.outcome))).toEqual(
      new Map([
        ['created', 1],
        ['duplicate', 199],
      ]),
    );
  });

  it('join 100 episodes of one signature at once to one work item, also when each has a transaction of its own', async () => {
    const signature = `storm-${newId()}`;
    const deliveries = Array.from({ length: 100 }, (_, index) =>
      anAccepted({ episode: `e${index}`, fired: index % 50, signature }),
    );
    const results = await inChunks(deliveries, 16, (delivery, index) =>
      (ingests[index % 2] as IngestService).ingest([delivery]),
    );
    expect(count(results.map(([result]) => result?.outcome))).toEqual(
      new Map([
        ['created', 1],
        ['updated', 99],
      ]),
    );
    expect(await endOf(dataSource, signature)).toMatchObject({
      workItems: [{ alertCount: 100, firingCount: 100, state: 'new' }],
    });
  });

  it('resolve an alert by an orphan that comes at the very same time', async () => {
    for (let round = 0; round < 20; round += 1) {
      const signature = `orphan-${newId()}`;
      const [fired, orphan] = [
        anAccepted({ episode: 'a', fired: 1, signature }),
        anAccepted({ episode: 'b', resolved: 5, signature }),
      ];
      await Promise.all([ingests[0]?.ingest([fired]), ingests[1]?.ingest([orphan])]);
      expect(await endOf(dataSource, signature)).toMatchObject({ workItems: [{ state: 'resolved', firingCount: 0 }] });
    }
  });

  it('keep counts right when one id comes under two signatures at the very same time', async () => {
    for (let round = 0; round < 20; round += 1) {
      const sharedId = newId();
      const [s1, s2] = [`s1-${sharedId}`, `s2-${sharedId}`];
      const sketch = { episode: 'e', sharedId };
      await ingests[0]?.ingest([anAccepted({ ...sketch, fired: 0, signature: s1 })]);
      const [one, two] = [
        anAccepted({ ...sketch, resolved: 10, signature: s1 }),
        anAccepted({ ...sketch, resolved: 12, signature: s2 }),
      ];
      await Promise.all([ingests[0]?.ingest([one]), ingests[1]?.ingest([two])]);
      expect(await endOf(dataSource, s1)).toMatchObject({ workItems: [{ state: 'resolved', firingCount: 0 }] });
    }
  });

  it('come to the same end for every order, repeats and split of a story', async () => {
    const event = fc.record({
      episode: fc.constantFrom('a', 'b', 'c'),
      minute: fc.integer({ min: 0, max: 59 }),
      kind: fc.constantFrom('fired', 'fired', 'resolved', 'healthy'),
    });
    const arrival = fc.array(event, { minLength: 1, maxLength: 7 }).chain((events) =>
      fc.record({
        events: fc.constant(events),
        order: fc.shuffledSubarray([...events.keys(), ...events.keys()], { minLength: events.length * 2 }),
        size: fc.integer({ min: 1, max: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(arrival, async ({ events, order, size }) => {
        const straight = await play(
          events.map((_, index) => index),
          { events, size: 1, ingests: ingests.slice(0, 1) },
        );
        const shuffled = await play(order, { events, size, ingests });
        // What flaps is held open until it has been quiet; by the payloads' times it has been for long.
        expect(await one.app.get(Schedule).run(WORK_ITEM_TIMERS)).toBe('done');
        expect(await ended(shuffled)).toEqual(await ended(straight));
      }),
      { numRuns: 60 },
    );
  });

  type Event = { episode: string; minute: number; kind: string };

  /** Plays a story on a signature of its own, batches spread over the instances and all under way at once. */
  async function play(
    order: readonly number[],
    { events, size, ingests: on }: { events: readonly Event[]; size: number; ingests: IngestService[] },
  ): Promise<string> {
    const signature = `story-${newId()}`;
    const deliveries = order.map((index) => anAccepted({ ...sketchOf(events[index] as Event), signature }));
    const batches: AcceptedDelivery[][] = [];
    for (let start = 0; start < deliveries.length; start += size) batches.push(deliveries.slice(start, start + size));
    if (on.length === 1) for (const batch of batches) await on[0]?.ingest(batch);
    else await Promise.all(batches.map((batch, index) => (on[index % on.length] as IngestService).ingest(batch)));
    return signature;
  }

  /** The end of a story; keys hold the signature, so that they are replaced by their place. */
  async function ended(signature: string): Promise<unknown> {
    const { workItems, alerts } = (await endOf(dataSource, signature)) as {
      workItems: unknown[];
      alerts: Record<string, unknown>[];
    };
    const stripped = alerts.map(({ episodeKey, detailRank, ...rest }) => JSON.stringify(rest)).sort();
    return { workItems, alerts: stripped };
  }

  function sketchOf({ episode, minute, kind }: Event): AlertSketch {
    if (kind === 'healthy') return { episode: `healthy ${episode}`, resolved: minute, endsSignature: true };
    return { episode, [kind]: minute };
  }
});

async function inChunks<T, R>(
  values: readonly T[],
  size: number,
  work: (value: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < values.length; start += size) {
    results.push(
      ...(await Promise.all(values.slice(start, start + size).map((value, index) => work(value, start + index)))),
    );
  }
  return results;
}
