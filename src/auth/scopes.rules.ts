import type { Principal } from './principal';

/**
 * Whether every ARM id lies in one of the scopes: in the scope itself or below it, by whole segments and without regard to
 * case (`/subscriptions/a` holds nothing of `/subscriptions/ab`). An id that is not canonical (`..`, `//`, percent-encoding,
 * a format character, blanks around a name) lies in no scope. No ids lie nowhere. A `#` is part of a name: some types take
 * it, but subscriptions and resource groups do not, so a scope that has one holds nothing.
 */
export function withinScopes(scopes: readonly string[], armIds: readonly string[]): boolean {
  const outers = scopes.map((scope) => (scope.includes('#') ? null : segmentsOf(scope)));
  return armIds.length > 0 && armIds.map(segmentsOf).every((inner) => outers.some((outer) => isWithin(outer, inner)));
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

type Segments = readonly string[] | null;

function isWithin(outer: Segments, inner: Segments): boolean {
  if (outer === null || inner === null) return false;
  return outer.length <= inner.length && outer.every((segment, index) => segment === inner[index]);
}

/** The canonical segments of an ARM id, or null. A single slash at the end does not matter. */
function segmentsOf(armId: string): Segments {
  const [root, ...segments] = lowerCase(armId.replace(/\/$/, '')).split('/');
  const sound = root === '' && segments.length > 0 && segments.every(isCanonical);
  return sound ? segments : null;
}

/** `..#` is `..` for those who take what follows for a fragment. */
function isCanonical(segment: string): boolean {
  return segment !== '' && !/^\.{1,2}(#|$)/.test(segment) && !/[%\\?\p{Cc}\p{Cf}]|^\p{Z}|\p{Z}$/u.test(segment);
}

/** The Kelvin sign and the dotted capital I would become ASCII letters, which for Azure they are not. */
function lowerCase(text: string): string {
  return text.replace(/[^\u212a\u0130]+/g, (part) => part.toLowerCase());
}
