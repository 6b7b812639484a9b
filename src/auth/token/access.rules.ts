import { refused, type Refusal } from '../refusal';
import { grants, type Role } from '../roles';
import type { Identity } from './judge.rules';

/** A caller: an application that may post alerts. */
export interface AllowedApp {
  id: string;
  /** Lower case. */
  appId: string;
  /** ARM ids; empty = the whole tenant. */
  scopes: readonly string[];
  enabled: boolean;
  expiresAt: Date | null;
}

/** The same with what people call it. */
export interface ListedApp extends AllowedApp {
  name: string;
}

/** Whether someone may use a route for people and applications with `role`; null = yes. */
export function roleFault(identity: Identity, role: Role): Refusal | null {
  if (grants(identity.roles, role)) return null;
  return refused('role_missing', `${role} is needed; the token has ${listed(identity.roles)}`);
}

/**
 * Whether someone may post alerts: an application that speaks for itself, that is on the allowlist and holds the role.
 * `role` null = none is needed. The detail names the roles that came, because Microsoft's set-up script grants the first
 * app role of a registration, which need not be the one for webhooks.
 */
export function webhookFault(
  identity: Identity,
  rule: { entry: AllowedApp | undefined; role: string | null },
  now: Date,
): Refusal | null {
  const { entry, role } = rule;
  if (!identity.appOnly) return refused('user_token', 'an app-only token is needed');
  const listing = listingOf({ appId: identity.appId, entry }, now);
  if (listing.kind === 'refused') return listing;
  if (role !== null && !identity.roles.includes(role))
    return refused('role_missing', `${role} is needed; the token has ${listed(identity.roles)}`);
  return null;
}

/** What the allowlist says of an application: the entry that lets it post alerts now, or why it may not. */
export function listingOf(
  { appId, entry }: { appId: string; entry: AllowedApp | undefined },
  now: Date,
): { kind: 'listed'; entry: AllowedApp } | Refusal {
  if (entry === undefined) return refused('app_not_allowed', `${appId} is not on the allowlist`);
  if (!entry.enabled) return refused('disabled', 'the entry of the allowlist is disabled');
  if (entry.expiresAt !== null && entry.expiresAt <= now)
    return refused('caller_expired', `the entry of the allowlist expired at ${entry.expiresAt.toISOString()}`);
  return { kind: 'listed', entry };
}

function listed(roles: readonly string[]): string {
  return roles.length === 0 ? 'no role' : roles.slice(0, 20).join(', ').slice(0, 200);
}
