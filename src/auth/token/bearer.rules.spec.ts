import fc from 'fast-check';
import { bearerOf } from './bearer.rules';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (header: unknown, claims: unknown): string => `${encode(header)}.${encode(claims)}.AAAA`;

describe('bearerOf', () => {
  it('finds the token among other headers', () => {
    const text = token({ alg: 'RS256', typ: 'JWT', kid: 'k' }, { aud: 'us' });
    expect(bearerOf(['Host', 'authorization', 'AUTHORIZATION', `Bearer ${text}`])).toEqual({
      kind: 'token',
      text,
      kid: 'k',
      claims: { aud: 'us' },
    });
  });

  it('takes any number of spaces behind the scheme', () => {
    const text = token({ alg: 'RS256', typ: 'JWT', kid: 'k' }, {});
    for (const spaces of [' ', '  ', ' '.repeat(100)])
      expect(bearerOf(['Authorization', `Bearer${spaces}${text}`])).toMatchObject({ kind: 'token', text });
  });

  it('never throws, whatever the headers, the header and the payload are', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.jsonValue(), fc.jsonValue(), (headers, header, claims) => {
        expect(bearerOf([...headers]).kind).toBe('refused');
        expect(bearerOf(['Authorization', `Bearer ${token(header, claims)}`])).toBeDefined();
      }),
    );
  });
});
