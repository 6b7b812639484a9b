import { Sweep, type SweepPlace } from './sweep';

const NOON = new Date('2026-06-01T12:00:00Z');
const DAY_MS = 86_400_000;
const after = (ms: number): Date => new Date(NOON.getTime() + ms);
const place = (id: string): SweepPlace => ({ at: new Date('2025-01-01T00:00:00Z'), id });

describe('a sweep', () => {
  it('begins before everything', () => {
    expect(new Sweep().placeAt(NOON)).toEqual({ at: new Date(0), id: '' });
  });

  it('goes on behind the last row that it passed, also where there was nothing', () => {
    const sweep = new Sweep();
    sweep.placeAt(NOON);
    sweep.pass([place('a'), place('b')]);
    sweep.pass([]);
    expect(sweep.placeAt(after(DAY_MS - 1))).toEqual(place('b'));
  });

  it('begins anew a day after it began, and goes on from there for another day', () => {
    const sweep = new Sweep();
    sweep.placeAt(NOON);
    sweep.pass([place('b')]);
    expect(sweep.placeAt(after(DAY_MS)).id).toBe('');
    sweep.pass([place('a')]);
    expect(sweep.placeAt(after(2 * DAY_MS - 1))).toEqual(place('a'));
    expect(sweep.placeAt(after(2 * DAY_MS)).id).toBe('');
  });
});
