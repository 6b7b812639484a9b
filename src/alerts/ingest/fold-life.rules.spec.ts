import { newId } from '../../common/ids';
import { endFlapping } from '../../work-items/absorb.rules';
import type { RoutingActions } from '../../work-items/routing/routing-rule';
import { routeOf } from '../../work-items/routing/route.rules';
import type { WorkItemRecord } from '../../work-items/work-item.record';
import { anAccepted, at, type AlertSketch } from '../../../test/support/alert-builders';
import { fold, foldExpiries } from './fold.rules';
import type { IngestState } from './ingest-state';
import { factsOf } from './routing-facts';

const policy = { now: at(1_000), newId };

/** Alerts that meet what people and routing rules have made of their work item. */
class World {
  readonly workItems: WorkItemRecord[] = [];
  readonly told: string[] = [];
  readonly summaries: string[] = [];
  private readonly state: IngestState = {
    deliveries: new Map(),
    episodes: new Map(),
    slots: new Map(),
    unsettled: new Set(),
    routes: new Map(),
  };

  constructor(public actions: RoutingActions = {}) {}

  send(sketch: AlertSketch): string | undefined {
    const delivery = anAccepted(sketch);
    const rule = {
      id: 'r',
      position: 1,
      name: 'the rule',
      enabled: true,
      version: 1,
      match: {},
      actions: this.actions,
    };
    this.state.routes.set(delivery.alert.deliveryKey, routeOf([rule], factsOf(delivery.alert, { bindings: [] })));
    return this.keep(fold(this.state, [delivery], policy))[0]?.outcome;
  }

  expire(): void {
    this.keep(foldExpiries(this.state, policy));
  }

  get last(): WorkItemRecord {
    return this.workItems.at(-1) as WorkItemRecord;
  }

  private keep({ folded, workItems, timeline }: ReturnType<typeof fold>): typeof folded {
    for (const workItem of workItems) if (!this.workItems.includes(workItem)) this.workItems.push(workItem);
    this.told.push(...timeline.map(({ kind }) => kind));
    this.summaries.push(...timeline.map(({ summary }) => summary));
    return folded;
  }
}

/** Fires and resolves by turns, one minute apart, and says what became of each. */
function flap(world: World, changes: number): (string | undefined)[] {
  return Array.from({ length: changes }, (_, minute) => {
    const episode = `e${Math.floor(minute / 2)}`;
    return world.send(minute % 2 === 0 ? { episode, fired: minute } : { episode, resolved: minute });
  });
}

describe('flapping', () => {
  it('begins with the fourth change within 30 minutes; the work item then stays open', () => {
    const world = new World();
    expect(flap(world, 6)).toEqual(['created', 'resolved', 'reopened', 'resolved', 'reopened', 'updated']);
    expect(world.last).toMatchObject({ state: 'new', firingCount: 0, flappingUntil: at(35), reopenCount: 2 });
    expect(world.told.filter((kind) => kind === 'flapping_began')).toHaveLength(1);
  });

  it('goes on with every further change', () => {
    const world = new World();
    flap(world, 6);
    expect(world.send({ episode: 'x', fired: 20 })).toBe('updated');
    expect(world.last.flappingUntil).toEqual(at(50));
    expect(world.send({ episode: 'x', resolved: 25 })).toBe('updated');
    expect(world.last.flappingUntil).toEqual(at(55));
    expect(world.told.filter((kind) => kind === 'flapping_began')).toHaveLength(1);
  });

  it('is not prolonged by alerts that fire while another one does', () => {
    const world = new World();
    flap(world, 5);
    const until = world.last.flappingUntil;
    for (const minute of [10, 20, 30]) expect(world.send({ episode: `x${minute}`, fired: minute })).toBe('updated');
    expect(world.send({ episode: 'x10', fired: 31 })).toBe('updated');
    expect(world.last.flappingUntil).toEqual(until);
  });

  it('ends in the true state: resolved when its last alert was', () => {
    const world = new World();
    flap(world, 6);
    expect(endFlapping(world.last, at(40))).toBe('resolve');
    expect(world.last).toMatchObject({
      state: 'resolved',
      resolvedAt: at(5),
      flappingUntil: null,
      recentChanges: null,
    });
  });

  it('ends in the true state: open while an alert fires', () => {
    const world = new World();
    flap(world, 5);
    expect(endFlapping(world.last, at(40))).toBe('none');
    expect(world.last).toMatchObject({ state: 'new', flappingUntil: null });
  });

  it('does not keep a later alert from its own work item', () => {
    const world = new World();
    flap(world, 6);
    expect(world.send({ episode: 'x', fired: 65 })).toBe('created');
    expect(world.workItems).toHaveLength(2);
  });

  it('is not what slow changes are', () => {
    const world = new World();
    for (const hour of [0, 1, 2, 3]) {
      world.send({ episode: `e${hour}`, fired: hour * 40 });
      world.send({ episode: `e${hour}`, resolved: hour * 40 + 20 });
    }
    expect(world.last).toMatchObject({ state: 'resolved', flappingUntil: null, reopenCount: 3 });
  });
});

describe('what a person has set', () => {
  it('stays, whatever alerts say: title, description, urgency, impact and priority', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 10, urgency: 3 });
    const set = { title: 'mine', description: 'mine', urgency: 2, priority: 1, priorityReason: 'set by Jo: VIP' };
    const fieldSources = { title: 'person', description: 'person', urgency: 'person', priority: 'person' } as const;
    Object.assign(world.last, { ...set, fieldSources });
    expect(world.send({ episode: 'b', fired: 5, urgency: 1 })).toBe('updated');
    expect(world.last).toMatchObject({ ...set, openedAt: at(5), alertCount: 2 });
  });

  it('is told apart from what alerts raise: an urgency that leaves the priority of a person as it is', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0, urgency: 3 });
    const set = { priority: 4, priorityReason: 'set by Jo: a test machine', fieldSources: { priority: 'person' } };
    Object.assign(world.last, set);
    world.send({ episode: 'b', fired: 1, urgency: 1 });
    expect(world.last).toMatchObject({ ...set, urgency: 1 });
    expect(world.summaries.at(-1)).toBe('Urgency raised to 1: priority 4 (set by Jo: a test machine)');
  });

  it('keeps a work item open that a person has reopened, until an alert of it fires and is over', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    world.send({ episode: 'a', resolved: 5 });
    Object.assign(world.last, { state: 'in_progress', resolvedAt: null, resolvedBy: null });
    expect(world.send({ episode: 'a', resolved: 4 })).toBe('stale');
    expect(world.send({ episode: 'a', resolved: 6 })).toBe('updated');
    expect(world.send({ episode: 'late', resolved: 3 })).toBe('recorded');
    expect(world.send({ episode: 'late', fired: 2 })).toBe('updated');
    expect(world.last.state).toBe('in_progress');
    world.send({ episode: 'b', fired: 8 });
    expect(world.send({ episode: 'b', resolved: 9 })).toBe('resolved');
  });
});

describe('what a routing rule says', () => {
  it('record only: the alert is kept, and there is no work item', () => {
    const world = new World({ recordOnly: true });
    expect(world.send({ episode: 'a', fired: 0 })).toBe('recorded');
    expect(world.send({ episode: 'a', fired: -1 })).toBe('stale');
    expect(world.send({ episode: 'a', resolved: 5 })).toBe('recorded');
    expect(world.workItems).toEqual([]);
  });

  it('record only, after a work item that is over: it stays as it is', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    world.send({ episode: 'a', resolved: 30 });
    const before = { ...world.last };
    world.actions = { recordOnly: true };
    expect(world.send({ episode: 'a', fired: 1_499 })).toBe('recorded');
    expect(world.workItems).toHaveLength(1);
    expect(world.last).toEqual(before);
  });

  it('never resolve automatically: it stays open when its alerts are over', () => {
    const world = new World({ autoResolve: false });
    world.send({ episode: 'a', fired: 0 });
    expect(world.send({ episode: 'a', resolved: 5 })).toBe('updated');
    expect(world.last).toMatchObject({ state: 'new', firingCount: 0, autoResolve: false });
    expect(world.told.at(-1)).toBe('alert_resolved');
  });

  it('type, title, group, category, impact, urgency and reopen window', () => {
    const world = new World({
      type: 'event',
      title: '{{alert.rule}}!',
      assignmentGroup: 'dba',
      category: 'database',
      impact: 1,
      urgency: 1,
      reopenWindowMinutes: 5,
    });
    world.send({ episode: 'a', fired: 0 });
    expect(world.last).toMatchObject({
      ...{
        type: 'event',
        title: 'cpu!',
        assignmentGroup: 'dba',
        category: 'database',
        impact: 1,
        urgency: 1,
        priority: 1,
      },
      fieldSources: { impact: 'rule' },
    });
    world.send({ episode: 'a', resolved: 1 });
    expect(world.last.reopenUntil).toEqual(at(6));
    expect(world.send({ episode: 'b', fired: 6 })).toBe('created');
  });
});

describe('a Resolved that resolves nothing', () => {
  it('is told as what it is: late, one of several, or of what is resolved already', () => {
    const world = new World();
    const told = (sketch: AlertSketch): string | undefined => {
      world.send(sketch);
      return world.summaries.at(-1);
    };
    world.send({ episode: 'a', fired: 0 });
    world.send({ episode: 'a', fired: 10 });
    expect(told({ episode: 'a', resolved: 5 })).toBe('A Resolved came late: its alert has fired again since');
    world.send({ episode: 'b', fired: 11 });
    expect(told({ episode: 'a', resolved: 12 })).toBe('Alert resolved; 1 more still fire');
    expect(told({ episode: 'b', resolved: 13 })).toBe('Resolved: none of its alerts fires any more');
    expect(told({ episode: 'b', resolved: 12 })).toBe('Alert resolved; the work item is resolved already');
  });
});

describe('an alert that tells no end', () => {
  it('is over after so long without news, and its work item with it', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0, quietMinutes: 60 });
    world.expire();
    expect(world.last).toMatchObject({
      state: 'resolved',
      resolvedAt: at(60),
      resolutionCode: 'expired',
      resolvedBy: 'system:monitoring',
    });
    expect(world.told).toEqual(['opened', 'alert_expired', 'resolved']);
  });

  it('is silent for as long as its newest delivery says', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0 });
    world.expire();
    expect(world.last.state).toBe('new');
    world.send({ episode: 'a', fired: 10, quietMinutes: 60 });
    world.expire();
    expect(world.last).toMatchObject({ state: 'resolved', resolvedAt: at(70) });
  });

  it('keeps its work item open as long as another one fires', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0, quietMinutes: 60 });
    world.send({ episode: 'b', fired: 1 });
    world.expire();
    expect(world.last).toMatchObject({ state: 'new', firingCount: 1 });
  });

  it('fires again with its next occurrence, and reopens the work item', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0, quietMinutes: 60 });
    world.expire();
    expect(world.send({ episode: 'a', fired: 30, quietMinutes: 60 })).toBe('reopened');
    expect(world.last).toMatchObject({ state: 'new', firingCount: 1, alertCount: 2 });
    world.expire();
    expect(world.last).toMatchObject({ state: 'resolved', resolvedAt: at(90) });
  });

  it('ends when Azure says so after all, but not before the end that it had', () => {
    const world = new World();
    world.send({ episode: 'a', fired: 0, quietMinutes: 60 });
    world.expire();
    world.send({ episode: 'a', resolved: 20 });
    expect(world.last).toMatchObject({ state: 'resolved', resolvedAt: at(60) });
    world.send({ episode: 'a', resolved: 70 });
    expect(world.last).toMatchObject({ state: 'resolved', resolvedAt: at(70) });
  });
});
