import { setTimeout as sleep } from 'node:timers/promises';
import { withinTime } from './within-time';

const never = new Promise<string>(() => undefined);

describe('work that has so much time', () => {
  it('answers what it comes to', async () => {
    await expect(withinTime(sleep(1, 'done'), 10_000, () => 'late')).resolves.toBe('done');
    await expect(withinTime(Promise.reject(new Error('failed')), 10_000, () => 'late')).rejects.toThrow('failed');
  });

  it('answers otherwise once its time is over, or fails', async () => {
    await expect(withinTime(never, 1, () => null)).resolves.toBeNull();
    const late = withinTime(never, 1, () => {
      throw new Error('too late');
    });
    await expect(late).rejects.toThrow('too late');
  });
});
