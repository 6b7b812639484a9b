import fc from 'fast-check';
import { newId } from '../../common/ids';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import { anAccepted, at, plainRoutes, type AlertSketch } from '../../../test/support/alert-builders';
import { endFlapping } from '../../work-items/absorb.rules';
import { fold } from './fold.rules';
import type { AcceptedDelivery, IngestState } from './ingest-state';

const policy = { now: at(1_000), newId };

/** A world that is kept in memory from batch to batch: everything is always loaded. */
class World {
  readonly state: IngestState = {
    deliveries: new Map(),
    episodes: new Map(),
    slots: new Map(),
    unsettled: new Set(['s']),
    routes: new Map(),
  };
  readonly workItems = new Set<WorkItemRecord>();

  take(deliveries: AcceptedDelivery[]): string[] {
    plainRoutes(this.state, deliveries);
    const { folded, workItems } = fold(this.state, deliveries, policy);
    for (const workItem of workItems) this.workItems.add(workItem);
    return deliveries.map((delivery) => folded.find((each) => each.delivery === delivery)?.outcome ?? 'lost');
  }

  send(sketch: AlertSketch): string | undefined {
    return this.take([anAccepted(sketch)])[0];
  }

  /** What a user sees once it has been quiet, without what tells the way there. */
  end(): unknown {
    const numbers = [...this.workItems];
    for (const workItem of numbers) if (workItem.flappingUntil !== null) endFlapping(workItem, policy.now);
    const workItems = numbers.map(
      ({ state, openedAt, resolvedAt, alertCount, firingCount, urgency, title, resolutionCode }) => {
        return { state, openedAt, resolvedAt, alertCount, firingCount, urgency, title, resolutionCode };
      },
    );
    const alerts = [...this.state.episodes.values()]
      .map(({ episodeKey, firedAt, lastFiredAt, resolvedAt, occurrences, workItem, detailRank }) => {
        return {
          episodeKey,
          firedAt,
          lastFiredAt,
          resolvedAt,
          occurrences,
          detailRank,
          workItem: workItem === null ? null : numbers.indexOf(workItem),
        };
      })
      .sort((one, other) => (one.episodeKey < other.episodeKey ? -1 : 1));
    return { workItems, alerts };
  }

  get only(): WorkItemRecord {
    expect(this.workItems.size).toBe(1);
    return [...this.workItems][0] as WorkItemRecord;
  }
}

describe('the effect table', () => {
  it('opens a work item for a Fired whose signature has none', () => {
    const world = new World();
    expect(world.send({ episode: 'a', fired: 0 })).toBe('created');
    expect(world.only).toMatchObject({ state: 'new', alertCount: 1, firingCount: 1, openedAt: at(0) });
  });

  it('joins a Fired to the live work item of its signature; urgency rises and never falls', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0, urgency: 3 });
    expect(world.send({ episode: 'b', fired: 1, urgency: 1 })).toBe('updated');
    expect(world.send({ episode: 'c', fired: 2, urgency: 2 })).toBe('updated');
    expect(world.only).toMatchObject({ alertCount: 3, firingCount: 3, urgency: 1, priority: 2 });
  });

  it('resolves the work item with its last firing alert, at the time of the payload', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    world.send({ episode: 'b', fired: 1 });
    expect(world.send({ episode: 'a', resolved: 5 })).toBe('updated');
    expect(world.only.state).toBe('new');
    expect(world.send({ episode: 'b', resolved: 9 })).toBe('resolved');
    expect(world.only).toMatchObject({
      state: 'resolved',
      resolvedAt: at(9),
      resolutionCode: 'resolved_by_monitoring',
    });
  });

  it('reopens within the reopen window, and opens the next one after it', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    world.send({ episode: 'a', resolved: 10 });
    expect(world.send({ episode: 'b', fired: 69 })).toBe('reopened');
    expect(world.only).toMatchObject({ state: 'new', reopenCount: 1, resolvedAt: null, alertCount: 2 });
    world.send({ episode: 'b', resolved: 70 });
    expect(world.send({ episode: 'c', fired: 130 })).toBe('created');
    const [first, second] = [...world.workItems];
    expect(second?.previous).toBe(first);
    expect(first?.state).toBe('resolved');
  });

  it.each(['closed', 'canceled'] as const)('opens the next work item when the old one is %s', (state) => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    const first = world.only;
    first.state = state;
    expect(world.send({ episode: 'b', fired: 1 })).toBe('created');
    expect([...world.workItems][1]?.previous).toBe(first);
  });

  it('only resolves the alert when a person has resolved the work item', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    Object.assign(world.only, {
      state: 'resolved',
      resolvedAt: at(3),
      resolvedBy: 'user:eva',
      resolutionCode: 'fixed',
    });
    expect(world.send({ episode: 'a', resolved: 5 })).toBe('recorded');
    expect(world.only).toMatchObject({ state: 'resolved', resolvedAt: at(3), resolutionCode: 'fixed', firingCount: 0 });
  });

  it('gives a reopened work item back to the one who had it', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    Object.assign(world.only, { state: 'resolved', resolvedAt: at(3), resolvedBy: 'user:eva', assignee: 'user:eva' });
    expect(world.send({ episode: 'b', fired: 4 })).toBe('reopened');
    expect(world.only.state).toBe('in_progress');
  });

  it('keeps a Resolved that comes before its Fired, and then opens and resolves at once', () => {
    const world = new World();
    expect(world.send({ episode: 'a', resolved: 5 })).toBe('recorded');
    expect(world.send({ episode: 'a', fired: 0 })).toBe('created');
    expect(world.only).toMatchObject({ state: 'resolved', openedAt: at(0), resolvedAt: at(5), alertCount: 1 });
  });

  it('resolves the one open alert of a signature by a Resolved of an unknown episode', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    expect(world.send({ episode: 'unknown', resolved: 5 })).toBe('resolved');
    expect(world.only).toMatchObject({ state: 'resolved', resolvedAt: at(5) });
  });

  it('takes that back when the Fired of that episode comes after all', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    world.send({ episode: 'b', resolved: 5 });
    expect(world.send({ episode: 'b', fired: 3 })).toBe('reopened');
    expect(world.only).toMatchObject({ state: 'new', firingCount: 1, resolvedAt: null });
    world.send({ episode: 'a', resolved: 4 });
    expect(world.only).toMatchObject({ state: 'resolved', resolvedAt: at(5) });
  });

  it('only records a Resolved of an unknown episode while several alerts of the signature fire, or none', () => {
    const world = new World();
    expect(world.send({ episode: 'x', resolved: 1 })).toBe('recorded');
    world.send({ episode: 'a', fired: 2 });
    world.send({ episode: 'b', fired: 3 });
    expect(world.send({ episode: 'y', resolved: 5 })).toBe('recorded');
    expect(world.only).toMatchObject({ state: 'new', firingCount: 2 });
  });

  it('does not resolve an alert by a Resolved from before it fired', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 10 });
    expect(world.send({ episode: 'unknown', resolved: 5 })).toBe('recorded');
    expect(world.only.state).toBe('new');
  });

  it('ends all earlier alerts of a resource that is healthy again', () => {
    const world = new World();
    world.send({ episode: 'unavailable', fired: 0 });
    world.send({ episode: 'degraded', fired: 3 });
    expect(world.send({ episode: 'available', resolved: 5, endsSignature: true })).toBe('resolved');
    expect(world.only).toMatchObject({ state: 'resolved', resolvedAt: at(5), firingCount: 0 });
  });

  it('knows a repeat, an older Fired and a later occurrence of one episode apart', () => {
    const world = new World();
    const first = anAccepted({ episode: 'a', fired: 5 });
    expect(world.take([first])).toEqual(['created']);
    expect(world.take([{ ...first, id: newId() }])).toEqual(['duplicate']);
    expect(world.send({ episode: 'a', fired: 2 })).toBe('stale');
    expect(world.send({ episode: 'a', fired: 7 })).toBe('updated');
    expect(world.send({ episode: 'a', resolved: 9 })).toBe('resolved');
    expect(world.send({ episode: 'a', fired: 12 })).toBe('reopened');
    expect(world.send({ episode: 'a', resolved: 8 })).toBe('stale');
    expect(world.only).toMatchObject({ state: 'new', alertCount: 4, openedAt: at(2) });
  });

  it('adds a note to the work item of its episode and changes no condition', () => {
    const world = new World();
    expect(world.send({ episode: 'a', note: 1 })).toBe('recorded');
    world.send({ episode: 'a', fired: 2 });
    expect(world.send({ episode: 'a', note: 3 })).toBe('updated');
    world.send({ episode: 'a', resolved: 5 });
    expect(world.send({ episode: 'a', note: 6 })).toBe('recorded');
    expect(world.only).toMatchObject({ state: 'resolved', alertCount: 1 });
  });
});

describe('order of arrival', () => {
  const event = fc.record({
    episode: fc.constantFrom('a', 'b', 'c', 'd'),
    minute: fc.integer({ min: 0, max: 59 }),
    kind: fc.constantFrom('fired', 'fired', 'resolved', 'note', 'healthy'),
  });
  const story = fc.array(event, { minLength: 1, maxLength: 9 });

  function sketchOf({ episode, minute, kind }: { episode: string; minute: number; kind: string }): AlertSketch {
    if (kind === 'healthy') return { episode: `healthy ${episode}`, resolved: minute, endsSignature: true };
    return { episode, [kind]: minute };
  }

  it('does not matter, nor do repeats and the split into batches, for episodes within the reopen window', () => {
    const arrival = story.chain((events) =>
      fc.record({
        events: fc.constant(events),
        order: fc.shuffledSubarray([...events.keys(), ...events.keys()], { minLength: events.length * 2 }),
        cuts: fc.array(fc.boolean(), { minLength: events.length * 2, maxLength: events.length * 2 }),
      }),
    );
    fc.assert(
      fc.property(arrival, ({ events, order, cuts }) => {
        const deliveries = events.map((each) => anAccepted(sketchOf(each)));
        const straight = new World();
        for (const delivery of deliveries) straight.take([delivery]);
        const shuffled = new World();
        let batch: AcceptedDelivery[] = [];
        for (const [position, index] of order.entries()) {
          batch.push({ ...(deliveries[index] as AcceptedDelivery), id: newId() });
          if (cuts[position] !== true) continue;
          shuffled.take(batch);
          batch = [];
        }
        shuffled.take(batch);
        expect(shuffled.end()).toEqual(straight.end());
      }),
      { numRuns: 3_000 },
    );
  });

  it('never leaves a work item live once all its alerts are resolved, at any distance', () => {
    const far = fc.array(
      fc.record({ episode: fc.constantFrom('a', 'b', 'c'), minute: fc.integer({ min: 0, max: 500 }) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(far, fc.context(), (fires, context) => {
        const world = new World();
        for (const { episode, minute } of fires)
          context.log(`${episode}@${minute}: ${world.send({ episode, fired: minute })}`);
        for (const episode of ['a', 'b', 'c']) world.send({ episode, resolved: 501 });
        for (const workItem of world.workItems) {
          expect(workItem.firingCount).toBe(0);
          expect(workItem.state).toBe('resolved');
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
