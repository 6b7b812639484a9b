const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:Z|([+-]\d{2}):?(\d{2})?)?)?$/i;

const NEVER_MS = Date.UTC(9000, 0, 1);
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * The time that a text from outside says: ISO 8601 as a calendar date, with or without a time of day, with a fraction of
 * up to nine digits (truncated to milliseconds; Azure sends seven), without a zone = UTC. Null for what is absent, blank
 * or no such time, and for times before 1970: `0001-01-01T00:00:00` is how .NET writes "not set".
 */
export function timeOf(text: string | null | undefined): Date | null {
  const ms = text ? millisecondsOf(text) : Number.NaN;
  return ms >= 0 ? new Date(ms) : null;
}

/**
 * The same of something that has happened: one from the year 9000 on is "not set" as well, for .NET writes `9999-12-31T23:59:59` for
 * "never", and a time after it could be neither stored nor read.
 */
export function eventTimeOf(text: string | null | undefined): Date | null {
  const time = timeOf(text);
  return time !== null && time.getTime() < NEVER_MS ? time : null;
}

/** Whether a text is a time at all; one from before 1970 is, though {@link timeOf} takes it for "not set". */
export function isTime(text: string): boolean {
  return !Number.isNaN(millisecondsOf(text));
}

/** The later of two times, either of which may be missing. */
export function laterOf(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one >= other ? one : other;
}

/** Seconds since a time, with a fraction: 0 where there is none, or the clock was set back. */
export function secondsSince(time: Date | null, now: Date): number {
  return time === null ? 0 : Math.max(0, (now.getTime() - time.getTime()) / 1_000);
}

/** NaN where the text is no time. The day is checked by hand: `Date.parse` takes 30 February for 1 March. */
function millisecondsOf(text: string): number {
  if (text.length > 64) return Number.NaN;
  const [whole, year, month, day, time = '00:00', seconds = '00', fraction = '', zoneHours, zoneMinutes] =
    ISO_8601.exec(text.trim()) ?? [];
  if (whole === undefined || !isDay(Number(year), Number(month), Number(day))) return Number.NaN;
  const zone = zoneHours === undefined ? 'Z' : `${zoneHours}:${zoneMinutes ?? '00'}`;
  const ms = Date.parse(`${year}-${month}-${day}T${time}:${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${zone}`);
  return ms <= LAST_MS ? ms : Number.NaN;
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
