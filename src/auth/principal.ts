import type { AllowedApp } from './token/access.rules';
import type { Identity } from './token/judge.rules';
import { grants, type Role } from './roles';

/** Who makes this request. Can be handed to whatever asks for an actor. */
export interface Principal {
  kind: 'user' | 'application';
  /** `oid` of a user, application id of an application. */
  id: string;
  /** The application that the token was issued to: the application itself, or the one that the user works with. */
  appId: string;
  name: string | null;
  /** As the token has them. */
  roles: readonly string[];
  tenantId: string;
  /** The entry of the allowlist that let a webhook caller in; null on all other routes. */
  allowedApp: Pick<AllowedApp, 'id' | 'scopes'> | null;
  can(role: Role): boolean;
}

/** `name` of an application is what the allowlist calls it: its token has none. */
export function principalOf(identity: Identity, entry: (AllowedApp & { name?: string }) | null = null): Principal {
  return {
    kind: identity.appOnly ? 'application' : 'user',
    id: identity.appOnly ? identity.appId : (identity.objectId ?? identity.appId),
    appId: identity.appId,
    name: identity.name ?? entry?.name ?? null,
    roles: identity.roles,
    tenantId: identity.tenantId,
    allowedApp: entry === null ? null : { id: entry.id, scopes: entry.scopes },
    can: (role) => grants(identity.roles, role),
  };
}
