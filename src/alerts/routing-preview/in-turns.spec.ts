import { inTurns } from './in-turns';

describe('what is done in turns', () => {
  it('is done in order, and lets others have theirs every few', async () => {
    const turns = new Set<number>();
    let turn = 0;
    const others = setInterval(() => (turn += 1), 0);
    const list = Array.from({ length: 20 }, (_, index) => index);
    const done = await inTurns(list, (each, index) => {
      for (const until = performance.now() + 2; performance.now() < until;);
      turns.add(turn);
      return [each, index];
    });
    clearInterval(others);
    expect(done).toEqual(list.map((each) => [each, each]));
    expect(turns.size).toBeGreaterThanOrEqual(3);
  });

  it('is nothing where there is nothing to do', async () => {
    expect(await inTurns([], () => 1)).toEqual([]);
  });
});
