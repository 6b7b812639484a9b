/** How many more calls of an address may be refused in full. It grows back evenly, up to what a minute brings. */
export interface Allowance {
  readonly left: number;
  /** When it was that much, in milliseconds. */
  readonly atMs: number;
}

/** What an address starts with, and at most has: the calls of one minute. */
export function fullAllowance(perMinute: number, nowMs: number): Allowance {
  return { left: perMinute, atMs: nowMs };
}

/** The allowance as it is now. A clock that was set back takes nothing away, and gives nothing. */
export function grown(allowance: Allowance, perMinute: number, nowMs: number): Allowance {
  const passedMs = Math.max(0, nowMs - allowance.atMs);
  return { left: Math.min(perMinute, allowance.left + (passedMs * perMinute) / 60_000), atMs: nowMs };
}

/** One refused call less; null: there is none left. */
export function taken(allowance: Allowance): Allowance | null {
  return allowance.left < 1 ? null : { ...allowance, left: allowance.left - 1 };
}

/** Whole seconds until there is one again; at least 1. */
export function secondsUntilNext(allowance: Allowance, perMinute: number): number {
  return Math.max(1, Math.ceil(((1 - allowance.left) * 60) / perMinute));
}
