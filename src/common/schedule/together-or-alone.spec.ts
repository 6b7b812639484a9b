import { QueryFailedError } from 'typeorm';
import { PutOff } from './put-off';
import { togetherOrAlone } from './together-or-alone';

const failure = (code: string): Error => new QueryFailedError('', [], Object.assign(new Error(code), { code }));

describe('rows that are worked on together', () => {
  /** Fails with these, and notes with which rows it was tried, and which were set aside. */
  async function tryOut(
    rows: number[],
    failing: Map<number, Error>,
  ): Promise<{ tried: string[]; aside: [row: number, error: unknown][]; thrown: unknown }> {
    const tried: string[] = [];
    const aside: [number, unknown][] = [];
    const work = async (some: readonly number[]): Promise<void> => {
      tried.push(some.join());
      for (const row of some) if (failing.has(row)) throw failing.get(row)!;
    };
    const setAside = (row: number, error: unknown): void => void aside.push([row, error]);
    const thrown = await togetherOrAlone(rows, { work, setAside }).catch((error: unknown) => error);
    return { tried, aside, thrown };
  }

  it('are tried once where all goes well', async () => {
    expect(await tryOut([1, 2, 3], new Map())).toEqual({ tried: ['1,2,3'], aside: [], thrown: undefined });
  });

  it.each([
    ['a bug', new TypeError('a bug')],
    ['a refusal by the database', failure('ER_SIGNAL_EXCEPTION')],
    ['a key that is always taken', failure('ER_DUP_ENTRY')],
  ])('are tried one by one after %s, and that one is set aside', async (_, error) => {
    expect(await tryOut([1, 2, 3], new Map([[2, error]]))).toEqual({
      tried: ['1,2,3', '1', '2', '3'],
      aside: [[2, error]],
      thrown: undefined,
    });
  });

  it.each(['ECONNREFUSED', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'SQLITE_BUSY'])(
    'are left as they are after %s',
    async (code) => {
      const error = failure(code);
      expect(await tryOut([1, 2, 3], new Map([[2, error]]))).toEqual({ tried: ['1,2,3'], aside: [], thrown: error });
      const both = new Map([
        [1, new TypeError('a bug')],
        [2, error],
      ]);
      const { tried, thrown } = await tryOut([1, 2, 3], both);
      expect([tried, thrown]).toEqual([['1,2,3', '1', '2'], error]);
    },
  );
});

describe('what is put off', () => {
  const noon = new Date('2026-06-01T12:00:00Z');
  const after = (minutes: number): Date => new Date(noon.getTime() + minutes * 60_000);

  it('is left alone for ten minutes', () => {
    const putOff = new PutOff<number>();
    putOff.add(1, noon);
    putOff.add(2, after(5));
    expect([putOff.countAt(after(9.9)), putOff.has(1), putOff.has(3)]).toEqual([2, true, false]);
    expect([putOff.countAt(after(10)), putOff.has(1), putOff.has(2)]).toEqual([1, false, true]);
  });

  it('are never more than a thousand, whose time has to come first', () => {
    const putOff = new PutOff<number>();
    for (let key = 0; key < 1_000; key += 1) putOff.add(key, noon);
    expect(() => putOff.add(1_000, after(9))).toThrow('More than 1000 rows fail one by one');
    putOff.add(1_000, after(10));
    expect(putOff.countAt(after(10))).toBe(1);
  });
});
