/** What a person or an application may do, weakest first; each role may do all that the ones before it may. */
export const ROLES = ['Viewer', 'Operator', 'Manager', 'Admin'] as const;
export type Role = (typeof ROLES)[number];

/** Whether the roles of a token (exact case) include `needed` or a stronger one. */
export function grants(roles: readonly string[], needed: Role): boolean {
  return ROLES.slice(ROLES.indexOf(needed)).some((role) => roles.includes(role));
}
