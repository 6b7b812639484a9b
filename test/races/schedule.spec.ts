import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from '../../src/common/clock';
import { newId } from '../../src/common/ids';
import { Metrics } from '../../src/common/operations/metrics';
import { Leases } from '../../src/common/schedule/lease';
import type { Turn } from '../../src/common/schedule/leased-task';
import { Schedule } from '../../src/common/schedule/schedule';
import { describeOnServer, ENGINES } from '../support/database';
import { closedGate } from '../support/gate';
import { TestApp, type TestAppOptions } from '../support/test-app';
import { TestClock } from '../support/test-clock';

const EVERY_MS = 60_000;
const LEASE_MS = 3 * EVERY_MS;
const DEADLINE_MS = 10_000;

/** One instance of several, with a task that counts its turns; what `work` is set to is done in the turn. */
class Instance {
  worked = 0;
  work: () => Promise<void> = () => Promise.resolve();

  private constructor(readonly test: TestApp) {
    this.schedule.register({
      name: 'the_task',
      everyMs: EVERY_MS,
      work: async () => {
        await this.work();
        this.worked += 1;
      },
    });
  }

  static async start(options: TestAppOptions): Promise<Instance> {
    return new Instance(await TestApp.start(options));
  }

  get schedule(): Schedule {
    return this.test.app.get(Schedule);
  }

  get leases(): Leases {
    return this.test.app.get(Leases);
  }

  turn(): Promise<Turn> {
    return this.schedule.run('the_task');
  }

  /** Level and message of what the log says about the task. */
  log(): string[] {
    return this.test.logLines
      .filter(({ task }) => task === 'the_task')
      .map(({ level, msg }) => `${String(level)}: ${String(msg)}`);
  }

  async metric(name: string): Promise<string | undefined> {
    const text = await this.test.app.get(Metrics).render();
    return text.split('\n').find((line) => line.startsWith(`secure_export_schedule_${name}{task="the_task"}`));
  }
}

describe.each(ENGINES)('a task that two instances share, on %s', (engine) => {
  const clock = new TestClock();
  let one: Instance;
  let other: Instance;

  beforeEach(async () => {
    one = await Instance.start({ engine, clock });
    other = await Instance.start({ shared: one.test, clock });
  });
  afterEach(async () => {
    await other.test.stop();
    await one.test.stop();
  });

  it('is done by the instance that came first, turn after turn', async () => {
    const turns: Turn[] = [];
    for (let minute = 0; minute < 5; minute += 1) {
      turns.push(await one.turn(), await other.turn());
      clock.advance(EVERY_MS);
    }
    expect(turns).toEqual(Array.from({ length: 5 }, () => ['done', 'held_elsewhere']).flat());
    expect([one.worked, other.worked]).toEqual([5, 0]);
  });

  it('goes to the other instance once the lease of one that died is over, and not before', async () => {
    await one.turn();
    clock.advance(LEASE_MS - 1);
    expect(await other.turn()).toBe('held_elsewhere');
    clock.advance(1);
    expect(await other.turn()).toBe('done');
    expect(await one.turn()).toBe('held_elsewhere');
  });

  it('goes to the other instance when the one that has it took it by a clock that ran a day ahead', async () => {
    await one.turn();
    clock.advance(-3_600_000);
    expect(await other.turn()).toBe('held_elsewhere');
    clock.advance(-86_400_000);
    expect(await other.turn()).toBe('done');
  });

  it('goes to the other instance at once when the one that does it stops', async () => {
    await other.turn();
    expect(await one.turn()).toBe('held_elsewhere');
    await other.test.stop();
    expect(await one.turn()).toBe('done');
  });

  it('is not given away before the turn under way is over, although its instance stops', async () => {
    const [begun, gate] = [closedGate(), closedGate()];
    other.work = () => {
      begun.open();
      return gate.opened;
    };
    const turn = other.turn();
    await begun.opened;
    const stopped = other.test.stop();
    expect(await one.turn()).toBe('held_elsewhere');
    gate.open();
    expect(await turn).toBe('done');
    await stopped;
    expect(await one.turn()).toBe('done');
  });

  it('stays with the one that took it over when the one that lost it stops', async () => {
    await other.turn();
    clock.advance(LEASE_MS);
    await one.turn();
    await other.test.stop();
    expect(await one.leases.take({ name: 'the_task', holder: newId(), durationMs: 1 })).toBeNull();
  });

  it('shows in the metrics of each instance', async () => {
    one.work = () => Promise.reject(new Error('broken'));
    await one.turn();
    await other.turn();
    for (const [instance, runs, failures, held] of [
      [one, 1, 1, 1],
      [other, 0, 0, 0],
    ] as const) {
      expect(await instance.metric('runs_total')).toMatch(new RegExp(` ${runs}$`));
      expect(await instance.metric('failures_total')).toMatch(new RegExp(` ${failures}$`));
      expect(await instance.metric('lease_held')).toMatch(new RegExp(` ${held}$`));
    }
    clock.advance(LEASE_MS);
    expect(await one.metric('lease_held')).toMatch(/ 0$/);
  });
});

describe.each(ENGINES)('a task of one instance, on %s', (engine) => {
  const clock = new TestClock();
  let instance: Instance;

  beforeEach(async () => {
    instance = await Instance.start({ engine, clock });
  });
  afterEach(() => instance.test.stop());

  it('has its next turn when one has failed; the log says once that it fails and once that it works again', async () => {
    instance.work = () => Promise.reject(new Error('broken'));
    expect([await instance.turn(), await instance.turn()]).toEqual(['failed', 'failed']);
    instance.work = () => Promise.resolve();
    expect([await instance.turn(), await instance.turn()]).toEqual(['done', 'done']);
    expect(instance.log()).toEqual(['error: a task fails', 'info: a task works again']);
  });

  it('takes a database that is away for trouble that passes, and anything else for an error', async () => {
    instance.work = () => Promise.reject(Object.assign(new Error('no way there'), { code: 'ECONNREFUSED' }));
    await instance.turn();
    instance.work = () => Promise.reject(new Error('broken'));
    await instance.turn();
    expect(instance.log()).toEqual(['warn: a task waits for the database', 'error: a task fails']);
  });

  it('has a lease that its holder renews and gives back, and nobody else', async () => {
    const lease = { name: 'a_lease', durationMs: EVERY_MS };
    const mine = { ...lease, holder: newId() };
    const theirs = { ...lease, holder: newId() };
    await instance.leases.take(mine);
    clock.advance(EVERY_MS - 1);
    expect(await instance.leases.take(mine)).toEqual(new Date(clock.time.getTime() + EVERY_MS));
    await instance.leases.release(theirs);
    clock.advance(EVERY_MS - 1);
    expect(await instance.leases.take(theirs)).toBeNull();
    await instance.leases.release(mine);
    expect(await instance.leases.take(theirs)).not.toBeNull();
  });

  it('has a lease that one of 20 gets who want it at once, when it is new and each time it is over', async () => {
    for (let round = 0; round < 5; round += 1) {
      expect(await winnersOf([instance.leases], 20)).toBe(1);
      clock.advance(EVERY_MS);
    }
  });
});

describeOnServer('two instances that want one lease at once', () => {
  const clock = new TestClock();
  let one: Instance;
  let other: Instance;

  beforeAll(async () => {
    one = await Instance.start({ engine: 'server', clock });
    other = await Instance.start({ shared: one.test, clock });
  });
  afterAll(async () => {
    await other.test.stop();
    await one.test.stop();
  });

  it('give it to one of the 20 that ask them, when it is new and each time it is over', async () => {
    for (let round = 0; round < 10; round += 1) {
      expect(await winnersOf([one.leases, other.leases], 20)).toBe(1);
      clock.advance(EVERY_MS);
    }
  });

  it('do a due task once a turn', async () => {
    for (let turn = 1; turn <= 10; turn += 1) {
      const turns = await Promise.all([one.turn(), other.turn()]);
      expect(turns.sort()).toEqual(['done', 'held_elsewhere']);
      expect(one.worked + other.worked).toBe(turn);
      clock.advance(turn % 2 === 0 ? LEASE_MS : EVERY_MS);
    }
  });
});

describe('the timers of the schedule', () => {
  let paused: Instance;

  beforeAll(async () => {
    paused = await Instance.start({});
  });
  afterAll(() => paused.test.stop());

  it('begin soon after the start, long before the first period is over, unless they are paused', async () => {
    const running = await Instance.start({ schedule: true });
    await until(() => running.worked > 0);
    await running.test.stop();
    expect([running.worked, paused.worked]).toEqual([1, 0]);
  });

  it('begin for what was registered before the start, and end with the shutdown', async () => {
    const { app } = paused.test;
    const schedule = new Schedule(app.get(Clock), app.get(Leases), new Metrics());
    let turns = 0;
    const work = (): Promise<void> => {
      turns += 1;
      return Promise.resolve();
    };
    schedule.register({ name: 'early', everyMs: 10, work });
    schedule.onApplicationBootstrap();
    await until(() => turns >= 3);
    await schedule.beforeApplicationShutdown();
    const atTheEnd = turns;
    expect(await app.get(Leases).take({ name: 'early', holder: newId(), durationMs: EVERY_MS })).not.toBeNull();
    await sleep(50);
    expect(turns).toBe(atTheEnd);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + DEADLINE_MS; !condition();) {
    if (Date.now() > deadline) throw new Error(`It did not come true within ${DEADLINE_MS} ms.`);
    await sleep(20);
  }
}

/** How many of so many holders got the lease; they ask the instances evenly, and all at once. */
async function winnersOf(instances: readonly Leases[], count: number): Promise<number> {
  const asked = Array.from({ length: count / instances.length }, () =>
    instances.map((leases) => leases.take({ name: 'wanted', holder: newId(), durationMs: EVERY_MS })),
  );
  return (await Promise.all(asked.flat())).filter((heldUntil) => heldUntil !== null).length;
}
