import { Turnstile } from './turnstile';

describe('a turnstile', () => {
  const refusal = { code: 'busy', detail: 'Come back.' };
  const door = (): { open: () => void; opened: Promise<void> } => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { open, opened };
  };

  it('lets so many in, the others in their order, and refuses whoever finds no place to wait', async () => {
    const turnstile = new Turnstile({ inside: 2, waiting: 1 }, refusal);
    const { open, opened } = door();
    const entered: number[] = [];
    const runs = [1, 2, 3].map((each) =>
      turnstile.run(async () => {
        entered.push(each);
        await opened;
        return each;
      }),
    );
    await Promise.resolve();
    expect(entered).toEqual([1, 2]);
    await expect(turnstile.run(async () => 4)).rejects.toMatchObject({ status: 503, code: 'busy' });
    open();
    expect(await Promise.all(runs)).toEqual([1, 2, 3]);
    expect(entered).toEqual([1, 2, 3]);
  });

  it('gives the place on when the work fails', async () => {
    const turnstile = new Turnstile({ inside: 1, waiting: 1 }, refusal);
    const failing = turnstile.run(() => Promise.reject(new Error('no')));
    const next = turnstile.run(async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await turnstile.run(async () => 'again')).toBe('again');
  });
});
