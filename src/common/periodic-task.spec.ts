import { closedGate } from '../../test/support/gate';
import { PeriodicTask } from './periodic-task';

describe('a periodic task', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('has its first turn after one period, or as soon as it is told, and then one each period', async () => {
    const [plain, early] = [counted(), counted()];
    plain.task.start(1_000);
    early.task.start(1_000, 100);
    await jest.advanceTimersByTimeAsync(100);
    expect([plain.turns(), early.turns()]).toEqual([0, 1]);
    await jest.advanceTimersByTimeAsync(900);
    expect([plain.turns(), early.turns()]).toEqual([1, 1]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect([plain.turns(), early.turns()]).toEqual([3, 3]);
  });

  it('has no more turns once it is stopped, before the first one or after', async () => {
    const [never, once] = [counted(), counted()];
    never.task.start(1_000);
    never.task.stop();
    once.task.start(1_000);
    await jest.advanceTimersByTimeAsync(1_000);
    once.task.stop();
    await jest.advanceTimersByTimeAsync(5_000);
    expect([never.turns(), once.turns()]).toEqual([0, 1]);
  });

  it('tells of a failure, and has its next turn all the same', async () => {
    const onError = jest.fn();
    const work = jest.fn<Promise<void>, []>().mockRejectedValueOnce(new Error('once')).mockResolvedValue();
    new PeriodicTask(work, onError).start(1_000);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(work).toHaveBeenCalledTimes(2);
    expect(onError.mock.calls).toEqual([[new Error('once')]]);
  });

  it('piles up nothing behind a turn that hangs', async () => {
    const gate = closedGate();
    const { task, turns } = counted(gate.opened);
    task.start(1_000);
    await jest.advanceTimersByTimeAsync(5_500);
    expect(turns()).toBe(1);
    gate.open();
    await jest.advanceTimersByTimeAsync(500);
    expect(turns()).toBe(2);
  });

  it('gives whoever asks a turn of their own, one after the other', async () => {
    const gate = closedGate();
    const { task, turns } = counted(gate.opened);
    const asked = [task.run(), task.run()];
    await jest.advanceTimersByTimeAsync(0);
    expect(turns()).toBe(1);
    gate.open();
    await Promise.all(asked);
    expect(turns()).toBe(2);
  });

  it('is idle when the turn under way is over, although it was stopped before', async () => {
    const gate = closedGate();
    const { task } = counted(gate.opened);
    let idle = false;
    void task.run();
    task.stop();
    void task.idle().then(() => {
      idle = true;
    });
    await jest.advanceTimersByTimeAsync(0);
    expect(idle).toBe(false);
    gate.open();
    await jest.advanceTimersByTimeAsync(0);
    expect(idle).toBe(true);
  });
});

function counted(end: Promise<void> = Promise.resolve()): { task: PeriodicTask; turns: () => number } {
  let turns = 0;
  const work = (): Promise<void> => {
    turns += 1;
    return end;
  };
  const rethrow = (error: unknown): void => {
    throw error;
  };
  return { task: new PeriodicTask(work, rethrow), turns: () => turns };
}
