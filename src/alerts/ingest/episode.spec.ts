import { sha256 } from '../../common/hash';
import { episodeKeyUnder } from './episode';

describe('the key of an alert whose id has fired for another signature', () => {
  const episodeKey = sha256('an episode');
  const key = episodeKeyUnder({ episodeKey, signature: 'v1-one' });

  it('lies beside the key of the first, in an index', () => {
    expect(key.slice(0, 32)).toBe(episodeKey.slice(0, 32));
  });

  it('is another one for each signature, and the same whenever it is asked for', () => {
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set([episodeKey, key, episodeKeyUnder({ episodeKey, signature: 'v1-other' })]).size).toBe(3);
    expect(episodeKeyUnder({ episodeKey, signature: 'v1-one' })).toBe(key);
  });
});
