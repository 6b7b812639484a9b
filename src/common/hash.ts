import { hash } from 'node:crypto';

/** SHA-256 as 64 lower-case hex digits. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** One hash over several parts; the parts can hold any character without two lists meeting in one hash. */
export function hashOf(...parts: readonly string[]): string {
  return sha256(JSON.stringify(parts));
}

/** The same with a given beginning in place of its own: hashes that begin alike lie together in an index. */
export function hashAt(place: string, ...parts: readonly string[]): string {
  return place + hashOf(...parts).slice(place.length);
}
