import { redactSecrets } from '../common/redact-text.rules';
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

/**
 * `name` of an application is what the allowlist calls it: its token has none. Both id and name are told of, in the log and the
 * timeline, so nothing that looks like a token is left in them, whatever the claims are.
 */
export function principalOf(identity: Identity, entry: (AllowedApp & { name?: string }) | null = null): Principal {
  const id = identity.appOnly ? identity.appId : (identity.objectId ?? identity.appId);
  const name = identity.name ?? entry?.name ?? null;
  return {
    kind: identity.appOnly ? 'application' : 'user',
    id: redactSecrets(id),
    appId: identity.appId,
    name: name === null ? null : redactSecrets(name),
    roles: identity.roles,
    tenantId: identity.tenantId,
    allowedApp: entry === null ? null : { id: entry.id, scopes: entry.scopes },
    can: (role) => grants(identity.roles, role),
  };
}
