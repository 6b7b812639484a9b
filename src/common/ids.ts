import { v7 } from 'uuid';

/** A new id that sorts by the time of its making (UUID version 7), so that inserts stay at the end of an index. */
export function newId(): string {
  return v7();
}

/** Whether a text is the id of anything here; a path parameter that is none can be answered 404 without a query. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** The lowest id that can have been made at a time: what was made later is above it, what was made earlier below. */
export function lowestIdOf(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}
