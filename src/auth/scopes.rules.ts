import type { Principal } from './principal';

/**
 * Whether every ARM id lies in one of the scopes: in the scope itself or below it, by whole segments and without regard to
 * case (`/subscriptions/a` holds nothing of `/subscriptions/ab`). An id that is not canonical (`..`, `//`, percent-encoding,
 * a format character, blanks around a name) lies in no scope. No ids lie nowhere. A `#` is part of a name: some types take
 * it, but subscriptions and resource groups do not, so a scope that has one holds nothing.
 */
export function withinScopes(scopes: readonly string[], armIds: readonly string[]): boolean {
  return armIds.length > 0 && armIds.every((armId) => holdOne(scopes, placesOf(armId)));
}

/** The same of the places of one ARM id, see {@link placesOf}: for those who ask about it again and again. */
export function holdOne(scopes: readonly string[], places: readonly string[]): boolean {
  const held = heldBy(scopes);
  return places.some((place) => held.has(place));
}

/** No ARM id is longer. */
const MAX_ARM_ID = 2_048;

/** What an ARM id lies in, from its first segment down to itself, in the form that compares; none where it is not canonical. */
export function placesOf(armId: string): readonly string[] {
  if (armId.length > MAX_ARM_ID) return [];
  const [root, ...segments] = lowerCase(armId.replace(/\/$/, '')).split('/');
  if (root !== '' || !segments.every(isCanonical)) return [];
  let place = '';
  return segments.map((segment) => (place += `/${segment}`));
}

/** Lists of scopes that were read; nobody changes one. */
const READ = new WeakMap<readonly string[], ReadonlySet<string>>();

function heldBy(scopes: readonly string[]): ReadonlySet<string> {
  const read = READ.get(scopes);
  if (read !== undefined) return read;
  const held = new Set(scopes.filter((scope) => !scope.includes('#')).flatMap((scope) => placesOf(scope).at(-1) ?? []));
  READ.set(scopes, held);
  return held;
}

/** Why a payload is not this caller's to post, or null. What counts are its targets, or its alert id if it has none. */
export function scopeViolation(
  principal: Pick<Principal, 'allowedApp'>,
  payload: { targets: readonly string[]; alertId: string },
): string | null {
  const scopes = principal.allowedApp?.scopes ?? [];
  if (scopes.length === 0) return null;
  const armIds = payload.targets.length > 0 ? payload.targets : [payload.alertId];
  const outside = armIds.find((armId) => !withinScopes(scopes, [armId]));
  return outside === undefined ? null : `${outside.slice(0, 300)} is outside the scopes of the caller`;
}

/** `..#` is `..` for those who take what follows for a fragment. */
function isCanonical(segment: string): boolean {
  return segment !== '' && !/^\.{1,2}(#|$)/.test(segment) && !/[%\\?\p{Cc}\p{Cf}]|^\p{Z}|\p{Z}$/u.test(segment);
}

/** The Kelvin sign and the dotted capital I would become ASCII letters, which for Azure they are not. */
function lowerCase(text: string): string {
  return text.replace(/[^\u212a\u0130]+/g, (part) => part.toLowerCase());
}
