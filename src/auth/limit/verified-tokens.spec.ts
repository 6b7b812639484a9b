import type { BearerToken } from '../token/bearer.rules';
import { VerifiedTokens } from './verified-tokens';

const signed = (signature: string, claims = 'e30'): BearerToken => ({
  kind: 'token',
  text: `e30.${claims}.${signature}`,
  kid: 'k',
  claims: {},
});

describe('the tokens that were found good', () => {
  it('are known by their signatures', () => {
    const tokens = new VerifiedTokens();
    tokens.add(signed('good'));
    expect(tokens.has(signed('good'))).toBe(true);
    expect(tokens.has(signed('goo'))).toBe(false);
    expect(tokens.has(signed('e30'))).toBe(false);
  });

  it('are forgotten when a thousand others were seen since', () => {
    const tokens = new VerifiedTokens();
    for (const name of ['old', 'used']) tokens.add(signed(name));
    for (let index = 0; index < 999; index += 1) {
      tokens.add(signed(`other-${index}`));
      tokens.add(signed('used'));
    }
    expect([tokens.has(signed('old')), tokens.has(signed('used'))]).toEqual([false, true]);
  });
});
