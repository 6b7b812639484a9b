import { placementOf, systemStepOf, type Occupant, type Standing } from './standing.rules';

const HOUR_MS = 3_600_000;
const noon = new Date('2026-01-01T12:00:00Z');
const after = (ms: number): Date => new Date(noon.getTime() + ms);

const live: Occupant = {
  state: 'new',
  resolvedAt: null,
  reopenWindowMinutes: 60,
  flappingUntil: null,
  firingCount: 1,
  lastResolvedAt: null,
};

describe('where a Fired belongs', () => {
  it.each([
    [null, noon, 'open'],
    [{ state: 'new', resolvedAt: null }, noon, 'join'],
    [{ state: 'on_hold', resolvedAt: null }, noon, 'join'],
    [{ state: 'resolved', resolvedAt: noon }, after(HOUR_MS - 1), 'join'],
    [{ state: 'resolved', resolvedAt: noon }, after(HOUR_MS), 'open_next'],
    [{ state: 'resolved', resolvedAt: noon }, after(-5 * HOUR_MS), 'join'],
    [{ state: 'closed', resolvedAt: noon }, after(1), 'open_next'],
    [{ state: 'canceled', resolvedAt: null }, after(1), 'open_next'],
    [{ state: 'resolved', resolvedAt: noon, reopenWindowMinutes: 0 }, noon, 'open_next'],
    [{ state: 'resolved', resolvedAt: noon, reopenWindowMinutes: 180 }, after(2 * HOUR_MS), 'join'],
    [{ flappingUntil: after(HOUR_MS), firingCount: 1 }, after(9 * HOUR_MS), 'join'],
    [{ flappingUntil: after(HOUR_MS), firingCount: 0, lastResolvedAt: noon }, after(HOUR_MS - 1), 'join'],
    [{ flappingUntil: after(HOUR_MS), firingCount: 0, lastResolvedAt: noon }, after(HOUR_MS), 'open_next'],
  ] as const)('finds for %j at %s: %s', (occupant, firedAt, kind) => {
    expect(placementOf(occupant === null ? null : { ...live, ...occupant }, firedAt).kind).toBe(kind);
  });
});

describe('what the system does by itself', () => {
  const standing: Standing = {
    state: 'new',
    resolvedBySystem: false,
    resolvedAt: null,
    firingCount: 0,
    lastResolvedAt: noon,
    firedAnew: false,
    isNews: true,
    autoResolve: true,
    isFlapping: false,
  };

  it.each([
    [{ state: 'new', firingCount: 1 }, 'none'],
    [{ state: 'on_hold', firingCount: 0 }, 'resolve'],
    [{ state: 'in_progress', firingCount: 0, isNews: false }, 'none'],
    [{ state: 'on_hold', firingCount: 0, isFlapping: true }, 'hold'],
    [{ state: 'new', firingCount: 0, autoResolve: false }, 'hold'],
    [{ state: 'resolved', resolvedAt: noon, resolvedBySystem: true }, 'none'],
    [{ state: 'resolved', resolvedAt: after(-1), resolvedBySystem: true }, 'correct_resolved_at'],
    [{ state: 'resolved', resolvedAt: after(-1) }, 'none'],
    [{ state: 'resolved', resolvedAt: noon, firingCount: 1 }, 'none'],
    [{ state: 'resolved', resolvedAt: noon, firingCount: 1, firedAnew: true }, 'reopen'],
    [{ state: 'resolved', resolvedAt: noon, firingCount: 1, resolvedBySystem: true }, 'reopen'],
    [{ state: 'closed', firingCount: 1, firedAnew: true }, 'none'],
    [{ state: 'canceled' }, 'none'],
  ] as const)('for %j: %s', (change, kind) => {
    expect(systemStepOf({ ...standing, ...change }).kind).toBe(kind);
  });
});
