import { ROLES } from '../roles';
import { roleFault, webhookFault, type AllowedApp } from './access.rules';
import type { Identity } from './judge.rules';

const NOW = new Date('2026-03-01T12:00:00Z');
const ROLE = 'ActionGroupsSecureWebhook';

const anIdentity = (changes: Partial<Identity> = {}): Identity => ({
  ...{
    kind: 'identity',
    appId: 'app',
    tenantId: 'tenant',
    objectId: 'object',
    name: null,
    roles: [ROLE],
    appOnly: true,
  },
  ...changes,
});
const anEntry = (changes: Partial<AllowedApp> = {}): AllowedApp => ({
  ...{ id: 'entry', appId: 'app', scopes: [], enabled: true, expiresAt: null },
  ...changes,
});

describe('the webhook rule', () => {
  it.each<[string, Partial<Identity>, AllowedApp | undefined, string | null]>([
    ['a caller on the allowlist', {}, anEntry(), null],
    ['one that expires later', {}, anEntry({ expiresAt: new Date(NOW.getTime() + 1) }), null],
    ['one that expires now', {}, anEntry({ expiresAt: NOW }), 'caller_expired'],
    ['one that is disabled', {}, anEntry({ enabled: false }), 'disabled'],
    ['a stranger', {}, undefined, 'app_not_allowed'],
    ['a user', { appOnly: false }, anEntry(), 'user_token'],
    ['a user of a stranger', { appOnly: false }, undefined, 'user_token'],
    ['a caller with another role', { roles: ['Admin'] }, anEntry(), 'role_missing'],
  ])('answers %s', (_, identity, entry, reason) => {
    expect(webhookFault(anIdentity(identity), { entry, role: ROLE }, NOW)?.reason ?? null).toBe(reason);
  });

  it('needs no role where none is configured', () => {
    expect(webhookFault(anIdentity({ roles: [] }), { entry: anEntry(), role: null }, NOW)).toBeNull();
  });

  it('names the roles that came: a set-up script may have granted the wrong one', () => {
    const fault = webhookFault(anIdentity({ roles: ['Reader'] }), { entry: anEntry(), role: ROLE }, NOW);
    expect(fault?.detail).toBe(`${ROLE} is needed; the token has Reader`);
  });
});

describe('the role rule', () => {
  it.each(ROLES.map((role, strength) => [role, strength] as const))(
    'lets %s do all that weaker roles may',
    (role, strength) => {
      const allowed = ROLES.filter((needed) => roleFault(anIdentity({ roles: [role] }), needed) === null);
      expect(allowed).toEqual(ROLES.slice(0, strength + 1));
    },
  );
});
