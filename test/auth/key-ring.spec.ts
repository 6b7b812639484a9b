import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createSigningKey, publicJwk } from '../../demo/issuer';
import { KeyRing } from '../../src/auth/keys/key-ring';
import type { KeyLookup, KeyTimings } from '../../src/auth/keys/key-source';
import { FaultyIssuer, type Fault } from '../support/faulty-issuer';
import { TENANT } from './support';

const MINUTE = 60_000;
const METADATA = '/v2.0/.well-known/openid-configuration';

describe('the key ring', () => {
  let issuer: FaultyIssuer;
  let time: number;
  let rings: KeyRing[] = [];

  beforeAll(async () => {
    issuer = await FaultyIssuer.start({ tenantId: TENANT });
  });
  afterAll(() => issuer.close());
  beforeEach(() => {
    time = Date.now();
    issuer.fault = null;
    issuer.requests.clear();
  });
  afterEach(() => {
    for (const ring of rings) ring.close();
    rings = [];
  });

  function aRing(timings: Partial<KeyTimings> = {}): KeyRing {
    const ring = new KeyRing({
      authority: issuer.url,
      authorityCa: issuer.caPem,
      tenantId: TENANT,
      timings: { now: () => time, fetchDeadlineMs: 1_500, ...timings },
    });
    rings.push(ring);
    return ring;
  }
  const newestKid = (): string => issuer.keys.at(-1)?.kid as string;
  const find = async (ring: KeyRing, kid = newestKid(), version: 1 | 2 = 2): Promise<KeyLookup> =>
    ring.find({ kid, iss: issuer.issuerOf(version), ver: `${version}.0` });

  it.each([1, 2] as const)('finds the key of a version %i token, with the issuer of that version', async (version) => {
    const ring = aRing();
    await ring.warmUp();
    expect(await find(ring, newestKid(), version)).toMatchObject({ kind: 'key', issuer: issuer.issuerOf(version) });
    expect(ring.status()).toMatchObject({ usable: true, v1: { keyCount: 1, ageSeconds: 0, lastError: null } });
  });

  it('answers at once when it knows the key', async () => {
    const ring = aRing();
    await ring.warmUp();
    const lookup = ring.find({ kid: newestKid(), iss: issuer.issuerOf(2), ver: '2.0' });
    expect(lookup).not.toBeInstanceOf(Promise);
  });

  it('fetches once for 500 calls on cold keys', async () => {
    const ring = aRing();
    const lookups = await Promise.all(Array.from({ length: 500 }, () => find(ring)));
    expect(lookups.every(({ kind }) => kind === 'key')).toBe(true);
    expect(issuer.countOf(METADATA)).toBe(1);
    expect(issuer.countOf('/discovery/v2.0/keys')).toBe(1);
  });

  it('knows a foreign issuer without asking for its keys', async () => {
    const ring = aRing();
    await ring.warmUp();
    expect(await ring.find({ kid: 'x', iss: 'https://sts.windows.net/other/', ver: '2.0' })).toMatchObject({
      kind: 'foreign_issuer',
    });
    expect(issuer.countOf(METADATA)).toBe(1);
  });

  const faults: [name: string, target: 'metadataFault' | 'keysFault' | 'fault', fault: Fault][] = [
    ['metadata that is not JSON', 'metadataFault', { kind: 'not-json' }],
    ['keys that are not JSON', 'keysFault', { kind: 'not-json' }],
    ['metadata that never comes', 'metadataFault', { kind: 'hang' }],
    ['keys that never come', 'keysFault', { kind: 'hang' }],
    ['keys that break off', 'keysFault', { kind: 'truncated' }],
    ['a connection that is reset', 'fault', { kind: 'reset' }],
    ['503 with JSON for metadata', 'metadataFault', { kind: 'status', status: 503 }],
    ['503 with JSON for keys', 'keysFault', { kind: 'status', status: 503 }],
    ['404 for keys', 'keysFault', { kind: 'status', status: 404 }],
    ['a redirect', 'metadataFault', { kind: 'redirect' }],
    ['a redirect of the keys', 'keysFault', { kind: 'redirect' }],
    ['metadata of 600 KB', 'metadataFault', { kind: 'oversize' }],
    ['keys of 600 KB', 'keysFault', { kind: 'oversize' }],
    ['{} for metadata', 'metadataFault', { kind: 'changed', change: () => ({}) }],
    ['{} for keys', 'keysFault', { kind: 'changed', change: () => ({}) }],
    ['null for metadata', 'metadataFault', { kind: 'changed', change: () => null }],
    ['a list for keys', 'keysFault', { kind: 'changed', change: () => [] }],
    ['no keys', 'keysFault', { kind: 'changed', change: () => ({ keys: [] }) }],
    ['keys of odd types', 'keysFault', { kind: 'changed', change: () => ({ keys: [null, 1, 'x', [], { kid: 1 }] }) }],
    [
      'an http key URL',
      'metadataFault',
      { kind: 'changed', change: (it) => ({ ...it, jwks_uri: String(it.jwks_uri).replace('https:', 'http:') }) },
    ],
    [
      'a key URL on another host',
      'metadataFault',
      { kind: 'changed', change: (it) => ({ ...it, jwks_uri: 'https://attacker.example/keys' }) },
    ],
    [
      'a key URL on another port',
      'metadataFault',
      { kind: 'changed', change: (it) => ({ ...it, jwks_uri: 'https://localhost:1/keys' }) },
    ],
    ['no key URL', 'metadataFault', { kind: 'changed', change: (it) => ({ ...it, jwks_uri: undefined }) }],
    [
      'the issuer of another tenant',
      'metadataFault',
      { kind: 'changed', change: (it) => ({ ...it, issuer: String(it.issuer).replace(TENANT, 'another') }) },
    ],
    [
      'an issuer on an unknown host',
      'metadataFault',
      { kind: 'changed', change: (it) => ({ ...it, issuer: `https://attacker.example/${TENANT}/v2.0` }) },
    ],
    [
      'the issuer template of all tenants',
      'metadataFault',
      { kind: 'changed', change: (it) => ({ ...it, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }) },
    ],
  ];

  describe.each(faults)('that meets %s', (_, target, fault) => {
    it('says on cold keys that it can not tell, and heals by itself', async () => {
      issuer[target] = fault;
      const ring = aRing({ firstRetryMs: 20 });
      expect(await find(ring)).toMatchObject({ kind: 'unavailable' });
      expect(ring.status()).toMatchObject({ usable: false, v2: { keyCount: 0, lastError: expect.any(String) } });

      issuer.fault = null;
      await waitFor(() => ring.status().v2.usable);
      expect(await find(ring)).toMatchObject({ kind: 'key' });
    });

    it('goes on with the last good keys, and can not tell about unknown ones', async () => {
      const ring = aRing();
      await ring.warmUp();
      issuer[target] = fault;
      expect(await find(ring, 'unknown')).toMatchObject({ kind: 'unavailable' });
      expect(await find(ring)).toMatchObject({ kind: 'key' });
    });
  });

  it('takes a new key at once, though the old set was just read', async () => {
    const ring = aRing();
    await ring.warmUp();
    issuer.rotateKeys();
    expect(await find(ring)).toMatchObject({ kind: 'key' });
  });

  it('drops a key that is published no more with the next refresh', async () => {
    const ring = aRing({ refreshEveryMs: 20 });
    await ring.warmUp();
    const old = newestKid();
    issuer.rotateKeys({ dropOld: true });
    issuer.requests.clear();
    await waitFor(() => issuer.countOf(METADATA) > 2);
    expect(await find(ring, old)).toMatchObject({ kind: 'unknown_key' });
  });

  it('asks for unknown keys at most every 30 seconds, in one fetch for all', async () => {
    const ring = aRing();
    await ring.warmUp();
    const lookups = await Promise.all(Array.from({ length: 50 }, (_, index) => find(ring, `unknown-${index}`)));
    expect(lookups.every(({ kind }) => kind === 'unknown_key')).toBe(true);
    time += 28_500;
    expect(await find(ring, 'unknown')).toEqual({ kind: 'not_asked_for', retryAfterSeconds: 2 });
    expect(issuer.countOf(METADATA)).toBe(2);
    time += 2_000;
    expect(await find(ring, 'unknown')).toMatchObject({ kind: 'unknown_key' });
    expect(issuer.countOf(METADATA)).toBe(3);
  });

  it('serves the last good keys for 24 hours and no longer', async () => {
    const ring = aRing();
    await ring.warmUp();
    issuer.fault = { kind: 'reset' };
    time += 24 * 60 * MINUTE - 1;
    expect(await find(ring)).toMatchObject({ kind: 'key' });
    time += 2;
    expect(await find(ring)).toMatchObject({ kind: 'unavailable' });
    expect(ring.status().usable).toBe(false);
  });

  it('backs off while the authority fails: calls do not become fetches', async () => {
    issuer.fault = { kind: 'reset' };
    const ring = aRing({ firstRetryMs: 10_000 });
    for (let call = 0; call < 20; call += 1)
      expect(await find(ring)).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 10 });
    expect(issuer.countOf(METADATA)).toBe(1);
  });

  it('has one deadline over both documents', async () => {
    issuer.keysFault = { kind: 'hang' };
    const deadlines = jest.spyOn(AbortSignal, 'timeout');
    await find(aRing({ fetchDeadlineMs: 200 }));
    expect(deadlines.mock.calls).toEqual([[200]]);
    deadlines.mockRestore();
  });

  it('trusts no certificate but of the CA that it was given', async () => {
    const ring = new KeyRing({ authority: issuer.url, authorityCa: null, tenantId: TENANT });
    rings.push(ring);
    expect(await find(ring)).toMatchObject({ kind: 'unavailable' });
    expect(issuer.requests.size).toBe(0);
  });

  describe('of the published keys', () => {
    const good = publicJwk(createSigningKey());
    const weak = publicJwk(createSigningKey(1_024));
    const elliptic = createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey).export({
      format: 'jwk',
    });

    it.each([
      ['takes one without use and alg', { ...good, use: undefined }, 'key'],
      ['takes one for RS256', { ...good, alg: 'RS256' }, 'key'],
      ['takes one with the issuer template', { ...good, issuer: 'ISSUER' }, 'key'],
      [
        'leaves out one of another issuer',
        { ...good, issuer: 'https://login.microsoftonline.com/other/v2.0' },
        'unknown_key',
      ],
      ['leaves out one for encryption', { ...good, use: 'enc' }, 'unknown_key'],
      ['leaves out one for RS512', { ...good, alg: 'RS512' }, 'unknown_key'],
      ['leaves out one of 1,024 bits', weak, 'unknown_key'],
      ['leaves out one of an elliptic curve', { ...elliptic, kid: 'ec' }, 'unknown_key'],
      ['leaves out a secret', { kty: 'oct', kid: 'oct', k: 'c2VjcmV0' }, 'unknown_key'],
      ['leaves out one without a modulus', { ...good, n: undefined }, 'unknown_key'],
    ])('%s', async (_, jwk, kind) => {
      const published =
        'issuer' in jwk && jwk.issuer === 'ISSUER'
          ? { ...jwk, issuer: issuer.issuerOf(2).replace(TENANT, '{tenantid}') }
          : jwk;
      issuer.keysFault = { kind: 'changed', change: ({ keys }) => ({ keys: [...(keys as object[]), published] }) };
      const ring = aRing();
      await ring.warmUp();
      expect(await find(ring, String(jwk.kid))).toMatchObject({ kind });
    });

    it('leaves out both of two with one kid', async () => {
      const twin = { ...publicJwk(createSigningKey()), kid: good.kid };
      issuer.keysFault = { kind: 'changed', change: ({ keys }) => ({ keys: [...(keys as object[]), good, twin] }) };
      const ring = aRing();
      expect(await find(ring, String(good.kid))).toMatchObject({ kind: 'unknown_key' });
      expect(await find(ring)).toMatchObject({ kind: 'key' });
    });
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5_000; !condition();) {
    if (Date.now() > deadline) throw new Error('It did not come true within 5 seconds.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
