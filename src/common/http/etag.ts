import { DomainError } from '../errors';

/** `"3"`, or `W/"3"`: something on the way may have packed the answer and weakened its tag. Source: RFC 9110, section 8.8.3. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const TAGS = new RegExp(String.raw`^[ \t]*${TAG}(?:[ \t]*,[ \t]*${TAG})*[ \t]*$`);
const VERSION = /"(0|[1-9]\d{0,14})"/g;

/** The ETag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The versions that an `If-Match` header takes: `*` = any, null = there is no header. A weak tag counts like a strong one,
 * and a tag that was never one of ours matches no version. Anything else, `3` without quotes too, is a 400 `invalid_if_match`.
 */
export function expectedVersionsOf(ifMatch: string | undefined): readonly number[] | '*' | null {
  if (ifMatch === undefined) return null;
  if (ifMatch.trim() === '*') return '*';
  if (!TAGS.test(ifMatch)) throw malformed();
  return Array.from(ifMatch.matchAll(VERSION), ([, version]) => Number(version));
}

/**
 * Lets a change go on only if it was made to the version that is the current one: 412 `version_mismatch` otherwise, with
 * the current one as `currentVersion` and as `ETag`. Without the header: 428 `precondition_required` where it is required.
 */
export function checkIfMatch(
  ifMatch: string | undefined,
  currentVersion: number,
  { required }: { required: boolean },
): void {
  const expected = expectedVersionsOf(ifMatch);
  if (expected === null && required) throw preconditionRequired();
  if (expected === null || expected === '*' || expected.includes(currentVersion)) return;
  throw versionMismatch(currentVersion);
}

function malformed(): DomainError {
  return new DomainError(400, 'invalid_if_match', 'If-Match must hold ETags such as "3" (with the quotes), or be *.');
}

function preconditionRequired(): DomainError {
  const detail = 'Send the ETag of the version that you change as If-Match, or * to overwrite any.';
  return new DomainError(428, 'precondition_required', detail);
}

function versionMismatch(currentVersion: number): DomainError {
  const detail = `It has been changed meanwhile: its version is ${currentVersion} now. Read it again.`;
  return new DomainError(412, 'version_mismatch', detail, { currentVersion }, { etag: etagOf(currentVersion) });
}
