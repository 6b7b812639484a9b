import fc from 'fast-check';
import { IngestService } from '../../src/alerts/ingest/ingest.service';
import type { AcceptedDelivery } from '../../src/alerts/ingest/ingest-state';
import { ALERTS_RETENTION } from '../../src/alerts/retention/alerts-retention.service';
import { newId } from '../../src/common/ids';
import { WORK_ITEM_TIMERS } from '../../src/work-items/timers/work-item-timers.service';
import { RetentionStory } from '../alerts/retention-story';
import { anAccepted, at, type AlertSketch } from '../support/alert-builders';
import { ENGINES } from '../support/database';

const MINUTE_MS = 60_000;
const RUNS = 30;

jest.setTimeout(120_000);

interface Event {
  /** `other`: a Resolved under an id that nobody has seen fire. */
  kind: 'fired' | 'resolved' | 'other' | 'healthy' | 'note' | 'again';
  episode: 'a' | 'b' | 'c';
  signature: 's' | 't';
  hoursBefore: number;
}

const EVENTS: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Event['kind']>(
      'fired',
      'fired',
      'fired',
      'resolved',
      'resolved',
      'other',
      'healthy',
      'note',
      'again',
    ),
    episode: fc.constantFrom<Event['episode']>('a', 'b', 'c'),
    signature: fc.constantFrom<Event['signature']>('s', 't'),
    hoursBefore: fc.constantFrom(0, 0, 1, 2, 25, 80, 130),
  }),
  { minLength: 4, maxLength: 14 },
);

/**
 * What a service that has removed an alert can know as well as one that has not: news of what is open, and of what ended just now. A
 * Resolved or a repeat of what is long over is to it one of an unknown episode.
 */
class Tellable {
  private readonly firedAt = new Map<string, number>();
  private readonly endedAt = new Map<string, number>();

  take({ kind, episode, signature, hoursBefore }: Event, minute: number): boolean {
    const firedAt = this.firedAt.get(episode + signature);
    const endedAt = this.endedAt.get(signature) ?? 0;
    if (kind === 'fired') this.firedAt.set(episode + signature, minute);
    if (kind === 'other' || kind === 'healthy') this.endedAt.set(signature, minute);
    if (kind === 'again') return hoursBefore <= 2 && firedAt !== undefined;
    if (kind !== 'resolved') return true;
    this.firedAt.delete(episode + signature);
    return firedAt !== undefined && (endedAt < firedAt || minute - firedAt < 72 * 60);
  }
}

function sketchOf({ kind, episode, signature }: Event, { run, minute }: { run: string; minute: number }): AlertSketch {
  const own = { episode: `${episode}-${run}`, signature: `${signature}-${run}` };
  switch (kind) {
    case 'fired':
    case 'again':
      return { ...own, fired: minute };
    case 'resolved':
      return { ...own, resolved: minute };
    case 'other':
      return { ...own, episode: `other-${minute}`, resolved: minute };
    case 'healthy':
      return { ...own, episode: `healthy-${minute}`, resolved: minute, endsSignature: true };
    case 'note':
      return { ...own, note: minute };
  }
}

describe.each(ENGINES)('a service that removes what is past its time, on %s', (engine) => {
  let keeping: RetentionStory;
  let removing: RetentionStory;
  beforeAll(async () => {
    const never = 'delivery-bodies=never,deliveries=never,alerts=never';
    keeping = await RetentionStory.start({ engine, env: { RETENTION_DAYS: never } });
    removing = await RetentionStory.start({
      engine,
      env: { RETENTION_DAYS: 'delivery-bodies=1,deliveries=1,alerts=1' },
    });
    for (const { clock } of [keeping, removing]) clock.time = at(0);
  });
  afterAll(async () => {
    await removing.stop();
    await keeping.stop();
  });

  it('comes to the same work items, and the same alerts fire, as one that keeps all', async () => {
    await fc.assert(
      fc.asyncProperty(EVENTS, async (events) => {
        const [one, other] = [await play(keeping, events), await play(removing, events)];
        expect(await endOf(removing, other)).toEqual(await endOf(keeping, one));
        await expectNothingDangling(removing);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    // The stories are such that there is something to remove.
    expect(removing.removals()).toContainEqual(expect.objectContaining({ alerts: expect.any(Number) }));
  });

  /** Tells a service of events as they happen, the clock with them; answers which signatures they had. */
  async function play(story: RetentionStory, events: readonly Event[]): Promise<string[]> {
    const run = newId();
    const ingest = story.app.app.get(IngestService);
    const tellable = new Tellable();
    let last: AcceptedDelivery | null = null;
    for (const event of events) {
      story.clock.advance(event.hoursBefore * 60 * MINUTE_MS + MINUTE_MS);
      const minute = (story.clock.now().getTime() - at(0).getTime()) / MINUTE_MS;
      if (!tellable.take(event, minute)) continue;
      const isAgain = event.kind === 'again' && last !== null;
      const told: AcceptedDelivery = isAgain ? { ...last!, id: newId() } : anAccepted(sketchOf(event, { run, minute }));
      last = { ...told, receivedAt: story.clock.now() };
      await ingest.ingest([last]);
      for (const task of [WORK_ITEM_TIMERS, ALERTS_RETENTION]) expect(await story.turn(task)).toBe('done');
    }
    return ['s', 't'].map((signature) => `${signature}-${run}`);
  }

  async function endOf({ dataSource }: RetentionStory, signatures: readonly string[]): Promise<unknown> {
    const workItems = await dataSource.query<unknown[]>(
      `SELECT state, type, openedAt, resolvedAt, alertCount, firingCount, urgency, reopenCount, resolutionCode
       FROM work_items WHERE signature IN (?, ?) ORDER BY openedAt, signature`,
      [...signatures],
    );
    const firing = await dataSource.query<{ lastFiredAt: unknown }[]>(
      `SELECT lastFiredAt FROM alerts
       WHERE signature IN (?, ?) AND occurrences > 0 AND resolvedAt IS NULL ORDER BY signature, lastFiredAt`,
      [...signatures],
    );
    return { workItems, firing: firing.map(({ lastFiredAt }) => lastFiredAt) };
  }

  /** Nothing that is kept names an alert that is gone. */
  async function expectNothingDangling(story: RetentionStory): Promise<void> {
    const gone = 'NOT EXISTS (SELECT 1 FROM alerts kept WHERE kept.id = ';
    expect(await story.count('alerts', `resolvedByAlertId IS NOT NULL AND ${gone}alerts.resolvedByAlertId)`)).toBe(0);
    expect(await story.count('deliveries', `alertId IS NOT NULL AND ${gone}deliveries.alertId)`)).toBe(0);
  }
});
