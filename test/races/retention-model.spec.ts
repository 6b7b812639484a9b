import fc from 'fast-check';
import { IngestService } from '../../src/alerts/ingest/ingest.service';
import type { AcceptedDelivery } from '../../src/alerts/ingest/ingest-state';
import { ALERTS_RETENTION } from '../../src/alerts/retention/alerts-retention.service';
import { newId } from '../../src/common/ids';
import type { WorkItemType } from '../../src/work-items/lifecycle.rules';
import { numberOf } from '../../src/work-items/number.rules';
import { WORK_ITEM_TIMERS } from '../../src/work-items/timers/work-item-timers.service';
import { RetentionStory } from '../alerts/retention-story';
import { anAccepted, at, type AlertSketch } from '../support/alert-builders';
import { ENGINES } from '../support/database';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const RUNS = 30;

jest.setTimeout(120_000);

interface Event {
  /** `other`: a Resolved under an id that nobody has seen fire. `closed`: a person is done with the work item of the signature. */
  kind: 'fired' | 'resolved' | 'other' | 'healthy' | 'note' | 'again' | 'closed';
  episode: 'a' | 'b' | 'c';
  signature: 's' | 't';
  hoursBefore: number;
}

type TellingEvent = Event & { kind: Exclude<Event['kind'], 'closed'> };

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
      'closed',
    ),
    episode: fc.constantFrom<Event['episode']>('a', 'b', 'c'),
    signature: fc.constantFrom<Event['signature']>('s', 't'),
    hoursBefore: fc.constantFrom(0, 0, 1, 2, 25, 80, 130),
  }),
  { minLength: 4, maxLength: 14 },
);

function isTelling(event: Event): event is TellingEvent {
  return event.kind !== 'closed';
}

/**
 * What a service that has removed an alert can know as well as one that has not: news of what is open, and of what ended or was closed just
 * now. A Resolved or a repeat of what is long over is to it one of an unknown episode, and what fires without an end is over once its
 * work item has been closed for long enough: then a Resolved under another id can only mean another alert.
 */
class Tellable {
  private readonly firedAt = new Map<string, number>();
  private readonly endedAt = new Map<string, number>();
  /** By signature and then by episode: since when no work item is there for what it last fired. */
  private readonly closedAt = new Map(['s', 't'].map((signature) => [signature, new Map<string, number>()]));

  private toldAt = 0;

  take(event: Event, minute: number): boolean {
    const isTellable = this.isTellable(event, minute);
    if (isTellable && isTelling(event)) this.toldAt = minute;
    return isTellable;
  }

  private isTellable({ kind, episode, signature }: Event, minute: number): boolean {
    const alert = episode + signature;
    const firedAt = this.firedAt.get(alert);
    const endedAt = this.endedAt.get(signature) ?? 0;
    const closed = this.closedAt.get(signature)!;
    const isKept = (closedAt: number): boolean => minute - closedAt < DAY_MINUTES;
    if (kind === 'other' && ![...closed.values()].every(isKept)) return false;
    if (kind === 'closed') this.close(signature, minute);
    if (kind === 'fired') {
      this.firedAt.set(alert, minute);
      closed.delete(alert);
    }
    if (kind === 'healthy') closed.clear();
    if (kind === 'other' || kind === 'healthy') this.endedAt.set(signature, minute);
    if (kind === 'again') return minute - this.toldAt <= 3 * 60 && firedAt !== undefined;
    if (kind !== 'resolved') return true;
    const closedAt = closed.get(alert);
    if (closedAt !== undefined && (endedAt >= (firedAt ?? 0) || !isKept(closedAt))) return false;
    this.firedAt.delete(alert);
    closed.delete(alert);
    return firedAt !== undefined && (endedAt < firedAt || minute - firedAt < 72 * 60);
  }

  private close(signature: string, minute: number): void {
    const closed = this.closedAt.get(signature)!;
    for (const alert of this.firedAt.keys())
      if (alert.endsWith(signature) && !closed.has(alert)) closed.set(alert, minute);
  }
}

function sketchOf(
  { kind, episode, signature }: TellingEvent,
  { run, minute, isShared }: { run: string; minute: number; isShared: boolean },
): AlertSketch {
  const own = {
    episode: `${episode}-${run}`,
    signature: `${signature}-${run}`,
    ...(isShared ? { sharedId: `${run}/${episode}` } : {}),
  };
  switch (kind) {
    case 'fired':
    case 'again':
      return { ...own, fired: minute };
    case 'resolved':
      return { ...own, resolved: minute };
    case 'other':
      return { ...own, episode: `other-${minute}`, sharedId: undefined, resolved: minute };
    case 'healthy':
      return { ...own, episode: `healthy-${minute}`, sharedId: undefined, resolved: minute, endsSignature: true };
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
    // What has no end is found by its id, and ids are made by the real time.
    const start = at(Math.max(0, Math.ceil((Date.now() - at(0).getTime()) / MINUTE_MS)));
    for (const { clock } of [keeping, removing]) clock.time = start;
  });
  afterAll(async () => {
    await removing.stop();
    await keeping.stop();
  });

  it('comes to the same work items, and the same alerts fire, as one that keeps all', async () => {
    await fc.assert(
      fc.asyncProperty(EVENTS, fc.boolean(), async (events, isShared) => {
        const [one, other] = [await play(keeping, events, isShared), await play(removing, events, isShared)];
        expect(await endOf(removing, other)).toEqual(await endOf(keeping, one));
        await expectNothingDangling(removing);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    // The stories are such that there is something to remove.
    expect(removing.removals()).toContainEqual(expect.objectContaining({ alerts: expect.any(Number) }));
  });

  /** Tells a service of events as they happen, the clock with them; answers which signatures they had. */
  async function play(story: RetentionStory, events: readonly Event[], isShared: boolean): Promise<string[]> {
    const run = newId();
    const ingest = story.app.app.get(IngestService);
    const tellable = new Tellable();
    let last: AcceptedDelivery | null = null;
    for (const event of events) {
      story.clock.advance(event.hoursBefore * 60 * MINUTE_MS + MINUTE_MS);
      const minute = (story.clock.now().getTime() - at(0).getTime()) / MINUTE_MS;
      if (!tellable.take(event, minute)) continue;
      if (isTelling(event)) {
        const isAgain = event.kind === 'again' && last !== null;
        const told: AcceptedDelivery = isAgain
          ? { ...last!, id: newId() }
          : anAccepted(sketchOf(event, { run, minute, isShared }));
        last = { ...told, receivedAt: story.clock.now() };
        await ingest.ingest([last]);
      } else {
        await close(story, `${event.signature}-${run}`);
      }
      for (const task of [WORK_ITEM_TIMERS, ALERTS_RETENTION]) expect(await story.turn(task)).toBe('done');
    }
    return ['s', 't'].map((signature) => `${signature}-${run}`);
  }

  /** As a person does it: what is resolved is closed, what is live is canceled. */
  async function close(story: RetentionStory, signature: string): Promise<void> {
    const open = await story.dataSource.query<{ id: number; type: WorkItemType; state: string }[]>(
      `SELECT id, type, state FROM work_items WHERE signature = ? AND state NOT IN ('closed', 'canceled')`,
      [signature],
    );
    for (const workItem of open) {
      if (workItem.state === 'resolved') await story.close(numberOf(workItem));
      else await story.cancel(numberOf(workItem));
    }
  }

  /** What fires for a work item that is closed may be known, or not. */
  async function endOf({ dataSource }: RetentionStory, signatures: readonly string[]): Promise<unknown> {
    const workItems = await dataSource.query<unknown[]>(
      `SELECT state, type, openedAt, resolvedAt, alertCount, urgency, reopenCount, resolutionCode,
        CASE WHEN state IN ('closed', 'canceled') THEN NULL ELSE firingCount END AS firingCount
       FROM work_items WHERE signature IN (?, ?) ORDER BY openedAt, signature`,
      [...signatures],
    );
    const firing = await dataSource.query<{ lastFiredAt: unknown }[]>(
      `SELECT a.lastFiredAt FROM alerts a JOIN work_items w ON w.id = a.workItemId
       WHERE a.signature IN (?, ?) AND a.occurrences > 0 AND a.resolvedAt IS NULL AND w.state NOT IN ('closed', 'canceled')
       ORDER BY a.signature, a.lastFiredAt`,
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
