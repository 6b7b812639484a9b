import fc from 'fast-check';
import { judge, type TokenPolicy } from './judge.rules';

const TENANT = 'aaaabbbb-0000-4000-8000-dddd2222eeee';
const APP = '461e8683-5575-4561-ac7f-899cc907d62a';
const NOW = new Date('2026-03-01T12:00:00Z');
const SECONDS = NOW.getTime() / 1_000;
const POLICY: TokenPolicy = { tenantId: TENANT, clockSkewSeconds: 60 };

const claims = (changes: object = {}): Record<string, unknown> => ({
  iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  tid: TENANT,
  ver: '2.0',
  azp: APP,
  azpacr: '2',
  oid: 'object',
  sub: 'object',
  roles: ['ActionGroupsSecureWebhook'],
  iat: SECONDS - 10,
  exp: SECONDS + 3_600,
  ...changes,
});

describe('judge', () => {
  it('says whom a token speaks for', () => {
    expect(judge(claims({ azp: APP.toUpperCase() }), POLICY, NOW)).toEqual({
      kind: 'identity',
      appId: APP,
      tenantId: TENANT,
      objectId: 'object',
      name: null,
      roles: ['ActionGroupsSecureWebhook'],
      appOnly: true,
    });
  });

  it.each([
    ['no scp, oid = sub', {}, true],
    ['idtyp app, oid ≠ sub', { idtyp: 'app', sub: 'other' }, true],
    ['scp', { scp: 'access' }, false],
    ['scp and idtyp app', { scp: 'access', idtyp: 'app' }, false],
    ['idtyp user', { idtyp: 'user' }, false],
    ['oid ≠ sub', { sub: 'other' }, false],
  ])('takes %s for an application that speaks for itself: %#', (_, changes, appOnly) => {
    expect(judge(claims(changes), POLICY, NOW)).toMatchObject({ appOnly });
  });

  it('measures the 48 hours and the future with the tolerance', () => {
    const longest = SECONDS + 48 * 3_600 + 60;
    expect(judge(claims({ exp: longest }), POLICY, NOW)).toMatchObject({ kind: 'identity' });
    expect(judge(claims({ exp: longest + 1 }), POLICY, NOW)).toMatchObject({ reason: 'malformed' });
    expect(judge(claims({ iat: SECONDS + 60 }), POLICY, NOW)).toMatchObject({ kind: 'identity' });
    expect(judge(claims({ iat: SECONDS + 61 }), POLICY, NOW)).toMatchObject({ reason: 'not_yet_valid' });
  });

  it('never throws, and takes nothing that is not a token of our tenant', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(judge(value, POLICY, NOW).kind).toBe('refused');
      }),
    );
  });

  it('never throws when any claim of a good token is any JSON', () => {
    const anyClaim = fc.constantFrom(
      ...Object.keys(claims()),
      'appid',
      'appidacr',
      'scp',
      'idtyp',
      'nbf',
      'name',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.dictionary(anyClaim, fc.jsonValue()), (changes) => {
        const verdict = judge(claims(changes), POLICY, NOW);
        if (verdict.kind === 'refused') return;
        expect(verdict.appId).toEqual(expect.any(String));
        expect(verdict.roles.every((role) => typeof role === 'string')).toBe(true);
      }),
    );
  });
});
