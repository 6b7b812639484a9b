import fc from 'fast-check';
import { explain, type Expectations } from './explain.rules';

const NOW = new Date('2026-03-01T12:00:00Z');
const SECONDS = NOW.getTime() / 1_000;
const EXPECTED: Expectations = { issuer: 'https://issuer/', audiences: ['api://us', 'us'], clockSkewSeconds: 60 };
const GOOD = { iss: 'https://issuer/', aud: 'us', nbf: SECONDS - 10, exp: SECONDS + 3_600 };

describe('explain', () => {
  it.each([
    ['bad_signature', {}],
    ['bad_signature', { aud: ['us'] }],
    ['iss_mismatch', { iss: 'https://other/', aud: 'other' }],
    ['aud_mismatch', { aud: 'other', exp: 0 }],
    ['aud_mismatch', { aud: ['us', 'api://us'] }],
    ['aud_mismatch', { aud: { us: true } }],
    ['malformed', { exp: 'soon' }],
    ['expired', { exp: SECONDS - 60, nbf: undefined }],
    ['bad_signature', { exp: SECONDS - 59, nbf: undefined }],
    ['malformed', { nbf: 'now' }],
    ['malformed', { nbf: SECONDS + 3_600 }],
    ['not_yet_valid', { nbf: SECONDS + 60 }],
    ['bad_signature', { nbf: SECONDS + 59 }],
  ])('answers %s to a refused token with %j', (reason, changes) => {
    expect(explain({ ...GOOD, ...changes }, EXPECTED, NOW)).toMatchObject({ kind: 'refused', reason });
  });

  it('never throws', () => {
    const claims = fc.dictionary(fc.constantFrom('iss', 'aud', 'exp', 'nbf'), fc.jsonValue());
    fc.assert(fc.property(claims, (changes) => void explain({ ...GOOD, ...changes }, EXPECTED, NOW)));
  });
});
